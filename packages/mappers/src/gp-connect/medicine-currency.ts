import { daysIn } from './elements/dates.ts'

/** What decides whether a medicine is being taken, as far as a GP's record says. Dates are FHIR dates, also partial. */
export interface MedicineFacts {
  /** R4 status of the statement. */
  readonly status: string
  /** From the plan that the statement is based on; absent where the record does not say. */
  readonly prescriptionType?: string
  /** The plan counts its repeats or says until when it is authorised: an acute one has no such thing. */
  readonly isRepeatable: boolean
  readonly authorisedUntil?: string
  readonly start?: string
  readonly end?: string
  readonly lastIssued?: string
}

export type Currency = 'current' | 'recent' | 'past'

const over = new Set(['stopped', 'completed', 'entered-in-error', 'not-taken'])
const lasting = new Set(['repeat', 'repeat-dispensing'])

/**
 * `recent`: issued once within the last twelve months, and nobody recorded whether it is over.
 *
 * GP Connect gives no end to what is active. A repeat without an end goes on; an acute prescription is
 * current on the day it starts. A record that does not say which of them it is counts as a repeat while
 * it is authorised, or where the plan counts repeats and sets no date, and else as an acute one from its
 * last issue.
 *
 * @param today A FHIR date.
 * @see https://developer.nhs.uk/apis/gpconnect-1-6-0/accessrecord_structured_development_medicationstatement.html
 */
export function currencyOf(facts: MedicineFacts, today: string): Currency {
  if (over.has(facts.status) || (facts.end !== undefined && lastDayOf(facts.end) < today)) return 'past'
  if (facts.end !== undefined || isLasting(facts, today)) return 'current'
  const start = startOf(facts)
  if (start === undefined) return 'recent'
  if (start === today) return 'current'
  return lastDayOf(start) < aYearBefore(today) ? 'past' : 'recent'
}

function isLasting(
  { prescriptionType, isRepeatable, authorisedUntil }: MedicineFacts,
  today: string
): boolean {
  if (prescriptionType !== undefined) return lasting.has(prescriptionType)
  return isRepeatable && (authorisedUntil === undefined || lastDayOf(authorisedUntil) >= today)
}

function startOf({ prescriptionType, start, lastIssued }: MedicineFacts): string | undefined {
  if (prescriptionType !== undefined || lastIssued === undefined) return start ?? lastIssued
  return start === undefined || start < lastIssued ? lastIssued : start
}

/** The last day that a partial date may mean. */
function lastDayOf(date: string): string {
  const [year = '', month = '12', day] = date.split('-')
  return `${year}-${month}-${day ?? String(daysIn(Number(year), Number(month))).padStart(2, '0')}`
}

/** The same day of last year; of 29 February, the 28th. */
function aYearBefore(day: string): string {
  const year = String(Number(day.slice(0, 4)) - 1).padStart(4, '0')
  return day.endsWith('-02-29') ? `${year}-02-28` : `${year}${day.slice(4)}`
}

/** What a reader sees beside a medicine whose end nobody recorded. */
export function currencyNote(currency: Currency, facts: MedicineFacts): string | undefined {
  if (over.has(facts.status) || facts.end !== undefined || currency === 'current') return undefined
  return currency === 'recent' ? 'Recent, end not recorded' : 'Past, end not recorded'
}
