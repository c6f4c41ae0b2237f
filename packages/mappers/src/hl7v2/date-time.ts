import { type DateInterval, findDateInterval, isFhirDate, isFhirDateTime } from '@chesil/fhir'

const pattern =
  /^(\d{4})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:\.(\d{1,9}))?)?)?)?)?)?([+-]\d{4})?$/

/**
 * HL7 `YYYY[MM[DD[HH[MM[SS[.S[S[S[S]]]]]]]]][+/-ZZZZ]` as a FHIR dateTime of the same precision, save that FHIR's
 * times have minutes, seconds and a zone: what is missing of these is 0, and Europe/London's.
 *
 * @returns `undefined` for what is no such date, or is on no calendar or clock.
 */
export function toDateTime(value: string | undefined): string | undefined {
  const match = pattern.exec(value?.trim() ?? '')
  if (!match) return undefined
  const [, year, month, day, hour, minute = '00', second = '00', fraction, zone] = match
  const date = [year, month, day].filter((part) => part !== undefined).join('-')
  if (hour === undefined) return isFhirDate(date) ? date : undefined
  const time = `${date}T${hour}:${minute}:${second}${fraction === undefined ? '' : `.${fraction}`}`
  const written = zone === undefined ? londonZone(time) : `${zone.slice(0, 3)}:${zone.slice(3)}`
  const found = `${time}${written}`
  return isFhirDateTime(found) ? found : undefined
}

/** The day, month or year of a date, without the time. */
export function toDate(value: string | undefined): string | undefined {
  return toDateTime(value)?.slice(0, 10)
}

/**
 * What a time may mean, in milliseconds since 1970, as far as it is precise.
 *
 * @returns `undefined` where `toDateTime` finds none.
 */
export function toInterval(value: string | undefined): DateInterval | undefined {
  const text = value?.trim() ?? ''
  const found = toDateTime(text)
  const interval = found === undefined ? undefined : findDateInterval(found)
  const digits = /^\d+/.exec(text)?.[0].length ?? 0
  if (!interval) return undefined
  if (digits === 10) return { ...interval, high: interval.low + 3_600_000 }
  return digits === 12 ? { ...interval, high: interval.low + 60_000 } : interval
}

function londonZone(time: string): string {
  const instant = findDateInterval(time)?.low
  if (instant === undefined) return 'Z'
  const minutes = Math.round(
    (Date.parse(`${time.slice(0, 19)}Z`) - Math.floor(instant / 1000) * 1000) / 60_000
  )
  const two = (number: number) => String(number).padStart(2, '0')
  const size = Math.abs(minutes)
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`
}
