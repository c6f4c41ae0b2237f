import type { ContributionEntry } from '@chesil/contracts'
import { systems } from '@chesil/fhir'
import { newReading } from '../elements/reading.ts'
import { plainText, type Segment, text } from '../message.ts'
import { type Group, personKey, personReference } from './group.ts'
import { deletionEntry, eventEntry, nameOf, newTelling, type Told } from './telling.ts'

/** What senders write where somebody has no allergy: of drugs, and of anything. */
const ofDrugs = /^(nkda|(no|nil) (known )?drug allerg(y|ies)( known)?)\.?$/i
const ofAnything = /^(nka|((no|nil) (known )?allerg(y|ies)( known)?)|(none|nil) known)\.?$/i

const noDrugAllergy = { code: '409137002', display: 'No known drug allergy' }
const noAllergy = { code: '716186003', display: 'No known allergy' }
type Statement = typeof noAllergy

/** @returns which statement AL1-3 is; `undefined` where it names a substance. */
export function findStatement(segment: Segment): Statement | undefined {
  const given = [text(segment, 3), text(segment, 3, 2, 0), plainText(segment, 3)]
  const says = (code: string, words: RegExp) =>
    given.some((one) => one !== undefined && (one === code || words.test(one)))
  if (says(noDrugAllergy.code, ofDrugs)) return noDrugAllergy
  return says(noAllergy.code, ofAnything) ? noAllergy : undefined
}

const toTold = (group: Group, { code, display }: Statement, words = display): Told => ({
  resourceType: 'AllergyIntolerance',
  key: nameOf(personKey(group), 'allergy', 'none-known'),
  sections: ['allergies'],
  base: {
    clinicalStatus: { coding: [{ system: systems.allergyClinical, code: 'active' }] },
    verificationStatus: { coding: [{ system: systems.allergyVerification, code: 'unconfirmed' }] },
    code: { coding: [{ system: systems.snomed, code, display }], text: words },
    patient: personReference(group)
  }
})

/**
 * That no allergy is known. A statement is never more than unconfirmed: the sender may repeat it beside an allergy that
 * it has named before, which nothing in the message tells.
 */
export function noneKnown(segment: Segment, statement: Statement, group: Group): ContributionEntry {
  const words = text(segment, 3, 2, 0) ?? text(segment, 3)
  const reading = newReading(group.message, group.context)
  return eventEntry(toTold(group, statement, words), newTelling(), group, reading)
}

/** That some allergy is: what was said of none before is no longer so. */
export const someKnown = (group: Group): ContributionEntry =>
  deletionEntry(toTold(group, noAllergy), group, newReading(group.message, group.context))
