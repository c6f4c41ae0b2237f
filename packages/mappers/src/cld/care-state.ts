import { eventKey } from './event-key.ts'
import type { CldPeriod, CldRow } from './row.ts'
import { distinctRows } from './row-content.ts'

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
  /** What the submission says of the event, in the order of the file; several rows where they differ. Ends are cut at death. */
  readonly rows: readonly [CldRow, ...CldRow[]]
  /** The last of them. */
  readonly row: CldRow
  /** Which submission that is. */
  readonly submissionId: string
  /** How many of those in force come before it. */
  readonly place: number
  /** End of the period of that submission: the event is so as at that day. */
  readonly asAt: string
  /**
   * A later submission speaks for the time in which the event would be, and does not name it: the end of that one's
   * period. The event has not ended for that: nobody has said so.
   */
  readonly missingAt?: string
}

/**
 * Of submissions for one period the last one counts. In the order of the days to which they speak; of those that speak
 * to one day, such as a quarter and the year that it ends, the one that was sent last has the last word.
 */
export function submissionsInForce(submissions: readonly CldSubmission[]): readonly CldSubmission[] {
  const latest = new Map<string, CldSubmission>()
  for (const submission of submissions) {
    const { start, end } = submission.period
    const other = latest.get(`${start}/${end}`)
    if (!other || other.sequence < submission.sequence) latest.set(`${start}/${end}`, submission)
  }
  return [...latest.values()].sort((a, b) => compare(a.period.end, b.period.end) || a.sequence - b.sequence)
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** What a submission in force says of the person. */
interface Told {
  readonly submission: CldSubmission
  readonly place: number
  readonly rows: readonly CldRow[]
}

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
  const rowsOf = new Map(statements.map(({ submissionId, rows }) => [submissionId, rows]))
  const told = submissionsInForce(submissions).map(
    (submission, place): Told => ({ submission, place, rows: rowsOf.get(submission.id) ?? [] })
  )
  const deathDate = deathIn(told)
  const lastNamed = new Map<string, Told & { readonly rows: readonly [CldRow, ...CldRow[]] }>()
  for (const one of told)
    for (const [key, [first, ...others]] of Map.groupBy(one.rows, eventKey))
      if (first) lastNamed.set(key, { ...one, rows: [first, ...others] })
  return [...lastNamed]
    .map(([key, named]) => toEvent(key, named, told, deathDate))
    .sort((a, b) => compare(a.key, b.key))
}

/** As the latest submission has it that names the person: where it tells of no death, one told before is taken back. */
const deathIn = (told: readonly Told[]): string | undefined =>
  told.findLast(({ rows }) => rows.length > 0)?.rows.findLast(({ deathDate }) => deathDate)?.deathDate

function toEvent(
  key: string,
  { submission, place, rows: said }: Told & { readonly rows: readonly [CldRow, ...CldRow[]] },
  told: readonly Told[],
  deathDate: string | undefined
): CldEvent {
  const [first = said[0], ...others] = distinctRows(said).map((row) => endedBy(row, deathDate))
  const rows = [first, ...others] as const
  const asAt = submission.period.end
  const silent = told
    .slice(place + 1)
    .filter((one) => rows.some((row) => speaksFor(one.submission.period, row)))
    .map((one) => one.submission.period.end)
  // One that speaks to the same day is told of where no later one is as silent.
  const missingAt = silent.find((end) => end > asAt) ?? silent[0]
  return {
    key,
    rows,
    row: rows.at(-1) ?? first,
    submissionId: submission.id,
    place,
    asAt,
    ...(missingAt !== undefined && { missingAt })
  }
}

/** Nobody's care goes on after their death, whichever row tells of it. What began after it is not believed, and stays. */
function endedBy(row: CldRow, deathDate: string | undefined): CldRow {
  const { end: said, doubts: noted, ...rest } = row
  const isAfter = deathDate !== undefined && row.start > deathDate
  const isCut = deathDate !== undefined && !isAfter && (said === undefined || said > deathDate)
  const end = isCut ? deathDate : said
  const doubts = noted.filter(({ kind }) => kind !== 'after-death')
  return {
    ...rest,
    ...(end !== undefined && { end }),
    doubts: isAfter ? [...doubts, { column: 'Event_Start_Date', kind: 'after-death' }] : doubts
  }
}

/** A service is in every submission from its beginning to its end; another event in that of the day it ended on. */
function speaksFor({ start, end }: CldPeriod, row: CldRow): boolean {
  if (row.type === 'Service') return row.end === undefined || row.end >= start
  const day = row.end ?? row.start
  return day >= start && day <= end
}
