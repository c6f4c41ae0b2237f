import { toDateTime } from '../date-time.ts'
import { type Segment, text } from '../message.ts'
import { keepAsText, type Reading } from './reading.ts'

/** A time that a field gives. One that is on no calendar is kept as text. */
export function dateTime(
  segment: Segment | undefined,
  number: number,
  label: string,
  reading: Reading
): string | undefined {
  const given = text(segment, number)
  const found = toDateTime(given)
  if (found === undefined) keepAsText(given, label, reading)
  return found
}
