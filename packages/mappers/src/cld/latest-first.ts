import type { CldEvent } from './care-state.ts'

export const latestFirst = (events: readonly CldEvent[]): readonly CldEvent[] =>
  events.toSorted((a, b) =>
    a.asAt === b.asAt ? (a.row.start < b.row.start ? 1 : -1) : a.asAt < b.asAt ? 1 : -1
  )
