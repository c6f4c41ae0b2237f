import type { CldColumn, CldDoubt, CldRejection, SubmissionEffect } from '@chesil/mappers'
import type { DroppedRows, SubmissionPeriod } from '@chesil/record-store'
import type { CldReport } from './answer.ts'

/** Why a row is not taken: by itself, or beside the other rows of its file. */
export type Rejection =
  | CldRejection
  | 'other-number-of-cells'
  | 'quote-out-of-place'
  | 'other-council'
  | 'other-period'
  | 'too-many-for-one-person'

/** For whoever keeps the council's data; nothing of a row stands in them. */
const rejectionTexts: Readonly<Record<Rejection, string>> = {
  'no-person': 'Neither an NHS number nor the council’s own number of the person',
  'person-number-unreadable':
    'LA_Person_Unique_Identifier is longer than 100 characters, or holds a line break',
  'no-event-type': 'Event_Type is none of Request, Assessment, Service, Review',
  'no-start': 'Event_Start_Date is missing or no date',
  'ends-before-it-starts': 'Event_End_Date is before Event_Start_Date',
  'no-council': 'LA_Code is missing',
  'no-period': 'The reporting period is missing, or ends before it starts',
  'too-long': 'A cell is longer than 4,000 characters',
  'other-number-of-cells': 'Another number of cells than the header: a comma within a cell needs quotes',
  'quote-out-of-place':
    'A quote is out of place in this row, or in one before it: quotes within a cell are doubled, and the cell is quoted',
  'other-council': 'LA_Code is not that of the council which sent the file',
  'other-period': 'Another reporting period than most rows of the file: send it as a file of its own',
  'too-many-for-one-person': 'More than 5,000 rows, or 4 MB of them, under one person’s number'
}

/** Lines are told up to so many of a kind; the number of rows is always whole. */
export const mostLines = 10_000
const mostValues = 100
const longestValue = 100

const toRejection = ([reason, at]: readonly [Rejection, { rows: number; lines: number[] }]) => ({
  reason,
  text: rejectionTexts[reason],
  ...at
})
/** Rows that are not taken for one reason, with their first lines. */
export type RejectedRows = ReturnType<typeof toRejection>

/** What is noted while a file is read; it does not grow with the file. */
export function createRowNotes() {
  let read = 0
  const rejected = createTally<Rejection>()
  const notMapped = createTally<CldColumn>()
  const doubted = createTally<string>()
  const values = new Map<CldColumn, Set<string>>()

  function noteValue(column: CldColumn, value: string): void {
    const known = values.get(column) ?? new Set()
    values.set(column, known)
    if (known.size < mostValues) known.add(value.slice(0, longestValue))
  }

  return {
    onRow: () => read++,
    onRejected: (reason: Rejection, line: number) => rejected.add(reason, line),
    /** @param dropped With their first lines. */
    onDropped: (reason: Rejection, { rows, lines }: DroppedRows) => rejected.addAll(reason, rows, lines),
    /** @param value What stands there; only told of values that are not listed. */
    onDoubt({ column, kind }: CldDoubt, line: number, value: string): void {
      if (kind === 'not-listed') {
        notMapped.add(column, line)
        noteValue(column, value)
      } else doubted.add(`${column} ${kind}`, line)
    },
    rejections: () => rejected.list().map(toRejection),
    toReport(rest: {
      readonly period: SubmissionPeriod
      readonly effect: SubmissionEffect
      readonly persons: number
    }): CldReport {
      const { notNamed, ...rows } = rest.effect
      return {
        period: rest.period,
        rows: { read, ...rows, rejected: rejected.total() },
        persons: rest.persons,
        notNamedAnyMore: notNamed,
        rejected: rejected.list().map(toRejection),
        notMapped: notMapped
          .list()
          .map(([column, at]) => ({ column, values: [...(values.get(column) ?? [])], ...at })),
        doubted: doubted.list().map(([key, at]) => {
          const [column = '', doubt = ''] = key.split(' ')
          return { column, doubt, ...at }
        })
      }
    }
  }
}

function createTally<Key extends string>() {
  const tally = new Map<Key, { rows: number; lines: number[] }>()
  function addAll(key: Key, rows: number, lines: readonly number[]): void {
    if (rows === 0) return
    const one = tally.get(key) ?? { rows: 0, lines: [] }
    tally.set(key, one)
    one.rows += rows
    one.lines.push(...lines.slice(0, mostLines - one.lines.length))
  }
  return {
    addAll,
    add: (key: Key, line: number) => addAll(key, 1, [line]),
    total: () => [...tally.values()].reduce((sum, { rows }) => sum + rows, 0),
    list: () => [...tally].sort(([a], [b]) => (a < b ? -1 : 1))
  }
}
