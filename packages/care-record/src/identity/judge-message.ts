import type { ClaimedSubject, QuarantineReason } from '@chesil/contracts'
import type { Patient } from '@chesil/fhir'
import { compareDemographics } from './compare-demographics.ts'
import { isConfirmed, type KnownAs } from './is-somebody-else.ts'

/** What is known of whom a message is about. */
export interface KnownPerson {
  /** NHS numbers that PDS gave them, present and past; none while nobody knows who they are. */
  readonly nhsNumbers: readonly string[]
  /** As PDS last had them; absent for somebody restricted, or not traced. */
  readonly demographics: Pick<Patient, 'birthDate' | 'name' | 'gender'> | undefined
  /** With which PDS has agreed at some time. */
  readonly confirmed: readonly KnownAs[]
}

/**
 * Why a message must not land with the person its sender's number leads to: its demographics, or its NHS number,
 * are somebody else's. A mix-up of twins, and one of two patients' stickers, look like this; whose name PDS has changed
 * since it agreed does not, though their source may not have heard of it yet.
 *
 * @param named What PDS says of the NHS number that the message names; absent where it names none, or PDS was not
 *   asked yet.
 * @returns nothing for a message that may land.
 */
export function whyQuarantined(
  subject: ClaimedSubject,
  person: KnownPerson,
  named: KnownPerson['demographics']
): Extract<QuarantineReason, 'other-nhs-number' | 'other-demographics'> | undefined {
  const isKnown = person.nhsNumbers.length > 0
  if (isKnown && subject.nhsNumber && !person.nhsNumbers.includes(subject.nhsNumber))
    return 'other-nhs-number'
  const verdict = person.demographics && compareDemographics(subject, person.demographics)
  const isAnother = verdict === 'twin' || verdict === 'differs'
  if (isAnother && !isConfirmed(subject, person.confirmed)) return 'other-demographics'
  const isTwin = !isKnown && named !== undefined && compareDemographics(subject, named) === 'twin'
  return isTwin ? 'other-demographics' : undefined
}
