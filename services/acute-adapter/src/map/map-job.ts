import type { MappedMessage } from '@chesil/contracts'
import type { Validator } from '@chesil/fhir-validator'
import { prepareParts } from '@chesil/message-intake'
import {
  type ClaimedAnswer,
  type ClaimedMessage,
  type Database,
  deniedInterface,
  type Ids,
  isAnswer,
  readContributionsOfVisit,
  readRefusedVisits,
  type Sql,
  settleParts,
  settleRefused,
  unpackBody,
  workOnMessage
} from '@chesil/record-store'
import type { Logger } from '@chesil/service-kit'
import { fhirPushInterface } from '../fhir-push/door.ts'
import { mapFhirPush } from '../fhir-push/map-push.ts'
import { mapHl7v2Message } from '../hl7v2/map-message.ts'
import { hl7v2Interface } from '../intake/intake.ts'
import { itk3Interface, itk3MailboxInterface } from '../itk3/intake.ts'
import { mapItk3Message } from '../itk3/map-message.ts'
import { contextOf, type Sender } from '../message-context.ts'
import type { MapMessage } from './map-message.ts'
import { withdrawVisit } from './withdraw-visit.ts'

/** By `inbox_message.interface`. */
const mappers: ReadonlyMap<string, MapMessage> = new Map([
  [hl7v2Interface, mapHl7v2Message],
  [itk3Interface, mapItk3Message],
  [itk3MailboxInterface, mapItk3Message]
])

export interface MapDeps {
  readonly database: Database
  /** By catalogue id: whoever sends of themselves. */
  readonly senders: ReadonlyMap<string, Sender>
  /** Of what answers a question: see fhir-pull. */
  readonly settleAnswer: (message: ClaimedAnswer) => Promise<'mapped' | 'refused'>
  /** Tells the sender of a message from the mailbox what became of it, where it wants to know. Absent: no mailbox. */
  readonly answerBusiness?: (name: string, body: Buffer, mapped: MappedMessage) => Promise<void>
  readonly validator: Validator
  readonly ids: Ids
  readonly leaseMs: number
  readonly onOutcome: (sourceId: string, outcome: 'mapped' | 'refused' | 'retried' | 'dead') => void
  readonly onInvalid: (sourceId: string, count: number) => void
}

/** Maps one message of the inbox; for one that is done, or in other hands, there is nothing to do. */
export async function mapJob(messageId: string, deps: MapDeps, log: Logger): Promise<void> {
  await workOnMessage(messageId, {
    ...deps,
    settle: (message) => (isAnswer(message) ? deps.settleAnswer(message) : settle(message, deps, log)),
    onError: (error, { sourceId, attempt }) => log.error({ err: error, sourceId, attempt }, 'mapping failed')
  })
}

async function settle(message: ClaimedMessage, deps: MapDeps, log: Logger): Promise<'mapped' | 'refused'> {
  const sender = deps.senders.get(message.sourceId)
  if (!sender) throw new Error('The catalogue does not name the source of this message')
  const mapped = await map(message, sender, deps)
  await keep(message, mapped, deps)
  await answer(message, mapped, deps).catch((error: unknown) =>
    log.error({ err: error, sourceId: message.sourceId }, 'a business acknowledgement could not be given')
  )
  return mapped.outcome
}

async function keep(message: ClaimedMessage, mapped: MappedMessage, deps: MapDeps): Promise<void> {
  const { database, onInvalid } = deps
  if (mapped.outcome === 'refused')
    return await database.transaction((sql) => settleRefused(sql, message, mapped.reason))
  const { parts, documents, invalid } = await prepareParts(mapped.parts, message.sourceId, deps)
  if (invalid > 0) onInvalid(message.sourceId, invalid)
  const { sourceTime, sourceSequence } = mapped
  const settle = (sql: Sql) => settleParts(sql, message, { sourceTime, sourceSequence, parts, documents })
  // One statement about one person waits for nobody's lock in turn: it needs no transaction to be tried again.
  await (parts.length === 1 && documents.length === 0 ? settle(database) : database.transaction(settle))
}

/** Once it is kept: nothing is said to be so that is not. */
async function answer(message: ClaimedMessage, mapped: MappedMessage, deps: MapDeps): Promise<void> {
  if (message.interface !== itk3MailboxInterface || !message.body) return
  await deps.answerBusiness?.(message.id, await unpackBody(message.body), mapped)
}

async function map(message: ClaimedMessage, sender: Sender, deps: MapDeps): Promise<MappedMessage> {
  const { database } = deps
  const context = contextOf(sender, new Date(message.sourceTime).toISOString())
  if (message.interface === deniedInterface) {
    const { sourceId } = message
    const hashes = await readRefusedVisits(database, message)
    const contributions = await readContributionsOfVisit(database, { sourceId, visitHashes: hashes })
    return await withdrawVisit(contributions, { sourceId, hashes, receivedAt: context.receivedAt })
  }
  if (!message.body) throw new Error('The message has no content any more')
  const body = await unpackBody(message.body)
  if (message.interface === fhirPushInterface && sender.kind === 'fhir-sender')
    return await mapFhirPush(body, sender, context.receivedAt, deps)
  const mapBody = mappers.get(message.interface)
  if (!mapBody) throw new Error('Nothing maps messages of this interface')
  return mapBody(body, context, message.characterSet)
}
