import type { NhsNumber } from '@chesil/fhir'
import { findCouncilChanges } from '@chesil/mappers'
import type { PullHistory } from '@chesil/record-store'
import type { CouncilFound, NoAnswer } from '@chesil/source-clients'
import type { CouncilEndpoint } from './endpoints.ts'
import { sinceWhen } from './since-when.ts'

export interface CouncilPullQuestion {
  readonly nhsNumber: NhsNumber
  readonly history: PullHistory
  /** ms since 1970: when the request began. */
  readonly askedAt: number
}

/** For changes, and for everything where they do not do. */
const exchangesInARow = 2

/** How long a pull may take as a whole. */
export const pullBudgetMs = ({ timeoutMs }: { readonly timeoutMs: number }): number =>
  timeoutMs * exchangesInARow

/** Asks one council about one person: for what changed where that is enough, else for everything. */
export async function askCouncil(
  { source, client }: Pick<CouncilEndpoint, 'source' | 'client'>,
  { nhsNumber, history, askedAt }: CouncilPullQuestion
): Promise<CouncilFound | NoAnswer> {
  const signal = AbortSignal.timeout(pullBudgetMs(source))
  const since = sinceWhen(history, source, askedAt)
  if (since !== undefined) {
    const found = await client.findPerson({ nhsNumber, since, signal })
    if (found.outcome !== 'answered' || isEnough(found, history)) return found
  }
  const whole = await client.findPerson({ nhsNumber, signal })
  const isPart = whole.outcome === 'answered' && changesIn(whole) !== undefined
  return isPart ? { outcome: 'failed', status: 200, code: 'changes-unasked' } : whole
}

const changesIn = ({ body }: CouncilFound) =>
  findCouncilChanges(JSON.parse(new TextDecoder().decode(body)) as unknown)

/**
 * Whether an answer says all that there is to know. Changes do not where the council knows the person by another
 * number now, so that all else has another name; nor where a section was empty till now, so that it is always known
 * of the whole when nothing is recorded.
 */
function isEnough(found: CouncilFound, { held, sections }: PullHistory): boolean {
  const changes = changesIn(found)
  if (!changes) return true
  const isSamePerson = held.get('Patient')?.has(changes.personName) ?? false
  return isSamePerson && changes.sections.every((section) => sections.get(section)?.state === 'returned')
}
