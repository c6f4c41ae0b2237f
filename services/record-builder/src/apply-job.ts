import type { Contribution, MessagePart } from '@chesil/contracts'
import { isOutcomeError } from '@chesil/fhir'
import {
  type ClaimedContribution,
  claimContribution,
  type Database,
  failRow,
  type Ids,
  maxAttempts,
  type Sql,
  unpackBody
} from '@chesil/record-store'
import type { Logger } from '@chesil/service-kit'
import { applyContribution } from './apply-contribution.ts'
import { applyMessage } from './apply-message.ts'

export interface ApplyDeps {
  readonly database: Database
  readonly ids: Ids
  /** ms since 1970 */
  readonly now: () => number
  /** How long a worker may hold a contribution before another takes it. */
  readonly leaseMs: number
  readonly onOutcome: (outcome: 'applied' | 'quarantined' | 'refused' | 'retried' | 'dead') => void
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
    const content = await unpack(claimed)
    deps.onOutcome(await deps.database.transaction((sql) => apply(sql, claimed, content, deps)))
  } catch (error) {
    if (isOutcomeError(error) && error.kind === 'conflict') return
    log.error({ err: error, attempt: claimed.attempt }, 'applying failed')
    await fail(isOutcomeError(error) ? error.message : 'unexpected error while applying')
  }
}

/** What answers a question speaks of whom we asked about; a message that came unasked says whom it is about. */
const apply = (
  sql: Sql,
  claimed: ClaimedContribution,
  content: Contribution | MessagePart,
  deps: ApplyDeps
) => {
  const context = { ids: deps.ids, now: deps.now() }
  return 'subject' in content
    ? applyMessage(sql, claimed, content, context)
    : applyContribution(sql, claimed, content, context)
}

async function unpack({ body }: ClaimedContribution): Promise<Contribution | MessagePart> {
  if (!body) throw new Error('The contribution has no content any more')
  return JSON.parse((await unpackBody(body)).toString('utf8')) as Contribution | MessagePart
}
