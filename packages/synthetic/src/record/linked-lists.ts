import type { Stu3Resource } from '../stu3.ts'

/**
 * Secondary lists say what else is in the answer because a consultation or a problem links to it.
 *
 * @see https://developer.nhs.uk/apis/gpconnect-1-6-2/accessrecord_structured_development_lists_for_message_structure.html
 */
export type Linking = 'consultations' | 'problems'

const contents: ReadonlyMap<string, string> = new Map([
  ['AllergyIntolerance', 'allergies'],
  ['MedicationStatement', 'medications'],
  ['Condition', 'problems'],
  ['Encounter', 'consultations'],
  ['Immunization', 'immunisations'],
  ['Observation', 'uncategorised-data'],
  ['DiagnosticReport', 'investigations'],
  ['ProcedureRequest', 'diary-entries'],
  ['DocumentReference', 'documents'],
  ['ReferralRequest', 'outbound-referrals']
])

/** @returns the code of the list that names the item, in `GPConnect-SecondaryListValues-1`. */
export function secondaryList(linking: Linking, { resourceType }: Stu3Resource): string {
  const content = contents.get(resourceType)
  if (content === undefined) throw new RangeError(`No secondary list holds a ${resourceType}`)
  if (linking === 'problems') return `problems-${content}-related-to-problems`
  // The one of them that is not "contained".
  if (content === 'outbound-referrals') return 'consultations-outbound-referrals-in-consultations'
  return `consultations-${content}-contained-in-consultations`
}

/** The list of problems that nobody asked for and that something else in the answer belongs to. */
export const otherProblems = 'problems-linked-problems-not-relating-to-the-primary-query'

/** @returns e.g. "Problems - medications related to problems" for `problems-medications-related-to-problems`. */
export function listTitle(code: string): string {
  const [linking = '', ...rest] = code.split('-')
  return `${linking.charAt(0).toUpperCase()}${linking.slice(1)} - ${rest.join(' ')}`
}
