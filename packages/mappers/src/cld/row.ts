import { defined, findNhsNumber, type NhsNumber } from '@chesil/fhir'
import { text } from '../json.ts'
import { type CldColumn, cldColumns } from './columns.ts'
import { readDay } from './dates.ts'
import { findListedValue, isListed, isListedWhole, type ListedColumn } from './values.ts'

export type CldEventType = 'Request' | 'Assessment' | 'Service' | 'Review'

/** A value that neither release lists, or that cannot be what its column says: kept as it came, and flagged. */
export interface CldDoubt {
  readonly column: CldColumn
  readonly kind:
    | 'not-listed'
    | 'not-a-date'
    | 'not-a-number'
    | 'not-a-number-of-the-nhs'
    | 'after-death'
    | 'no-end'
}

/** The day from which to which a submission speaks, YYYY-MM-DD; both days are in it. */
export interface CldPeriod {
  readonly start: string
  readonly end: string
}

/** One row: one event of one person, in the words of release 2 where they are listed, else in its own. */
export interface CldRow {
  readonly laCode: string
  readonly period: CldPeriod
  /** At least one of both. */
  readonly nhsNumber?: NhsNumber
  readonly laPersonId?: string
  readonly birthDate?: string
  readonly deathDate?: string
  readonly type: CldEventType
  readonly start: string
  /** As said, also where it is after the date of death. */
  readonly end?: string
  /** `Planned_units_per_week` are hours. Of costs nothing else is read. */
  readonly isHourly?: true
  /** All other columns that hold something, and dates that are none. Costs are not among them. */
  readonly values: Readonly<Partial<Record<CldColumn, string>>>
  readonly doubts: readonly CldDoubt[]
}

/** Why a row is not taken. */
export type CldRejection =
  | 'no-person'
  /** The council's number of the person is longer than any, or holds what is no letter. */
  | 'person-number-unreadable'
  | 'no-event-type'
  | 'no-start'
  | 'ends-before-it-starts'
  | 'no-council'
  | 'no-period'
  | 'too-long'

export type CldReading =
  | { readonly outcome: 'row'; readonly row: CldRow }
  | { readonly outcome: 'rejected'; readonly reason: CldRejection }

/** Without line breaks and other signs that control something. */
const personNumber = /^[^\p{C}]{0,100}$/u

/** More than any description would be. */
const longestValue = 4_000

const costs: ReadonlySet<CldColumn> = new Set(['Unit_Cost', 'Cost_Frequency_Unit_Type'])
/** Read into elements of their own. */
const elements: ReadonlySet<CldColumn> = new Set([
  'LA_Code',
  'Reporting_Period_Start_Date',
  'Reporting_Period_End_Date',
  'NHS_Number',
  'LA_Person_Unique_Identifier',
  'Date_of_Birth',
  'Date_of_Death',
  'Event_Type',
  'Event_Start_Date',
  'Event_End_Date'
])
const kept = cldColumns.filter((column) => !costs.has(column) && !elements.has(column))
const counted: ReadonlySet<CldColumn> = new Set([
  'Total_Hrs_Caring_per_week',
  'No_of_adults_being_cared_for',
  'Planned_units_per_week'
])

/**
 * Reads one row. A value that is not listed, or is no date, is kept and flagged: only a row that does not say whom it is
 * about, what happened, or when, is rejected.
 *
 * @param cellOf The cell of a column, trimmed; empty where the file has no such column.
 */
export function readCldRow(cellOf: CellOf): CldReading {
  return readCleanRow((column) => cleaned(cellOf(column)), personNumberIn(cellOf))
}

