import type { SocialCareSender } from '@chesil/contracts'
import type { Validator } from '@chesil/fhir-validator'
import { prepareParts } from '@chesil/message-intake'
import {
  type ClaimedAnswer,
  type ClaimedMessage,
  type Database,
  type Ids,
  isAnswer,
  settleParts,
  settleRefused,
  unpackBody,
  workOnMessage
} from '@chesil/record-store'
import type { Logger } from '@chesil/service-kit'
import { settleSubmission } from '../cld/settle-submission.ts'
import { contextOf } from '../message-context.ts'
import type { MapMessage } from './map-message.ts'

export interface MapDeps {
  readonly database: Database
  /** By catalogue id. */
  readonly senders: ReadonlyMap<string, SocialCareSender>
  /** Of what answers a question: see council-pull. */
  readonly settleAnswer: (message: ClaimedAnswer) => Promise<'mapped' | 'refused'>
  /** Of notices and forms, by `inbox_message.interface`. */
  readonly mappers: ReadonlyMap<string, MapMessage>
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
    settle: (message) => settle(message, deps),
    onError: (error, { sourceId, attempt }) => log.error({ err: error, sourceId, attempt }, 'mapping failed')
  })
}

async function settle(message: ClaimedMessage, deps: MapDeps): Promise<'mapped' | 'refused' | 'postponed'> {
  if (isAnswer(message)) return await deps.settleAnswer(message)
  const sender = deps.senders.get(message.sourceId)
  if (!sender) throw new Error('The catalogue does not name the source of this message')
  if (sender.kind === 'cld') return await settleSubmission(message, sender, deps)
  const mapBody = deps.mappers.get(message.interface)
  if (!mapBody) throw new Error('Nothing maps messages of this interface')
  return await settleMessage(message, { ...deps, sender, mapBody })
}

/** A notice or a form: one message about one person. */
async function settleMessage(
  message: ClaimedMessage,
  deps: MapDeps & { readonly sender: SocialCareSender; readonly mapBody: MapMessage }
): Promise<'mapped' | 'refused'> {
  const { database, sender, mapBody } = deps
  if (!message.body) throw new Error('The message has no content any more')
  const context = contextOf(sender, new Date(message.sourceTime).toISOString())
  const mapped = mapBody(await unpackBody(message.body), context)
  if (mapped.outcome === 'refused') {
    await database.transaction((sql) => settleRefused(sql, message, mapped.reason))
    return 'refused'
  }
  const { parts, documents, invalid } = await prepareParts(mapped.parts, message.sourceId, deps)
  if (invalid > 0) deps.onInvalid(message.sourceId, invalid)
  const { sourceTime, sourceSequence } = mapped
  await database.transaction((sql) =>
    settleParts(sql, message, { sourceTime, sourceSequence, parts, documents })
  )
  return 'mapped'
}
