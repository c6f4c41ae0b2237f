import { findDateInterval, isFhirDateTime } from '@chesil/fhir'
import { toDateTime } from '../date-time.ts'
import { isInOrder } from '../elements/period.ts'
import { keepAsText, type Reading } from '../elements/reading.ts'
import { firstOf, type Message, type Segment, text } from '../message.ts'

export interface Times {
  /** FHIR instants; both or neither. */
  readonly start?: string
  readonly end?: string
  /** Where only the day is known. */
  readonly day?: string
  readonly minutes?: number
}

/** Where a start may stand, best first: segment, field, component. */
const starts = [
  ['TQ1', 7, 1],
  ['SCH', 11, 4],
  ['AIS', 4, 1],
  ['AIG', 8, 1],
  ['AIL', 6, 1],
  ['AIP', 6, 1]
] as const
const ends = [
  ['TQ1', 8, 1],
  ['SCH', 11, 5]
] as const
/** Where a duration stands, and its unit. */
const durations = [
  ['SCH', 9, 10],
  ['AIS', 7, 8],
  ['AIG', 11, 12],
  ['AIL', 9, 10],
  ['AIP', 9, 10]
] as const

/**
 * When an appointment is. FHIR wants an end with every start: it follows from the duration; where that is not known
 * either it is the start, and the item says so.
 */
export function timesOf(message: Message, reading: Reading): Times {
  const minutes = minutesOf(message)
  const duration = minutes === undefined ? {} : { minutes }
  const start = findTime(message, starts, 'Start', reading)
  if (start === undefined) return duration
  if (!start.includes('T')) return { ...duration, day: start }
  const end = findTime(message, ends, 'End', reading)
  if (end?.includes('T') && isInOrder(start, end)) return { ...duration, start, end }
  if (minutes !== undefined) return { ...duration, start, end: later(start, minutes) }
  reading.unread.push('When it ends was not recorded')
  return { start, end: start }
}

function findTime(
  { segments }: Message,
  places: readonly (readonly [string, number, number])[],
  label: string,
  reading: Reading
): string | undefined {
  for (const [name, field, component] of places) {
    const given = text(firstOf(segments, name), field, component)
    const found = toDateTime(given)
    if (found !== undefined) return found
    keepAsText(given, label, reading)
  }
  return undefined
}

/** Minutes of a unit, by its first letter; without a unit they are minutes. */
const unitMinutes: ReadonlyMap<string, number> = new Map([
  ['S', 1 / 60],
  ['M', 1],
  ['H', 60],
  ['D', 1440]
])

function minutesOf({ segments }: Message): number | undefined {
  for (const [name, field, unitField] of durations) {
    const minutes = durationOf(firstOf(segments, name), field, unitField)
    if (minutes !== undefined) return minutes
  }
  return undefined
}

/** A month; what says more is no appointment. */
const longestMinutes = 31 * 1440

/** @returns whole minutes, at least one. */
function durationOf(segment: Segment | undefined, field: number, unitField: number): number | undefined {
  const amount = /^\d{1,6}(\.\d{1,6})?$/.exec(text(segment, field) ?? '')?.[0]
  const unit = unitMinutes.get((text(segment, unitField)?.toUpperCase() ?? 'M').charAt(0))
  const minutes = amount === undefined || unit === undefined ? 0 : Math.round(Number(amount) * unit)
  return minutes > 0 && minutes <= longestMinutes ? minutes : undefined
}

/** An instant in the zone of `start`. */
function later(start: string, minutes: number): string {
  const from = findDateInterval(start)?.low ?? 0
  const zone = /([+-]\d{2}):(\d{2})$/.exec(start)
  const offset = zone ? Number(zone[1]) * 60 + Number(`${zone[1]?.charAt(0)}${zone[2]}`) : 0
  const wall = new Date(from + (minutes + offset) * 60_000).toISOString().slice(0, 19)
  const found = `${wall}${zone?.[0] ?? 'Z'}`
  return isFhirDateTime(found) ? found : start
}
