import { type CldEvent, type CldStatement, type CldSubmission, careOf } from './care-state.ts'
import { eventKey } from './event-key.ts'
import type { CldRow } from './row.ts'

/** What one submission does to what is known of one person, in rows; all but `notNamed` add up to the rows it has of them. */
export interface SubmissionEffect {
  /** Say something that was not known, or otherwise. */
  readonly applied: number
  /** Say what was known. */
  readonly unchanged: number
  /** A submission for a later period has the word. */
  readonly superseded: number
  /** Name an event that a later row of the file names again: that one counts. */
  readonly repeated: number
  /** Events that were known and that this submission should name, and does not. */
  readonly notNamed: number
}

/** @param submissions With this one; and what each of them says of the person. */
export function effectOf(
  submissions: readonly CldSubmission[],
  statements: readonly CldStatement[],
  submissionId: string
): SubmissionEffect {
  const others = submissions.filter(({ id }) => id !== submissionId)
  const before = byKey(careOf(others, statements))
  const after = byKey(careOf(submissions, statements))
  const rows = statements.find((statement) => statement.submissionId === submissionId)?.rows ?? []
  const keys = [...new Set(rows.map(eventKey))]
  const standing = keys
    .flatMap((key) => after.get(key) ?? [])
    .filter((one) => one.submissionId === submissionId)
  const unchanged = standing.filter(({ key, row }) => saysSame(before.get(key)?.row, row)).length
  const notNamed = [...after.values()].filter(
    ({ key, missingAt }) => missingAt !== undefined && before.get(key)?.missingAt === undefined
  )
  return {
    applied: standing.length - unchanged,
    unchanged,
    superseded: keys.length - standing.length,
    repeated: rows.length - keys.length,
    notNamed: notNamed.length
  }
}

const byKey = (events: readonly CldEvent[]): ReadonlyMap<string, CldEvent> =>
  new Map(events.map((event) => [event.key, event]))

/** Another period, and a reference that councils number anew, are no news. */
function saysSame(before: CldRow | undefined, row: CldRow): boolean {
  return before !== undefined && JSON.stringify(contentOf(before)) === JSON.stringify(contentOf(row))
}

const contentOf = ({ period: _period, values, ...row }: CldRow) => [
  inOrder(row),
  inOrder(values).filter(([column]) => column !== 'Event_Reference')
]

const inOrder = (one: object): readonly [string, unknown][] =>
  Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1))
