import { createHash } from 'node:crypto'
import { decideGate } from '@chesil/care-record'
import type { CouncilApi } from '@chesil/contracts'
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
import type { CouncilFound, NoAnswer } from '@chesil/source-clients'
import { askCouncil, pullBudgetMs } from './ask-council.ts'
import type { CouncilEndpoint } from './endpoints.ts'

export interface CouncilPullDeps {
  readonly database: Database
  /** By catalogue id. */
  readonly endpoints: ReadonlyMap<string, CouncilEndpoint>
  /** ms since 1970 */
  readonly now: () => number
  readonly newId: () => string
  readonly onOutcome: (sourceId: string, outcome: string, seconds: number) => void
}

/** For what comes before and after the exchange. */
const leaseMarginMs = 5_000

/** As `inbox_message.interface` names it; its beginning leads to the queue of this adapter. */
export const councilInterface = 'social-care-council-api'

/**
 * Asks one council's system about one person: the gate first, and what came is in the inbox before anything is made of
 * it.
 */
export async function councilPullJob(
  pullId: string,
  source: CouncilApi,
  deps: CouncilPullDeps,
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
  // Whose number is asked with: by now perhaps the one they were merged into.
  const about = { ...pull, patientId: person.patientId }
  const found = await askCouncil(endpoint, {
    nhsNumber: person.nhsNumber,
    history: await readPullHistory(deps.database, about),
    askedAt: pull.beganAt
  })
  const seconds = (deps.now() - startedAt) / 1000
  if (found.outcome !== 'answered') return await end(deps, pull, found, seconds)
  deps.onOutcome(pull.sourceId, 'answered', seconds)
  await keep(deps, about, found)
}

/** What forbids asking, decided at the last moment: the person may have been restricted or have objected since. */
function whyNot(
  pull: ClaimedPull,
  endpoint: CouncilEndpoint | undefined,
  person: PersonState | undefined,
  now: number
): string | undefined {
  // Each attempt before this one ended its worker: it would end the next one, too.
  if (pull.attempt > maxAttempts) return 'dead-letter'
  if (!endpoint) return 'not-configured'
  if (!person || decideGate(person, now) !== 'open') return 'person-gate'
  if ((endpoint.source.retention === 'session') === (pull.authority === 'system')) return 'retention-rule'
  return pull.expiresAt !== null && pull.expiresAt <= now ? 'session-over' : undefined
}

async function end(
  deps: CouncilPullDeps,
  pull: ClaimedPull,
  outcome: NoAnswer,
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

async function keep(deps: CouncilPullDeps, pull: ClaimedPull, { body }: CouncilFound): Promise<void> {
  const message = {
    id: deps.newId(),
    interface: councilInterface,
    body: await packBody(body),
    bodyHash: createHash('sha256').update(body).digest('base64url')
  }
  await deps.database.transaction((sql) =>
    receiveAnswer(sql, {
      ...pull,
      pullId: pull.id,
      sourceTime: pull.beganAt,
      messages: [message],
      failedSections: []
    })
  )
}
