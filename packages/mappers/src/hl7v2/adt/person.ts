import type { ContributionEntry } from '@chesil/contracts'
import { type Identifier, type Patient, systems, ukCoreExtension } from '@chesil/fhir'
import { toDate, toDateTime } from '../date-time.ts'
import { concept } from '../elements/concepts.ts'
import { toOrganisation } from '../elements/identifiers.ts'
import { nhsConcept, nhsNumberStatuses, nhsTables } from '../elements/nhs-codes.ts'
import { contacts, names, practitioner } from '../elements/people.ts'
import { addresses } from '../elements/places.ts'
import { keepAsText, newReading, type Reading } from '../elements/reading.ts'
import { field, firstOf, isNull, part, plainText, type Segment, text } from '../message.ts'
import { genderOf, personNumbers } from '../subject.ts'
import { type Group, personKey, personReference } from './group.ts'
import { deletionEntry, eventEntry, nameOf, newTelling, type Telling, type Told, tell } from './telling.ts'

export const personSections = ['demographics'] as const

/**
 * The person as this source knows them: a claim, beside what PDS says.
 *
 * @see https://simplifier.net/hl7fhirukcorer4/ukcore-patient
 */
export function personEntry(group: Group): ContributionEntry {
  const reading = newReading(group.message, group.context)
  const told = toldPerson(group)
  if (group.trigger.deletes === 'person') return deletionEntry(told, group, reading)
  const telling = newTelling()
  const pid = firstOf(group.segments, 'PID')
  if (pid) {
    tellNumbers(telling, pid, reading)
    tellWho(telling, pid, reading)
    tellContacts(telling, pid)
    tellDeath(telling, pid, reading)
    tellBirth(telling, pid, reading)
    tellBackground(telling, pid, reading)
  }
  tellPractice(telling, firstOf(group.segments, 'PD1'), reading)
  return eventEntry(told, telling, group, reading)
}

const toldPerson = (group: Group): Told => ({
  resourceType: 'Patient',
  key: nameOf(personKey(group)),
  sections: personSections,
  tags: ['sourceClaim'],
  base: { link: [{ other: personReference(group), type: 'refer' }] }
})

/** The NHS number with what the source says of how it was checked (PID-32). */
function tellNumbers(telling: Telling, pid: Segment, { context }: Reading): void {
  const status = field(pid, 32)
    .map((value) => part(value) ?? '')
    .find(nhsNumberStatuses.isCode)
  const coding = { system: nhsNumberStatuses.system, code: status }
  const url = ukCoreExtension('NHSNumberVerificationStatus')
  const withStatus = (identifier: Identifier): Identifier =>
    identifier.system === systems.nhsNumber && status !== undefined
      ? {
          extension: [{ url, valueCodeableConcept: { coding: [coding as { code: string }] } }],
          ...identifier
        }
      : identifier
  const numbers = personNumbers(pid, context).map(withStatus)
  if (numbers.length > 0) telling.set['identifier'] = numbers
}

function tellWho(telling: Telling, pid: Segment, reading: Reading): void {
  tell(telling, 'name#1', [pid, 5], names(pid, 5))
  tell(telling, 'name#2', [pid, 9], names(pid, 9))
  const gender = genderOf(pid)
  if (gender === undefined) keepAsText(text(pid, 8), 'Sex', reading)
  tell(telling, 'gender', [pid, 8], gender)
}

function tellContacts(telling: Telling, pid: Segment): void {
  tell(telling, 'address', [pid, 11], addresses(pid, 11))
  for (const [number, use] of [
    [13, 'home'],
    [14, 'work'],
    [40, undefined]
  ] as const) {
    const found = contacts(pid, number, use)
    tell(telling, `telecom#${number}`, [pid, number], found.length > 0 ? found : undefined)
  }
}

/** Whether and when the person died, as this source has heard; PDS decides. What is no date in PID-29 says nothing. */
function tellDeath({ set, clear }: Telling, pid: Segment, reading: Reading): void {
  const given = text(pid, 29)
  const time = toDateTime(given)
  if (time === undefined) keepAsText(given, 'Died', reading)
  const said = text(pid, 30)?.toUpperCase()
  const isDead = said === 'Y' || time !== undefined
  if (time !== undefined) set['deceasedDateTime'] = time
  else if (isDead) set['deceasedBoolean'] = true
  if (time !== undefined || said === 'N' || isNull(pid, 30)) clear.add('deceasedBoolean')
  if (time === undefined && (isDead || said === 'N' || isNull(pid, 29))) clear.add('deceasedDateTime')
}

const placeOfBirth = 'http://hl7.org/fhir/StructureDefinition/patient-birthPlace'

function tellBirth(telling: Telling, pid: Segment, reading: Reading): void {
  const birthDate = toDate(text(pid, 7))
  if (birthDate === undefined) keepAsText(text(pid, 7), 'Birth date', reading)
  tell(telling, 'birthDate', [pid, 7], birthDate)
  const place = plainText(pid, 23)
  tell(telling, placeOfBirth, [pid, 23], place && { valueAddress: { text: place } })
  const order = /^[1-9]$/.exec(text(pid, 25) ?? '')?.[0]
  const said = text(pid, 24)?.toUpperCase()
  if (order !== undefined && said !== 'N') {
    telling.set['multipleBirthInteger'] = Number(order)
    telling.clear.add('multipleBirthBoolean')
  } else if (said === 'Y' || said === 'N') {
    telling.set['multipleBirthBoolean'] = said === 'Y'
    telling.clear.add('multipleBirthInteger')
  }
}

const religion = 'http://hl7.org/fhir/StructureDefinition/patient-religion'

function tellBackground(telling: Telling, pid: Segment, reading: Reading): void {
  const marital = nhsConcept([pid, 16], nhsTables.maritalStatus, 'Marital status', reading)
  tell(telling, 'maritalStatus', [pid, 16], marital)
  const ethnicity = nhsConcept([pid, 22], nhsTables.ethnicCategory, 'Ethnic category', reading)
  tell(
    telling,
    ukCoreExtension('EthnicCategory'),
    [pid, 22],
    ethnicity && { valueCodeableConcept: ethnicity }
  )
  const faith = concept(pid, 17, 'Religion', reading)
  tell(telling, religion, [pid, 17], faith && { valueCodeableConcept: faith })
  const language = languageOf(pid, reading)
  tell(telling, 'communication', [pid, 15], language && [{ language }])
}

/** A bare code of two letters is one of ISO 639-1. */
function languageOf(
  pid: Segment,
  reading: Reading
): NonNullable<Patient['communication']>[number]['language'] | undefined {
  const code = text(pid, 15)
  if (code === undefined || !/^[a-z]{2}$/i.test(code)) return concept(pid, 15, 'Language', reading)
  const words = text(pid, 15, 2, 0)
  return {
    coding: [{ system: 'urn:ietf:bcp:47', code: code.toLowerCase() }],
    ...(words !== undefined && { text: words })
  }
}

/** PD1-3 is the practice (name, and its ODS code in XON-3 or XON-10), PD1-4 the GP. */
function tellPractice(telling: Telling, pd1: Segment | undefined, reading: Reading): void {
  const gp = practitioner(pd1, 4, reading)
  tell(telling, 'generalPractitioner#1', [pd1, 4], gp && [gp])
  const practice = toOrganisation(text(pd1, 3, 10) ?? text(pd1, 3, 3), text(pd1, 3, 1, 0))
  tell(telling, 'generalPractitioner#2', [pd1, 3], practice && [{ type: 'Organization', ...practice }])
}
