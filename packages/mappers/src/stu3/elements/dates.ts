import { defined, londonDay, type Period } from '@chesil/fhir'
import { isJson, word } from '../../json.ts'
import type { Item } from '../item.ts'
import { keepAsText } from './unread.ts'

/**
 * FHIR dates stay the strings they came as. These checks look at the text alone: `isFhirDate` of the fhir
 * package also works out the instant in London, which costs 15 µs, and a record has thousands of dates.
 *
 * @see https://hl7.org/fhir/R4/datatypes.html#dateTime
 */
const pattern =
  /^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?)?)?$/

interface Reading {
  /** The date part. */
  readonly day: string
  /** `zoned`: complete, as FHIR wants it. `bare`: the zone or the seconds are missing. */
  readonly time: 'none' | 'zoned' | 'bare'
}

/** @returns `undefined` for what is no date, or on no calendar or clock. */
function readDate(value: string): Reading | undefined {
  const match = pattern.exec(value)
  if (!match) return undefined
  const [, year, month, day, hour, minute, second, zone] = match
  if (!isOnCalendar(Number(year), Number(month ?? 1), Number(day ?? 1))) return undefined
  if (hour === undefined) return { day: value, time: 'none' }
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second ?? 0) > 59 || !isZone(zone)) return undefined
  return { day: value.slice(0, 10), time: second !== undefined && zone !== undefined ? 'zoned' : 'bare' }
}

function isOnCalendar(year: number, month: number, day: number): boolean {
  return year > 0 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month)
}

export function daysIn(year: number, month: number): number {
  if (month !== 2) return [4, 6, 9, 11].includes(month) ? 30 : 31
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
}

function isZone(zone = 'Z'): boolean {
  return zone === 'Z' || (Number(zone.slice(1, 3)) <= 14 && Number(zone.slice(4)) <= 59)
}

/** Absent is not unreadable. */
const isAbsent = (value: unknown): boolean => value === undefined || value === null || value === ''

/**
 * A time without zone or seconds is no FHIR dateTime, yet its day is certain: the day stays, and the
 * whole is kept as text. A day that no calendar has is left out and kept as text.
 */
export function toDateTime(value: unknown, label: string, item: Item): string | undefined {
  if (isAbsent(value)) return undefined
  const given = word(value)
  const reading = given === undefined ? undefined : readDate(given)
  if (reading === undefined || reading.time === 'bare') keepAsText(value, label, item)
  return reading?.time === 'zoned' ? given : reading?.day
}

const midnight = /T00:00(:00(\.0+)?)?(Z|[+-]\d{2}:\d{2})?$/

/** A time of day is cut off, and kept as text unless it is midnight. */
export function toDate(value: unknown, label: string, item: Item): string | undefined {
  if (isAbsent(value)) return undefined
  const given = word(value) ?? ''
  const reading = readDate(given)
  const isWhole = reading !== undefined && (reading.time === 'none' || midnight.test(given))
  if (!isWhole) keepAsText(value, label, item)
  return reading?.day
}

/** An instant cannot be less than exact: anything else is kept as text alone. */
export function toInstant(value: unknown, label: string, item: Item): string | undefined {
  if (isAbsent(value)) return undefined
  const given = word(value)
  if (given !== undefined && readDate(given)?.time === 'zoned') return given
  keepAsText(value, label, item)
  return undefined
}

/** A period that ends before it starts keeps its start; its end is kept as text. */
export function toPeriod(value: unknown, label: string, item: Item): Period | undefined {
  if (!isJson(value)) {
    if (!isAbsent(value)) keepAsText(value, label, item)
    return undefined
  }
  const start = toDateTime(value['start'], `${label} start`, item)
  const end = toDateTime(value['end'], `${label} end`, item)
  if (start === undefined && end === undefined) return undefined
  if (start === undefined || end === undefined || !isBefore(end, start)) return defined({ start, end })
  keepAsText(end, `${label} end`, item)
  return { start }
}

/** As far as both are precise. */
function isBefore(a: string, b: string): boolean {
  if (a.length > 10 && b.length > 10) return Date.parse(a) < Date.parse(b)
  const length = Math.min(a.length, b.length, 10)
  return a.slice(0, length) < b.slice(0, length)
}

/** @returns the day in London, `YYYY-MM-DD`; a partial date as it is; `undefined` for what is no date. */
export function dayOf(value: unknown): string | undefined {
  const text = word(value)
  const reading = text === undefined ? undefined : readDate(text)
  return text !== undefined && reading?.time === 'zoned' ? londonDay(Date.parse(text)) : reading?.day
}
