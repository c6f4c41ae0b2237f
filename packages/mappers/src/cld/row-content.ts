import type { CldRow } from './row.ts'

/** What a row says, as a text: another period, and a reference that councils number anew, are no news. */
export const contentOf = ({ period: _period, values, ...row }: CldRow): string =>
  JSON.stringify([inOrder(row), inOrder(values).filter(([column]) => column !== 'Event_Reference')])

const inOrder = (one: object): readonly [string, unknown][] =>
  Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1))

/** Each of rows that say the same once. */
export const distinctRows = (rows: readonly CldRow[]): readonly CldRow[] => [
  ...new Map(rows.map((row) => [contentOf(row), row])).values()
]
