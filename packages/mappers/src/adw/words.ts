import {
  type CodeableConcept,
  type Coding,
  defined,
  findDateInterval,
  isFhirDateTime,
  londonDay
} from '@chesil/fhir'
import { each, isJson, text, uri, word } from '../json.ts'

const dayFormat = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'long',
  year: 'numeric',
  timeZone: 'UTC'
})

/** @param date FHIR dateTime. @returns e.g. `6 May 2017`; less than a day as it is. */
export function dayInWords(date: string): string {
  const interval = findDateInterval(date)
  if (interval === undefined || date.length < 10) return date
  const day = date.length === 10 ? date : londonDay(interval.low)
  return dayFormat.format(new Date(`${day}T00:00:00Z`))
}

const longestUnread = 500

/** A FHIR dateTime; what is none stays as text in `unread`. @param label As a reader would say it. */
export function dateTime(value: unknown, label: string, unread: string[]): string | undefined {
  const given = word(value)
  if (given === undefined || isFhirDateTime(given)) return given
  unread.push(`${label} as sent: ${given.slice(0, longestUnread)}`)
  return undefined
}

/** @see https://hl7.org/fhir/R4/datatypes.html#code */
const isCode = (value: string): boolean => /^\S+( \S+)*$/.test(value)

/** A concept with words to it: its text, else those of its code. */
export function concept(value: unknown): CodeableConcept | undefined {
  if (!isJson(value)) return undefined
  const coding = each(value['coding'], (source): Coding | undefined => {
    const code = word(source['code'])
    const found = defined({
      system: uri(source['system']),
      code: code !== undefined && isCode(code) ? code : undefined,
      display: text(source['display'])
    })
    return found.code === undefined && found.display === undefined ? undefined : found
  })
  const words = text(value['text']) ?? coding?.find(({ display }) => display !== undefined)?.display
  return coding === undefined && words === undefined ? undefined : defined({ coding, text: words })
}
