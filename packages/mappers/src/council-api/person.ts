import type { ContributionEntry, RefusalReason } from '@chesil/contracts'
import { defined, findNhsNumber, isFhirDate, type Patient, systems } from '@chesil/fhir'
import { itemMeta } from '../item-meta.ts'
import { type Json, some, texts, word } from '../json.ts'
import type { CouncilContext } from './context.ts'
import { findId, nameOfPerson } from './read-answer.ts'

/** Whom the answer is about, once it is certain that it is who was asked about. */
export interface CouncilSubject {
  /** The council's own number of them. */
  readonly laPersonId: string
  readonly claim: Patient
}

/** @returns why nothing of the answer may be used, where it may be about somebody else. */
export function findSubject(person: Json, context: CouncilContext): CouncilSubject | RefusalReason {
  const laPersonId = findId({ id: person['laPersonId'] })
  const nhsNumber = findNhsNumber(word(person['nhsNumber']) ?? '')
  if (laPersonId === undefined || nhsNumber === undefined) return 'no-person'
  if (!context.person.nhsNumbers.includes(nhsNumber)) return 'wrong-person'
  const birthDate = word(person['birthDate'])
  const family = word(person['family'])
  const given = texts(person['given'])
  const verdict = context.judge(defined({ birthDate, family, given: some(given) }))
  if (verdict !== 'agrees') return verdict === 'insufficient' ? 'no-person' : 'wrong-person'
  const gender = genders.find((one) => one === word(person['gender'])?.toLowerCase())
  const claim: Patient = defined({
    resourceType: 'Patient' as const,
    id: context.resourceId('Patient', nameOfPerson(laPersonId)),
    meta: itemMeta(context.source, 'Patient', ['demographics'], ['sourceClaim']),
    identifier: [
      { system: systems.nhsNumber, value: nhsNumber },
      { system: context.source.patientNumberSystem, value: laPersonId }
    ],
    name: family === undefined && given.length === 0 ? undefined : [defined({ family, given: some(given) })],
    gender,
    birthDate: birthDate !== undefined && isFhirDate(birthDate) ? birthDate : undefined,
    link: [{ other: { reference: `Patient/${context.patientId}` }, type: 'refer' as const }]
  })
  return { laPersonId, claim }
}

const genders = ['female', 'male', 'other', 'unknown'] as const

/** The person as the council knows them: a claim beside what PDS says, linked to Chesil's Patient and no other. */
export const toClaim = ({ laPersonId, claim }: CouncilSubject): ContributionEntry => ({
  resourceType: 'Patient',
  sourceResourceId: nameOfPerson(laPersonId),
  resource: claim,
  sections: ['demographics']
})
