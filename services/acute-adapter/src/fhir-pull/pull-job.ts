import { createHash } from 'node:crypto'
import { decideGate } from '@chesil/care-record'
import type { FhirEndpoint } from '@chesil/contracts'
import { sectionOfType, writeAnswer } from '@chesil/mappers'
import {
  type ClaimedPull,
  claimPull,
  type Database,
  endPull,
  maxAttempts,
  type PersonState,
  packBody,
  readPersonState,
  readPullHistory,
  receiveAnswer
} from '@chesil/record-store'
import type { Logger } from '@chesil/service-kit'
import type { NoAnswer } from '@chesil/source-clients'
import { askEndpoint, type EndpointAnswer, pullBudgetMs } from './ask-endpoint.ts'
import type { Endpoint } from './endpoints.ts'
import { wordOf } from './refuse-at-door.ts'

export interface FhirPullDeps {
  readonly database: Database
  readonly endpoints: ReadonlyMap<string, Endpoint>
  /** ms since 1970 */
  readonly now: () => number
  readonly newId: () => string
  readonly onOutcome: (sourceId: string, outcome: string, seconds: number) => void
  /** Items refused at the door. */
  readonly onRefused: (sourceId: string, count: number) => void
}

/** For what comes before and after the exchange. */
const leaseMarginMs = 5_000

/** As `inbox_message.interface` names it. */
export const fhirInterface = 'fhir-r4'

/**
 * Asks one hospital's FHIR endpoint about one person: the gate first, and what came is in the inbox before anything
 * is made of it, but for what the source does not share.
 */
export async function fhirPullJob(
  pullId: string,
  source: FhirEndpoint,
  deps: FhirPullDeps,
  log: Logger
): Promise<void> {
  // Longer than the exchange may take, so that nobody else asks meanwhile.
  const pull = await claimPull(deps.database, pullId, pullBudgetMs(source) + leaseMarginMs)
  if (!pull) return
  const endpoint = deps.endpoints.get(pull.sourceId)
  const person = await readPersonState(deps.database, pull.patientId, pull.authority)
  const obstacle = whyNot(pull, endpoint, person, deps.now())
  if (obstacle || !endpoint || !person?.nhsNumber) {
    log.info({ sourceId: pull.sourceId, reason: obstacle }, 'not asked')
    return await end(deps, pull, { outcome: 'failed', code: obstacle ?? 'no-nhs-number' }, 0)
  }

  const startedAt = deps.now()
  const about = { ...pull, patientId: person.patientId }
  const outcome = await askEndpoint(endpoint, {
    nhsNumber: person.nhsNumber,
    history: await readPullHistory(deps.database, about),
    searchedAt: pull.beganAt
  })
  const seconds = (deps.now() - startedAt) / 1000
  if (outcome.outcome !== 'answered') return await end(deps, pull, outcome, seconds)
  deps.onOutcome(pull.sourceId, 'answered', seconds)
  if (outcome.refused > 0) deps.onRefused(pull.sourceId, outcome.refused)
  // Whose number was asked with: by now perhaps the one they were merged into.
  await keep(deps, about, outcome)
}

/** What forbids asking, decided at the last moment: the person may have been restricted or have objected since. */
function whyNot(
  pull: ClaimedPull,
  endpoint: Endpoint | undefined,
  person: PersonState | undefined,
  now: number
): string | undefined {
  // Each attempt before this one ended its worker: it would end the next one, too.
  if (pull.attempt > maxAttempts) return 'dead-letter'
  if (!endpoint) return 'not-configured'
  if (!person || decideGate(person, now) !== 'open') return 'person-gate'
  return pull.authority === 'system' ? undefined : 'retention-rule'
}

async function end(deps: FhirPullDeps, pull: ClaimedPull, outcome: NoAnswer, seconds: number): Promise<void> {
  const detail = outcome.outcome === 'failed' ? wordOf(outcome) : undefined
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

async function keep(deps: FhirPullDeps, pull: ClaimedPull, { answer }: EndpointAnswer): Promise<void> {
  const text = writeAnswer(answer)
  const message = {
    id: deps.newId(),
    interface: fhirInterface,
    body: await packBody(text),
    bodyHash: createHash('sha256').update(text).digest('base64url')
  }
  const failed = [...answer.byType].filter(([, one]) => 'failed' in one).map(([type]) => sectionOfType(type))
  await deps.database.transaction((sql) =>
    receiveAnswer(sql, {
      ...pull,
      pullId: pull.id,
      sourceTime: pull.beganAt,
      messages: [message],
      failedSections: [...new Set(failed)]
    })
  )
}
