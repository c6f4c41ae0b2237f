import { type CldEvent, type CldStatement, type CldSubmission, careOf } from './care-state.ts'
import { eventKey } from './event-key.ts'
import { contentOf, distinctRows } from './row-content.ts'

/** What one submission does to what is known of one person, in rows; all but `notNamed` add up to the rows it has of them. */
export interface SubmissionEffect {
  /** Say something that was not known, or otherwise. */
  readonly applied: number
  /** Say what was known. */
  readonly unchanged: number
  /** A submission for a later period has the word. */
  readonly superseded: number
  /** Say exactly what another row of the file says. */
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
  const said = statements.find((statement) => statement.submissionId === submissionId)?.rows ?? []
  const rows = distinctRows(said)
  const standing = [...new Set(rows.map(eventKey))]
    .flatMap((key) => after.get(key) ?? [])
    .filter((event) => event.submissionId === submissionId)
  const count = standing.reduce((sum, event) => sum + event.rows.length, 0)
  const unchanged = standing.reduce((sum, event) => sum + unchangedIn(event, before.get(event.key)), 0)
  const notNamed = [...after.values()].filter(
    ({ key, missingAt }) => missingAt !== undefined && before.get(key)?.missingAt === undefined
  )
  return {
    applied: count - unchanged,
    unchanged,
    superseded: rows.length - count,
    repeated: said.length - rows.length,
    notNamed: notNamed.length
  }
}

const byKey = (events: readonly CldEvent[]): ReadonlyMap<string, CldEvent> =>
  new Map(events.map((event) => [event.key, event]))

/** How many rows of an event say what was known of it: none where a row has gone, for then the event is another. */
function unchangedIn(event: CldEvent, before: CldEvent | undefined): number {
  const now = new Set(event.rows.map(contentOf))
  const known = new Set(before?.rows.map(contentOf))
  return known.isSubsetOf(now) ? event.rows.filter((row) => known.has(contentOf(row))).length : 0
}
