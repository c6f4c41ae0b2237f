import type { FhirEndpoint } from '@chesil/contracts'
import { type FhirR4Asking, sectionOfType } from '@chesil/mappers'
import type { PullHistory } from '@chesil/record-store'

/** How one type is asked for. */
export type TypePlan =
  | { readonly kind: 'full' }
  /** @property since FHIR instant */
  | { readonly kind: Exclude<FhirR4Asking, 'full'>; readonly since: string }

/** Two clocks differ, and what a search index knows may be older than what was recorded. */
const overlapMs = 600_000
const minuteMs = 60_000

/**
 * Only what changed is asked for where what is held is known to be whole: everything of the type was listed once,
 * and nothing failed or was kept out since. From time to time its ids are listed anew: what was deleted is found by
 * its absence.
 *
 * @param now ms since 1970
 */
export function planType(
  type: string,
  history: PullHistory,
  { sweepMinutes }: Pick<FhirEndpoint, 'sweepMinutes'>,
  now: number
): TypePlan {
  const section = history.sections.get(sectionOfType(type))
  const coveredAt = section?.coveredAt
  const isHeld = (history.held.get(type)?.size ?? 0) > 0
  if (!isHeld || history.asAt === undefined || history.isStale) return { kind: 'full' }
  if (coveredAt === undefined || section?.state !== 'returned' || section.hasQuarantined)
    return { kind: 'full' }
  const since = new Date(history.asAt - overlapMs).toISOString()
  return { kind: now - coveredAt > sweepMinutes * minuteMs ? 'sweep' : 'increment', since }
}
