import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { Hl7v2Sender, Itk3Sender } from '@chesil/contracts'
import { chesil } from '@chesil/fhir'
import type { Validator } from '@chesil/fhir-validator'
import type { MessageContext } from '@chesil/mappers'
import {
  type ClaimedMessage,
  claimMessage,
  type Database,
  failRow,
  type Ids,
  maxAttempts,
  personIdOf,
  resourceIdOf,
  settleParts,
  settleRefused
} from '@chesil/record-store'
import type { Logger } from '@chesil/service-kit'
import { type MapMessage, prepareParts } from './map-message.ts'

const decompress = promisify(gunzip)

type Sender = Hl7v2Sender | Itk3Sender
type Outcome = 'mapped' | 'refused' | 'retried' | 'dead'

export interface MapDeps {
  readonly database: Database
  /** By catalogue id: whoever sends of themselves. */
  readonly senders: ReadonlyMap<string, Sender>
  /** By `inbox_message.interface`. */
  readonly mappers: ReadonlyMap<string, MapMessage>
  /** For a message that answers a question: see fhir-pull. */
  readonly mapAnswer: (message: ClaimedMessage, body: Buffer) => Promise<'mapped' | 'refused'>
  readonly validator: Validator
  readonly ids: Ids
  readonly leaseMs: number
  readonly onOutcome: (sourceId: string, outcome: Outcome) => void
  readonly onInvalid: (sourceId: string, count: number) => void
}

/** Maps one message of the inbox; for one that is done, or in other hands, there is nothing to do. */
export async function mapJob(messageId: string, deps: MapDeps, log: Logger): Promise<void> {
  const message = await claimMessage(deps.database, messageId, deps.leaseMs)
  if (!message) return
  const fail = async (reason: string) => {
    // A defect of ours, or a source that the catalogue lacks, is tried again: a later release may have mended it.
    const failure = { reason, retryable: true }
    const outcome = await deps.database.transaction((sql) => failRow(sql, 'inbox_message', message, failure))
    deps.onOutcome(message.sourceId, outcome)
  }
  if (message.attempt > maxAttempts) return await fail('every attempt ended its worker')
  try {
    deps.onOutcome(message.sourceId, await settle(message, deps))
  } catch (error) {
    log.error({ err: error, sourceId: message.sourceId, attempt: message.attempt }, 'mapping failed')
    await fail('unexpected error while mapping')
  }
}

async function settle(message: ClaimedMessage, deps: MapDeps): Promise<'mapped' | 'refused'> {
  if (!message.body) throw new Error('The message has no content any more')
  const body = await decompress(message.body)
  if (message.pullId !== null) return await deps.mapAnswer(message, body)
  const map = deps.mappers.get(message.interface)
  const sender = deps.senders.get(message.sourceId)
  if (!map || !sender) throw new Error('The catalogue does not name the source of this message')
  const mapped = map(body, contextOf(sender, message))
  if (mapped.outcome === 'refused') {
    await deps.database.transaction((sql) => settleRefused(sql, message, mapped.reason))
    return 'refused'
  }
  const { parts, documents, invalid } = await prepareParts(mapped.parts, sender.id, deps)
  if (invalid > 0) deps.onInvalid(sender.id, invalid)
  const { sourceTime, sourceSequence } = mapped
  await deps.database.transaction((sql) =>
    settleParts(sql, message, { sourceTime, sourceSequence, parts, documents })
  )
  return 'mapped'
}

const contextOf = (sender: Sender, message: ClaimedMessage): MessageContext => ({
  source: {
    id: sender.id,
    odsCode: sender.odsCode,
    name: sender.name,
    patientNumberSystem: sender.patientNumberSystem ?? chesil.patientNumber(sender.odsCode),
    patientNumberAuthorities:
      'patientNumberAuthorities' in sender ? (sender.patientNumberAuthorities ?? []) : []
  },
  receivedAt: new Date(message.sourceTime).toISOString(),
  personId: personIdOf,
  resourceId: (resourceType, sourceResourceId) => resourceIdOf(sender.id, resourceType, sourceResourceId)
})
