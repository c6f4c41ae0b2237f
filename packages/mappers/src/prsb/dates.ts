import { defined, isFhirDate, type Period } from '@chesil/fhir'
import { dayOf } from '../stu3/elements/dates.ts'
import { inOrder, isAnswered, type Question, wordsOf } from './question.ts'

/** Days, as far as a period of them can be read. */
export interface Dates {
  readonly period?: Period
  /** A date is answered and cannot be read. */
  readonly isUnread: boolean
}

const british = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/

/** @returns a FHIR date; `undefined` for words that are none. */
export function toDay(words: string | undefined): string | undefined {
  const given = words?.trim() ?? ''
  const [, day = '', month = '', year = ''] = british.exec(given) ?? []
  const written = year === '' ? dayOf(given) : `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`
  return written !== undefined && isFhirDate(written) ? written : undefined
}

/** From the day that the first of `starts` asks for until that of the first of `ends`. */
export function datesIn(parts: readonly Question[], starts: RegExp, ends?: RegExp): Dates {
  const [start, end] = [starts, ends].map((pattern) => pattern && askedFor(parts, pattern))
  const [from, to] = [toDay(start), toDay(end)]
  const isBackwards = from !== undefined && to !== undefined && to < from.slice(0, to.length)
  const period = defined({ start: from, end: isBackwards ? undefined : to })
  return {
    ...(Object.keys(period).length > 0 && { period }),
    isUnread: isBackwards || (start !== undefined && !from) || (end !== undefined && !to)
  }
}

const askedFor = (parts: readonly Question[], pattern: RegExp): string | undefined =>
  inOrder(parts.filter((part) => pattern.test(part.heading) && isAnswered(part)))
    .map(wordsOf)
    .find((words) => words !== undefined)

/** A day that is over: an end on that very day is not. */
export const isPast = (day: string | undefined, today: string): boolean =>
  day !== undefined && day < today.slice(0, day.length)
