import { eventKey } from './event-key.ts'
import { type CldPeriod, type CldRow, endOf } from './row.ts'

/** One submission of a council, of those that count. */
export interface CldSubmission {
  readonly id: string
  readonly period: CldPeriod
  /** Which came after which: of two for one period the later one counts. */
  readonly sequence: number
}

/** What a council has said of one person in one submission, in the order of the file. */
export interface CldStatement {
  readonly submissionId: string
  readonly rows: readonly CldRow[]
}

/** One event of a person, as the latest submission that names it has it. */
export interface CldEvent {
  readonly key: string
  readonly row: CldRow
  /** Which submission that is. */
  readonly submissionId: string
  /** End of the period of that submission: the event is so as at that day. */
  readonly asAt: string
  /**
   * A later submission speaks for the time in which the event would be, and does not name it: the end of that one's
   * period. The event has not ended for that: nobody has said so.
   */
  readonly missingAt?: string
}

/** Of submissions for one period the last one counts. In the order of their periods. */
export function submissionsInForce(submissions: readonly CldSubmission[]): readonly CldSubmission[] {
  const latest = new Map<string, CldSubmission>()
  for (const submission of submissions) {
    const { start, end } = submission.period
    const other = latest.get(`${start}/${end}`)
    if (!other || other.sequence < submission.sequence) latest.set(`${start}/${end}`, submission)
  }
  return [...latest.values()].sort(inOrder)
}

const inOrder = (a: CldSubmission, b: CldSubmission): number =>
  compare(a.period.end, b.period.end) || compare(a.period.start, b.period.start) || a.sequence - b.sequence

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/**
 * All that a council says of one person, computed from all it has sent: in whatever order submissions came, and however
 * often, it is the same.
 *
 * @param submissions All of the council's, also those that do not name the person: their silence tells something.
 */
export function careOf(
  submissions: readonly CldSubmission[],
  statements: readonly CldStatement[]
): readonly CldEvent[] {
  const inForce = submissionsInForce(submissions)
  const rowsOf = new Map(statements.map(({ submissionId, rows }) => [submissionId, rows]))
  const named = new Map<string, { row: CldRow; at: number }>()
  let deathDate: string | undefined
  for (const [at, { id }] of inForce.entries())
    for (const row of rowsOf.get(id) ?? []) {
      named.set(eventKey(row), { row, at })
      deathDate = row.deathDate ?? deathDate
    }
  return [...named]
    .map(([key, { row: said, at }]) => {
      const row = endedBy(said, deathDate)
      const silent = inForce.slice(at + 1).find(({ period }) => speaksFor(period, row))
      const asAt = inForce[at]?.period.end ?? row.period.end
      const submissionId = inForce[at]?.id ?? ''
      return { key, row, submissionId, asAt, ...(silent && { missingAt: silent.period.end }) }
    })
    .sort((a, b) => compare(a.key, b.key))
}

/** A death may be told by a later submission than the service that it ended. */
function endedBy(row: CldRow, deathDate: string | undefined): CldRow {
  const end = endOf(row.end, deathDate, row.start)
  return end === row.end || end === undefined ? row : { ...row, end }
}

/** A service is in every submission from its beginning to its end; another event in that of the day it ended on. */
function speaksFor({ start, end }: CldPeriod, row: CldRow): boolean {
  if (row.type === 'Service') return row.end === undefined || row.end >= start
  const day = row.end ?? row.start
  return day >= start && day <= end
}
