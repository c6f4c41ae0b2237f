import { createHash } from 'node:crypto'
import { decideGate } from '@chesil/care-record'
import type { GpPractice, ReadingOrganisation } from '@chesil/contracts'
import {
  type ClaimedPull,
  claimPull,
  type Database,
  endPull,
  type MessageToReceive,
  maxAttempts,
  type PersonState,
  packBody,
  readPersonState,
  receiveAnswer
} from '@chesil/record-store'
import type { Logger } from '@chesil/service-kit'
import type { GpConnectOutcome, GpConnectQuestion } from '@chesil/source-clients'
import type { Practice } from './practices.ts'

export interface PullDeps {
  readonly database: Database
  readonly practices: ReadonlyMap<string, Practice>
  /** By ODS code: those whose staff may ask, each with an ASID of its own. */
  readonly organisations: ReadonlyMap<string, ReadingOrganisation>
  /** ms since 1970 */
  readonly now: () => number
  readonly newId: () => string
  readonly onOutcome: (sourceId: string, outcome: string, seconds: number) => void
}

/** For what comes before and after the exchange with the practice. */
const leaseMarginMs = 5_000

/** As `inbox_message.interface` names them. */
export const structuredInterface = 'gp-connect-structured'
export const documentsInterface = 'gp-connect-documents'

type Answered = Extract<GpConnectOutcome, { outcome: 'answered' }>

/**
 * Asks one practice about one person: the gate first, then the exact request in the reader's name, and what
 * came is in the inbox before anything is made of it. A practice that does not answer is named, never
 * silently missing.
 */
export async function pullJob(
  pullId: string,
  source: GpPractice,
  deps: PullDeps,
  log: Logger
): Promise<void> {
  // Longer than the exchange may take, so that nobody else asks meanwhile.
  const pull = await claimPull(deps.database, pullId, source.timeoutMs + leaseMarginMs)
  if (!pull) return
  const practice = deps.practices.get(pull.sourceId)
  const person = await readPersonState(deps.database, pull.patientId, pull.authority)
  const organisation = deps.organisations.get(pull.reader.organisation)
  const obstacle = whyNot(pull, practice, person, organisation, deps.now())
  if (obstacle || !practice || !organisation || !person?.nhsNumber) {
    log.info({ sourceId: pull.sourceId, reason: obstacle }, 'not asked')
    return await end(deps, pull, { outcome: 'failed', code: obstacle ?? 'no-nhs-number' }, 0)
  }

  const startedAt = deps.now()
  const question = { nhsNumber: person.nhsNumber, reader: pull.reader, organisation }
  const { structured, documents } = await ask(practice, question)
  const seconds = (deps.now() - startedAt) / 1000
  if (structured.outcome !== 'answered') return await end(deps, pull, structured, seconds)
  deps.onOutcome(pull.sourceId, 'answered', seconds)
  // Whose number was asked with: by now perhaps the one they were merged into.
  await keep(deps, { ...pull, patientId: person.patientId }, structured, documents)
}

/**
 * What forbids asking, decided at the last moment: the person may have been restricted, have objected, died or
 * moved since somebody asked for this pull.
 */
function whyNot(
  pull: ClaimedPull,
  practice: Practice | undefined,
  person: PersonState | undefined,
  organisation: ReadingOrganisation | undefined,
  now: number
): string | undefined {
  // Each attempt before this one ended its worker: it would end the next one, too.
  if (pull.attempt > maxAttempts) return 'dead-letter'
  if (!practice) return 'not-configured'
  if (!organisation) return 'organisation-not-enabled'
  if (!person || decideGate(person, now) !== 'open') return 'person-gate'
  if (person.trace?.deceased) return 'deceased'
  if (person.trace?.registeredPractice !== practice.source.odsCode) return 'not-registered-here'
  const isSession = practice.source.retention === 'session'
  if (isSession === (pull.authority === 'system')) return 'retention-rule'
  if (pull.expiresAt !== null && pull.expiresAt <= now) return 'session-over'
  return undefined
}

async function ask({ client, source }: Practice, question: GpConnectQuestion) {
  const hasDocuments = source.endpoint.interactions.includes('documents')
  const [structured, documents] = await Promise.all([
    client.readStructuredRecord(question),
    hasDocuments ? client.listDocuments(question) : undefined
  ])
  return { structured, documents }
}

async function end(
  deps: PullDeps,
  pull: ClaimedPull,
  outcome: Exclude<GpConnectOutcome, Answered>,
  seconds: number
): Promise<void> {
  const detail = outcome.outcome === 'failed' ? (outcome.code ?? String(outcome.status)) : undefined
  await deps.database.transaction((sql) =>
    endPull(sql, {
      ...pull,
      pullId: pull.id,
      outcome: outcome.outcome,
      ...(detail !== undefined && { detail })
    })
  )
  deps.onOutcome(pull.sourceId, outcome.outcome, seconds)
}

async function keep(
  deps: PullDeps,
  pull: ClaimedPull,
  structured: Answered,
  documents: GpConnectOutcome | undefined
): Promise<void> {
  const leading = await toMessage(deps, structuredInterface, structured)
  const companions =
    documents?.outcome === 'answered' ? [await toMessage(deps, documentsInterface, documents)] : []
  await deps.database.transaction((sql) =>
    receiveAnswer(sql, {
      ...pull,
      pullId: pull.id,
      sourceTime: pull.beganAt,
      messages: [leading, ...companions],
      failedSections: documents && documents.outcome !== 'answered' ? ['documents'] : []
    })
  )
}

async function toMessage({ newId }: PullDeps, name: string, answer: Answered): Promise<MessageToReceive> {
  return {
    id: newId(),
    interface: name,
    body: answer.gzip ?? (await packBody(answer.body)),
    bodyHash: createHash('sha256').update(answer.body).digest('base64url')
  }
}
