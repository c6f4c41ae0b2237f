import { daysIn } from './elements/dates.ts'

/** What decides whether a medicine is being taken, as far as a GP's record says. Dates are FHIR dates, also partial. */
export interface MedicineFacts {
  /** R4 status of the statement, as it was sent. */
  readonly status: string
  /** Of the plan that the statement is based on; absent where the record does not say. */
  readonly planStatus?: string
  /** From that plan; absent where the record does not say. */
  readonly prescriptionType?: string
  /** The plan counts its repeats or says until when it is authorised: an acute one has no such thing. */
  readonly isRepeatable: boolean
  readonly authorisedUntil?: string
  readonly start?: string
  readonly end?: string
  /** By the statement or by the issues of its plan, whichever is later. */
  readonly lastIssued?: string
}

export type Currency = 'current' | 'recent' | 'past'

const over = new Set(['stopped', 'completed', 'entered-in-error', 'not-taken'])
const stopped = new Set(['stopped', 'cancelled'])
const lasting = new Set(['repeat', 'repeat-dispensing'])

/**
 * `recent`: issued once within the last twelve months, and nobody recorded whether it is over.
 *
 * GP Connect gives no end to what is active. A repeat without an end goes on; an acute prescription is
 * current on the day it starts or was last issued. A record that does not say which of them it is counts as a
 * repeat while it is authorised, or where the plan counts repeats and sets no date, and else as an acute one.
 *
 * What a practice stopped is past, whether it says so on the medicine or on its plan alone. Under a plan that
 * is completed nothing is issued any more: an active medicine of such a plan is recent or past by its last issue.
 *
 * @param today A FHIR date.
 * @see https://developer.nhs.uk/apis/gpconnect-1-6-0/accessrecord_structured_development_medicationstatement.html
 */
export function currencyOf(facts: MedicineFacts, today: string): Currency {
  if (over.has(facts.status) || isStoppedByPlan(facts) || hasEnded(facts, today)) return 'past'
  const isSpent = facts.planStatus === 'completed'
  if (!isSpent && (facts.end !== undefined || isLasting(facts, today))) return 'current'
  const latest = latestOf(facts)
  if (latest === undefined) return isSpent ? 'past' : 'recent'
  if (latest === today && !isSpent) return 'current'
  return lastDayOf(latest) < aYearBefore(today) ? 'past' : 'recent'
}

/**
 * @returns the last day on which the currency of today holds: after it the medicine is past. `undefined` where
 *   nothing sets such a day, and for what is past.
 */
export function currencyUntil(facts: MedicineFacts, today: string): string | undefined {
  const currency = currencyOf(facts, today)
  if (currency === 'past') return undefined
  const end = facts.end === undefined ? undefined : lastDayOf(facts.end)
  if (currency === 'current') return end
  const latest = latestOf(facts)
  const until = latest === undefined ? undefined : aYearAfter(lastDayOf(latest))
  return until === undefined || (end !== undefined && end < until) ? end : until
}

/** What has ended or was stopped is never active, whatever the statement says. */
export function settledStatus(facts: MedicineFacts, today: string): 'completed' | 'stopped' | undefined {
  if (facts.status !== 'active') return undefined
  if (isStoppedByPlan(facts)) return 'stopped'
  return hasEnded(facts, today) ? 'completed' : undefined
}

/**
 * What a reader sees beside a medicine that is not plainly current or over. The notes name days rather than
 * say how the medicine stands, so that they stay true.
 */
export function currencyNotes(facts: MedicineFacts, today: string): string[] {
  if (over.has(facts.status)) return []
  const isSettled = settledStatus(facts, today) !== undefined
  const isOpen = facts.end === undefined && !isSettled && currencyOf(facts, today) !== 'current'
  const isContradicted = isStoppedByPlan(facts) || facts.planStatus === 'completed'
  return [
    ...(isSettled ? [`Status as sent: ${facts.status}`] : []),
    ...(isOpen ? [openNote(facts)] : []),
    ...(isContradicted
      ? [`The medicine was sent as ${facts.status}, its prescription as ${facts.planStatus}`]
      : [])
  ]
}

function openNote(facts: MedicineFacts): string {
  const latest = latestOf(facts)
  if (latest === undefined) return 'End not recorded'
  return `${latest === facts.lastIssued ? 'Last issued' : 'From'} ${latest}, end not recorded`
}

const isStoppedByPlan = ({ planStatus = '' }: MedicineFacts): boolean => stopped.has(planStatus)

const hasEnded = ({ end }: MedicineFacts, today: string): boolean =>
  end !== undefined && lastDayOf(end) < today

function isLasting(
  { prescriptionType, isRepeatable, authorisedUntil }: MedicineFacts,
  today: string
): boolean {
  if (prescriptionType !== undefined) return lasting.has(prescriptionType)
  return isRepeatable && (authorisedUntil === undefined || lastDayOf(authorisedUntil) >= today)
}

const latestOf = ({ start, lastIssued }: MedicineFacts): string | undefined => laterOf(start, lastIssued)

/** Of two dates that may be absent; of a month and a day in it, the day. */
export const laterOf = (one: string | undefined, other: string | undefined): string | undefined =>
  one === undefined || (other !== undefined && one < other) ? other : one

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

/** The last day whose day a year before is not after this one; `undefined` after the last year of the calendar. */
function aYearAfter(day: string): string | undefined {
  const year = Number(day.slice(0, 4)) + 1
  if (year > 9999) return undefined
  const isEndOfFebruary = day.endsWith('-02-28') || day.endsWith('-02-29')
  return `${String(year).padStart(4, '0')}${isEndOfFebruary ? `-02-${daysIn(year, 2)}` : day.slice(4)}`
}
