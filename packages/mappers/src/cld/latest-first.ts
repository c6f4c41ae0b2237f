import type { CldEvent } from './care-state.ts'
import type { CldRow } from './row.ts'

/** A row, and as at when it is so. */
export interface DatedRow {
  readonly row: CldRow
  readonly asAt: string
  /** See `CldEvent.place`. */
  readonly place: number
}

/** What is said of the person: of the latest submission first, in it what began last. */
export const latestFirst = (events: readonly CldEvent[]): readonly DatedRow[] =>
  events
    .flatMap(({ rows, asAt, place }) => rows.toReversed().map((row) => ({ row, asAt, place })))
    .sort((a, b) => b.place - a.place || (a.row.start < b.row.start ? 1 : a.row.start > b.row.start ? -1 : 0))
