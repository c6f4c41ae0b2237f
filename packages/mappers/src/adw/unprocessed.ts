import type { QuarantinedItem, Section } from '@chesil/contracts'
import { admittingDiagnosisOf } from './encounter.ts'
import type { AdwMessage } from './message.ts'

const unprocessed = (
  resourceType: string,
  expression: string,
  section: Section = 'assessments'
): QuarantinedItem => ({ reason: 'unprocessed-message', resourceType, sections: [section], expression })

/** A message that Chesil keeps and does not understand: the reader is told. What is no code may be anything. */
export function unprocessedEvent({ eventCode = '' }: AdwMessage): QuarantinedItem {
  const which = /^\d{6,18}$/.test(eventCode) ? `.where(code = '${eventCode}')` : ''
  return unprocessed('MessageHeader', `MessageHeader.event${which}`)
}

/** An answer that says that its notice could not be processed answers nothing. */
export const unprocessedAnswer = (): QuarantinedItem =>
  unprocessed('MessageHeader', 'MessageHeader.response.code')

/** A request that cannot be told from others. */
export const unnumbered = (): QuarantinedItem => unprocessed('ReferralRequest', 'ReferralRequest.identifier')

/** What is read where a request or a stay names it, or says who or where. */
const read: ReadonlySet<string> = new Set([
  ...['MessageHeader', 'ReferralRequest', 'Patient', 'Encounter', 'Practitioner', 'Organization'],
  ...['Location', 'QuestionnaireResponse']
])

const sectionsByType: ReadonlyMap<string, Section> = new Map([
  ['Condition', 'problems'],
  ['MedicationStatement', 'medications'],
  ['AllergyIntolerance', 'allergies'],
  ['DocumentReference', 'documents']
])

/** Parts of a message that are not mapped, such as an attached document or medicines; each kind is told once. */
export function unprocessedParts(message: AdwMessage): QuarantinedItem[] {
  const { encounter, entries } = message
  const admitting = encounter && admittingDiagnosisOf(encounter, { message })
  const types = entries
    .filter((entry) => !read.has(entry.type) && entry.source !== admitting?.source)
    .map(({ type }) => type)
  const parts = [...new Set(types)].map((type) => unprocessed(type, type, sectionsByType.get(type)))
  return message.hasDocument
    ? [...parts, unprocessed('DocumentReference', 'Bundle.entry', 'documents')]
    : parts
}
