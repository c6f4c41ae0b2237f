import { isFhirDate } from '@chesil/fhir'
import type { PartKind } from './parameter-table.ts'

/** A part's value, read; a day is a period of which the other end is open. */
export interface PartValue {
  readonly flag?: boolean
  readonly count?: number
  readonly code?: string
  /** ISO dates, both ends included. */
  readonly from?: string
  readonly to?: string
}

type Members = Readonly<Record<string, unknown>>

/** @returns the value, or in words what it has to be. */
export function readPart(part: Members, kind: PartKind, today: string): PartValue | string {
  return readers[kind](part, today)
}

const readers: Readonly<Record<PartKind, (part: Members, today: string) => PartValue | string>> = {
  boolean: ({ valueBoolean }) =>
    typeof valueBoolean === 'boolean' ? { flag: valueBoolean } : 'has to be true or false',
  positiveInt: ({ valuePositiveInt }) =>
    typeof valuePositiveInt === 'number' && Number.isInteger(valuePositiveInt) && valuePositiveInt > 0
      ? { count: valuePositiveInt }
      : 'has to be a whole number above 0',
  clinicalStatus: ({ valueCode }) =>
    valueCode === 'active' || valueCode === 'inactive' ? { code: valueCode } : 'has to be active or inactive',
  pastDate: ({ valueDate }, today) =>
    isWholeDay(valueDate) && valueDate <= today
      ? { from: valueDate }
      : 'has to be a whole day, not in the future',
  futureDate: ({ valueDate }, today) =>
    isWholeDay(valueDate) && valueDate >= today
      ? { to: valueDate }
      : 'has to be a whole day, not in the past',
  pastPeriod: ({ valuePeriod }, today) => readPeriod(valuePeriod, today)
}

const isWholeDay = (value: unknown): value is string =>
  typeof value === 'string' && value.length === 10 && isFhirDate(value)

function readPeriod(value: unknown, today: string): PartValue | string {
  if (typeof value !== 'object' || value === null) return 'has to be a period'
  const { start, end } = value as Members
  const days = [start, end].filter((day) => day !== undefined)
  if (days.length === 0) return 'has to have a start or an end'
  if (!days.every(isWholeDay)) return 'has to consist of whole days'
  if (days.some((day) => day > today)) return 'must not lie in the future'
  if (days.length === 2 && days[0] !== undefined && days[1] !== undefined && days[0] > days[1]) {
    return 'must not end before it starts'
  }
  return { ...(isWholeDay(start) && { from: start }), ...(isWholeDay(end) && { to: end }) }
}
