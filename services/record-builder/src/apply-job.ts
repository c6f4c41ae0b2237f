import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { Contribution } from '@chesil/contracts'
import { isOutcomeError } from '@chesil/fhir'
import {
  type ClaimedContribution,
  claimContribution,
  type Database,
  failRow,
  type Ids,
  maxAttempts
} from '@chesil/record-store'
import type { Logger } from '@chesil/service-kit'
import { applyContribution } from './apply-contribution.ts'

const decompress = promisify(gunzip)

export interface ApplyDeps {
  readonly database: Database
  readonly ids: Ids
  /** ms since 1970 */
  readonly now: () => number
  /** How long a worker may hold a contribution before another takes it. */
  readonly leaseMs: number
  readonly onOutcome: (outcome: 'applied' | 'refused' | 'retried' | 'dead') => void
}

/** Works on one row of `contribution`; for a row that is done, or in other hands, there is nothing to do. */
export async function applyJob(contributionId: string, deps: ApplyDeps, log: Logger): Promise<void> {
  const claimed = await claimContribution(deps.database, contributionId, deps.leaseMs)
  if (!claimed) return
  const fail = async (reason: string) => {
    // A defect of ours is tried again too: a later release may have mended it.
    const failure = { reason, retryable: true }
    deps.onOutcome(await deps.database.transaction((sql) => failRow(sql, 'contribution', claimed, failure)))
  }
  if (claimed.attempt > maxAttempts) return await fail('every attempt ended its worker')
  try {
    const contribution = await unpack(claimed)
    const outcome = await deps.database.transaction((sql) =>
      applyContribution(sql, claimed, contribution, { ids: deps.ids, now: deps.now() })
    )
    deps.onOutcome(outcome)
  } catch (error) {
    if (isOutcomeError(error) && error.kind === 'conflict') return
    log.error({ err: error, attempt: claimed.attempt }, 'applying failed')
    await fail(isOutcomeError(error) ? error.message : 'unexpected error while applying')
  }
}

async function unpack({ body }: ClaimedContribution): Promise<Contribution> {
  if (!body) throw new Error('The contribution has no content any more')
  return JSON.parse((await decompress(body)).toString('utf8')) as Contribution
}
