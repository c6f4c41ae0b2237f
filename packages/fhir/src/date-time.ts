/**
 * FHIR dates stay the strings they came as. To compare them, a date is read as the interval
 * `[low, high)` that its precision covers, in milliseconds since 1970.
 *
 * @see https://hl7.org/fhir/R4/datatypes.html#dateTime
 * @see https://hl7.org/fhir/R4/search.html#date
 */
export interface DateInterval {
  readonly low: number
  /** Exclusive. */
  readonly high: number
}

const pattern =
  /^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}:\d{2})?)?)?)?$/

interface Parts {
  readonly year: number
  readonly month: number | undefined
  readonly day: number | undefined
  readonly hour: number | undefined
  readonly minute: number
  /** Digits, to tell how precise it is. */
  readonly second: string | undefined
  readonly fraction: string | undefined
  readonly zone: string | undefined
}

/** @returns `undefined` for what is no date, or names a day or an hour that there is not. */
function findParts(text: string): Parts | undefined {
  const match = pattern.exec(text)
  if (!match) return undefined
  const [, year, month, day, hour, minute, second, fraction, zone] = match
  const parts = {
    year: Number(year),
    month: optional(month),
    day: optional(day),
    hour: optional(hour),
    minute: Number(minute ?? 0),
    second,
    fraction,
    zone
  }
  if (!isOnCalendar(parts.year, parts.month, parts.day)) return undefined
  return parts.hour === undefined || isOnClock(parts.hour, parts.minute, optional(second), zone)
    ? parts
    : undefined
}

/**
 * @param text A FHIR date, dateTime or instant, also partial (`2026`, `2026-03`). A time without a zone,
 *   and a date, are read in Europe/London, which is where our readers are.
 * @returns `undefined` when the text is not a date or names a day that no calendar has (`2026-02-30`).
 */
export function findDateInterval(text: string): DateInterval | undefined {
  const parts = findParts(text)
  if (!parts) return undefined
  const { year, month, day, hour, minute, second, fraction, zone } = parts
  if (hour === undefined) return wholeDays(year, month, day)
  const wall = utc(year, (month ?? 1) - 1, day ?? 1) + (hour * 60 + minute) * 60_000
  const seconds = Number(second ?? 0) * 1000 + Number((fraction ?? '').padEnd(3, '0').slice(0, 3))
  const low = toInstant(wall + seconds, zone)
  return { low, high: low + timePrecisionMs(second, fraction) }
}

/** @returns whether `text` is a FHIR `date`: a year, a month or a day that exists. */
export function isFhirDate(text: string): boolean {
  const parts = findParts(text)
  return parts !== undefined && parts.hour === undefined
}

/** @returns whether `text` is a FHIR `dateTime`: with a time, seconds and a zone are mandatory. */
export function isFhirDateTime(text: string): boolean {
  const parts = findParts(text)
  if (!parts) return false
  return parts.hour === undefined || (parts.second !== undefined && parts.zone !== undefined)
}

const optional = (digits: string | undefined): number | undefined =>
  digits === undefined ? undefined : Number(digits)

function isOnCalendar(year: number, month = 1, day = 1): boolean {
  if (year === 0 || month < 1 || month > 12 || day < 1) return false
  return day <= new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate()
}

function isOnClock(hour: number, minute: number, second = 0, zone = 'Z'): boolean {
  const [zoneHour = 0, zoneMinute = 0] = zone === 'Z' ? [] : zone.slice(1).split(':').map(Number)
  // Leap seconds exist, and FHIR allows them.
  return hour < 24 && minute < 60 && second <= 60 && zoneHour <= 14 && zoneMinute < 60
}

function wholeDays(year: number, month?: number, day?: number): DateInterval {
  const start = (y: number, m: number, d: number) => toInstant(utc(y, m, d), undefined)
  if (month === undefined) return { low: start(year, 0, 1), high: start(year + 1, 0, 1) }
  if (day === undefined) return { low: start(year, month - 1, 1), high: start(year, month, 1) }
  return { low: start(year, month - 1, day), high: start(year, month - 1, day + 1) }
}

/** `Date.UTC` reads the years 0 to 99 as 1900 to 1999; `setUTCFullYear` does not. */
function utc(year: number, month: number, day: number): number {
  return new Date(0).setUTCFullYear(year, month, day)
}

function timePrecisionMs(second: string | undefined, fraction: string | undefined): number {
  if (second === undefined) return 60_000
  return fraction === undefined ? 1000 : 1
}

function toInstant(wall: number, zone: string | undefined): number {
  if (zone === 'Z') return wall
  if (zone === undefined) return wall - londonOffsetMs(wall)
  const [hours, minutes] = zone.slice(1).split(':').map(Number) as [number, number]
  const offset = (hours * 60 + minutes) * 60_000
  return zone.startsWith('-') ? wall + offset : wall - offset
}

/** @param instant ms since 1970. @returns the day it then is in London, `YYYY-MM-DD`. */
export const londonDay = (instant: number): string =>
  new Date(instant + offsetAt(instant)).toISOString().slice(0, 10)

const london = new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/London', timeZoneName: 'longOffset' })

/** How far London's wall clock is ahead of UTC at that wall-clock time; in the hour that occurs twice, the first. */
function londonOffsetMs(wall: number): number {
  const guess = offsetAt(wall)
  return offsetAt(wall - guess) === guess ? guess : offsetAt(wall - 3_600_000)
}

const hourMs = 3_600_000
/** Asking Intl takes microseconds, and records name the same days again and again. */
const offsets = new Map<number, number>()
const keptOffsets = 50_000

/** London's clock changes on the hour, so one answer holds for the whole of it. */
function offsetAt(instant: number): number {
  const hour = Math.floor(instant / hourMs)
  const known = offsets.get(hour)
  if (known !== undefined) return known
  const offset = readOffset(hour * hourMs)
  if (offsets.size >= keptOffsets) offsets.clear()
  offsets.set(hour, offset)
  return offset
}

function readOffset(instant: number): number {
  const name = london.formatToParts(instant).find((part) => part.type === 'timeZoneName')?.value ?? 'GMT'
  const match = /GMT([+-])(\d{2}):(\d{2})(?::(\d{2}))?/.exec(name)
  if (!match) return 0
  const ms = (Number(match[2]) * 3600 + Number(match[3]) * 60 + Number(match[4] ?? 0)) * 1000
  return match[1] === '-' ? -ms : ms
}
