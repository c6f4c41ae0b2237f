import { type CodeableConcept, defined, type Flag } from '@chesil/fhir'
import { isDenial } from '../denial.ts'
import type { CareEntry } from './care-entries.ts'
import { datesIn, isPast } from './dates.ts'
import type { Document } from './document.ts'
import { type Draft, toNarrative } from './draft.ts'
import { labelsOfEntry } from './labels.ts'
import { findProfessional } from './professionals.ts'
import { allWords, conceptOf, findPart, hasUnread, linesOf, saidIn } from './question.ts'
import { toHeading } from './words.ts'

/** The question that says what it is about. */
const subjects = ['alert', 'risk', 'safeguardingconcerns']
const starts = /startdate|^safeguardingconcernsdate$/
const ends = /enddate/
/** In force by being recorded: the heading says what it is, the answers since when. */
const plans: ReadonlySet<string> = new Set([
  'childprotectionplan',
  'lookedafterchild',
  'unbornchildprotectionplan'
])

/**
 * Alerts, risks and safeguarding. An answer that there is none raises no flag; it stays in the response.
 *
 * @see https://simplifier.net/hl7fhirukcorer4/ukcore-flag
 */
export const toFlags = (document: Document): Draft[] =>
  document.entries
    .filter(({ role }) => role === 'alerts' || role === 'risks' || role === 'safeguarding')
    .flatMap((entry) => toFlag(entry, document))

function toFlag(entry: CareEntry, { personId, today }: Document): Draft[] {
  const { parts, title } = entry
  const code = codeOf(entry)
  if (code === undefined) return []
  const { period, isUnread } = datesIn(parts, starts, ends)
  const author = findProfessional(parts, 'personcompletingrecord', 'performingprofessional')
  const body = defined({
    text: toNarrative(linesOf(parts)),
    status: isPast(period?.end, today) ? ('inactive' as const) : ('active' as const),
    category: [{ text: title }],
    code,
    subject: { reference: `Patient/${personId}` as const },
    period,
    author: author === undefined ? undefined : { display: author }
  }) satisfies Omit<Flag, 'resourceType'>
  return [
    {
      resourceType: 'Flag',
      key: `${title}|${code.text}|${period?.start ?? ''}`,
      sections: ['alerts'],
      labels: labelsOfEntry(entry),
      isDegraded: isUnread || parts.some(hasUnread),
      body
    }
  ]
}

function codeOf({ title, parts }: CareEntry): CodeableConcept | undefined {
  if (plans.has(toHeading(title))) return { text: title }
  const subject = findPart(parts, ...subjects)
  const concept = subject && conceptOf(subject)
  if (concept?.text !== undefined) return isDenial(concept.text) ? undefined : concept
  const indicator = saidIn(parts, 'safeguardingindicator')
  if (indicator !== undefined) return isDenial(indicator) ? undefined : { text: title }
  const lines = linesOf(parts)
  const words = lines.length === 1 ? allWords(parts) : lines
  return words.every(isDenial) ? undefined : { text: words.join('; ') }
}
