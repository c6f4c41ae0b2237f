import type { CldEvent } from './care-state.ts'

type Spanned = Pick<CldEvent, 'rows' | 'asAt'>

/** Whether it was over on the day that the submission speaks of: all of it. */
export const isOver = ({ rows, asAt }: Spanned): boolean =>
  rows.every(({ end }) => end !== undefined && end <= asAt)

/** Whether it was still to begin on that day. */
export const isPlanned = ({ rows, asAt }: Spanned): boolean => rows.every(({ start }) => start > asAt)

/** It has ended when the last of it has. */
export function periodOf({ rows }: Pick<CldEvent, 'rows'>): { start: string; end?: string } {
  const [{ start }] = rows
  const ends = rows.map(({ end }) => end)
  const end = ends.includes(undefined) ? undefined : ends.toSorted().at(-1)
  return { start, ...(end !== undefined && { end }) }
}

/** A service of which nobody has said when it ends: only of that does silence leave the end open. */
export const isOpenService = ({ rows, row }: Pick<CldEvent, 'rows' | 'row'>): boolean =>
  row.type === 'Service' && rows.some(({ end }) => end === undefined)
