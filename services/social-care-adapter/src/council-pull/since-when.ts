import type { CouncilApi } from '@chesil/contracts'
import { councilSections } from '@chesil/mappers'
import type { PullHistory, SectionHistory } from '@chesil/record-store'

/** Two clocks differ. */
const overlapMs = 600_000
const minuteMs = 60_000

/**
 * Since when changes are asked for: since the last answer, where what is held is known to be whole. Each section was
 * told whole not too long ago, and nothing of it is kept out. The record knows when a source last answered, so that
 * no mark of the council's own has to be kept.
 *
 * @param now ms since 1970
 * @returns ISO instant; nothing where everything is asked for, always where answers are for one session only.
 */
export function sinceWhen(
  history: PullHistory,
  { retention, sweepMinutes }: Pick<CouncilApi, 'retention' | 'sweepMinutes'>,
  now: number
): string | undefined {
  const isHeld = (history.held.get('Patient')?.size ?? 0) > 0
  if (retention === 'session' || !isHeld || history.asAt === undefined || history.isStale) return undefined
  const oldest = now - sweepMinutes * minuteMs
  const isWhole = councilSections.every((name) => isKnownWhole(history.sections.get(name), oldest))
  return isWhole ? new Date(history.asAt - overlapMs).toISOString() : undefined
}

function isKnownWhole(section: SectionHistory | undefined, oldest: number): boolean {
  if (section?.coveredAt === undefined || section.coveredAt < oldest || section.hasQuarantined) return false
  return section.state === 'returned' || section.state === 'empty'
}