/** Cells of some databases that are not empty in a file, and say nothing. */
const blank = /^(?:null|#?n\/a)$/i

/** On one line, without what a text cannot hold. */
function cleaned(cell: string): string {
  const line = (text(cell) ?? '').replaceAll(/\s+/g, ' ').trim()
  return blank.test(line) ? '' : line
}

/** As it is: two numbers that a cleaned one would be are two people's. */
const personNumberIn = (cellOf: CellOf): string => {
  const cell = cellOf('LA_Person_Unique_Identifier').trim()
  return blank.test(cell) ? '' : cell
}

function readCleanRow(cellOf: CellOf, laPersonId: string): CldReading {
  const nhsNumber = findNhsNumber(cellOf('NHS_Number').replaceAll(/[ -]/g, ''))
  const type = findListedValue('Event_Type', cellOf('Event_Type')) as CldEventType | undefined
  const period = readPeriod(cellOf)
  const start = readDay(cellOf('Event_Start_Date'))
  const reason = whyRejected(cellOf, {
    isSomebody: Boolean(nhsNumber) || laPersonId !== '',
    laPersonId,
    type,
    period,
    start
  })
  if (reason || !type || !period || !start) return { outcome: 'rejected', reason: reason ?? 'no-start' }

  const doubts: CldDoubt[] = []
  if (!nhsNumber && cellOf('NHS_Number') !== '')
    doubts.push({ column: 'NHS_Number', kind: 'not-a-number-of-the-nhs' })
  const birthDate = readKeptDay('Date_of_Birth', cellOf, doubts)
  const deathDate = readKeptDay('Date_of_Death', cellOf, doubts)
  const end = readKeptDay('Event_End_Date', cellOf, doubts)
  if (type !== 'Service' && cellOf('Event_End_Date') === '')
    doubts.push({ column: 'Event_End_Date', kind: 'no-end' })
  if (deathDate && start > deathDate) doubts.push({ column: 'Event_Start_Date', kind: 'after-death' })
  const row = {
    laCode: cellOf('LA_Code'),
    period,
    nhsNumber,
    laPersonId: laPersonId === '' ? undefined : laPersonId,
    birthDate,
    deathDate,
    type,
    start,
    end,
    isHourly: /^hourly$/i.test(cellOf('Cost_Frequency_Unit_Type')) ? (true as const) : undefined,
    values: { ...readValues(cellOf, doubts), ...unreadDays(cellOf) },
    doubts
  }
  return { outcome: 'row', row: defined(row) }
}

type CellOf = (column: CldColumn) => string

interface Essentials {
  readonly isSomebody: boolean
  readonly laPersonId: string
  readonly type: CldEventType | undefined
  readonly period: CldPeriod | undefined
  readonly start: string | undefined
}

/** The first reason there is. */
function whyRejected(
  cellOf: CellOf,
  { isSomebody, laPersonId, type, period, start }: Essentials
): CldRejection | undefined {
  const end = readDay(cellOf('Event_End_Date'))
  const reasons: readonly (readonly [boolean, CldRejection])[] = [
    [cldColumns.some((column) => cellOf(column).length > longestValue), 'too-long'],
    [!isSomebody, 'no-person'],
    [!personNumber.test(laPersonId), 'person-number-unreadable'],
    [type === undefined, 'no-event-type'],
    [cellOf('LA_Code') === '', 'no-council'],
    [period === undefined, 'no-period'],
    [start === undefined, 'no-start'],
    [start !== undefined && end !== undefined && end < start, 'ends-before-it-starts']
  ]
  return reasons.find(([holds]) => holds)?.[1]
}

function readPeriod(cellOf: CellOf): CldPeriod | undefined {
  const start = readDay(cellOf('Reporting_Period_Start_Date'))
  const end = readDay(cellOf('Reporting_Period_End_Date'))
  return start && end && start <= end ? { start, end } : undefined
}

function readKeptDay(column: CldColumn, cellOf: CellOf, doubts: CldDoubt[]): string | undefined {
  const day = readDay(cellOf(column))
  if (!day && cellOf(column) !== '') doubts.push({ column, kind: 'not-a-date' })
  return day
}

const keptDays = ['Date_of_Birth', 'Date_of_Death', 'Event_End_Date'] as const

/** As they came. */
function unreadDays(cellOf: CellOf): CldRow['values'] {
  const unread = keptDays.filter((column) => cellOf(column) !== '' && !readDay(cellOf(column)))
  return Object.fromEntries(unread.map((column) => [column, cellOf(column)]))
}

function readValues(cellOf: CellOf, doubts: CldDoubt[]): CldRow['values'] {
  const values: Partial<Record<CldColumn, string>> = {}
  for (const column of kept) {
    const cell = cellOf(column)
    if (cell === '') continue
    values[column] = isListed(column) ? readListed(column, cell, doubts) : cell
    if (counted.has(column) && !isCount(cell)) doubts.push({ column, kind: 'not-a-number' })
  }
  return values
}

function readListed(column: ListedColumn, cell: string, doubts: CldDoubt[]): string {
  const value = findListedValue(column, cell)
  if (value === undefined && isListedWhole(column)) doubts.push({ column, kind: 'not-listed' })
  return value ?? cell
}

const isCount = (cell: string): boolean => /^\d{1,5}(?:\.\d{1,4})?$/.test(cell)
