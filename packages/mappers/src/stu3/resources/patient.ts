import {
  type Coding,
  defined,
  type Extension,
  type Patient,
  type PatientCommunication,
  type PatientContact,
  ukCoreExtension
} from '@chesil/fhir'
import { count, each, flag, type Json, many, one, some, word } from '../../json.ts'
import { findCode, toConcept, toConcepts } from '../elements/coding.ts'
import { toDate, toDateTime, toPeriod } from '../elements/dates.ts'
import { extensionsOf } from '../elements/extensions.ts'
import { toIdentifier } from '../elements/identifiers.ts'
import {
  genders,
  toAddress,
  toAddresses,
  toContactPoints,
  toHumanName,
  toHumanNames
} from '../elements/people.ts'
import { organisations, targets, toReference, toReferences } from '../elements/references.ts'
import type { Item } from '../item.ts'
import { toCommunication } from './communication.ts'

const generalPractitioners = targets('Practitioner', 'PractitionerRole', 'Organization')
const verification = 'https://fhir.hl7.org.uk/CodeSystem/UKCore-NHSNumberVerificationStatusEngland'

/**
 * What the practice holds about the person: a claim, beside what PDS says. It links to Chesil's Patient and
 * to no other: whom a record belongs to is not decided by what a practice links.
 *
 * @see https://simplifier.net/hl7fhirukcorer4/ukcore-patient
 */
export function toPatient(source: Json, item: Item): Patient {
  const extensions = extensionsOf(source)
  const communications = extensions.get('nhscommunication') ?? []
  const death = toDeath(source, item)
  return defined({
    resourceType: 'Patient' as const,
    extension: some([...toExtensions(extensions, communications, item), ...unconfirmed(death)]),
    identifier: each(source['identifier'], (identifier) => toNumber(identifier, item)),
    active: flag(source['active']),
    name: toHumanNames(source['name'], item),
    telecom: toContactPoints(source['telecom'], item),
    gender: findCode(source['gender'], genders, { label: 'Gender', item }),
    birthDate: toDate(source['birthDate'], 'Birth date', item),
    ...death,
    address: toAddresses(source['address'], item),
    maritalStatus: toConcept(source['maritalStatus'], 'Marital status', item),
    ...toMultipleBirth(source),
    contact: each(source['contact'], (contact) => toContact(contact, item)),
    communication: toLanguages(communications, item),
    generalPractitioner: toReferences(source['generalPractitioner'], item, generalPractitioners),
    managingOrganization: toReference(source['managingOrganization'], item, organisations),
    link: [{ other: { reference: `Patient/${item.answer.context.patientId}` }, type: 'refer' as const }]
  })
}

function toNumber(source: Json, item: Item) {
  const identifier = toIdentifier(source, item)
  if (identifier === undefined) return undefined
  const stated = extensionsOf(source).get('nhsnumberverificationstatus')?.[0]?.['valueCodeableConcept']
  const status = toConcept(stated, 'Verification of the NHS number', item)
  for (const coding of status?.coding ?? []) coding.system = verification
  const url = ukCoreExtension('NHSNumberVerificationStatus')
  return status ? { extension: [{ url, valueCodeableConcept: status }], ...identifier } : identifier
}

type Death = Pick<Patient, 'deceasedDateTime' | 'deceasedBoolean'>

/**
 * Only the registrar's notice, by way of PDS, confirms a death: what a practice says of one is informal.
 *
 * @see https://simplifier.net/hl7fhirukcorer4/extension-ukcore-deathnotificationstatus
 */
function unconfirmed({ deceasedDateTime, deceasedBoolean }: Death): Extension[] {
  if (deceasedDateTime === undefined && deceasedBoolean !== true) return []
  const informal = {
    system: 'https://fhir.hl7.org.uk/CodeSystem/UKCore-DeathNotificationStatus',
    code: '1',
    display:
      'Informal - death notice received via an update from a local NHS Organisation such as GPs or Trusts'
  }
  return [
    {
      url: ukCoreExtension('DeathNotificationStatus'),
      extension: [{ url: 'deathNotificationStatus', valueCodeableConcept: { coding: [informal] } }]
    }
  ]
}

function toDeath(source: Json, item: Item): Death {
  const deceasedDateTime = toDateTime(source['deceasedDateTime'], 'Died', item)
  if (deceasedDateTime !== undefined) return { deceasedDateTime }
  // A date that could not be read is still a death.
  const isDead = word(source['deceasedDateTime']) !== undefined
  return defined({ deceasedBoolean: isDead ? true : flag(source['deceasedBoolean']) })
}

function toMultipleBirth(source: Json): Pick<Patient, 'multipleBirthInteger' | 'multipleBirthBoolean'> {
  const multipleBirthInteger = count(source['multipleBirthInteger'])
  return multipleBirthInteger === undefined
    ? defined({ multipleBirthBoolean: flag(source['multipleBirthBoolean']) })
    : { multipleBirthInteger }
}

/** R4 wants a contact to have a name, an address or a number (pat-1). */
function toContact(source: Json, item: Item): PatientContact | undefined {
  const name = one(source['name'])
  const contact = defined({
    relationship: toConcepts(source['relationship'], 'Relationship', item),
    name: name && toHumanName(name, item),
    telecom: toContactPoints(source['telecom'], item),
    address: toAddress(one(source['address']), item),
    gender: findCode(source['gender'], genders, { label: 'Gender of a contact', item }),
    organization: toReference(source['organization'], item, organisations),
    period: toPeriod(source['period'], 'Contact', item)
  })
  return (contact.name ?? contact.telecom ?? contact.address ?? contact.organization) ? contact : undefined
}

/** R4's own element, and CareConnect's extension. */
function toLanguages(extensions: readonly Json[], item: Item): PatientCommunication[] | undefined {
  return some(extensions.flatMap((extension) => toCommunication(extension, item) ?? []))
}

const coded: ReadonlyMap<string, string> = new Map([
  ['ethniccategory', 'EthnicCategory'],
  ['residentialstatus', 'ResidentialStatus']
])

/** The codes of one letter; UK Core retired the finer ones, which keep CareConnect's system. */
const englishEthnicCategory = /^[A-HJ-NPRSZ]$/

function nameEthnicCategory(coding: Coding): void {
  if (!coding.system?.endsWith('/CareConnect-EthnicCategory-1')) return
  if (englishEthnicCategory.test(coding.code ?? '')) {
    coding.system = 'https://fhir.hl7.org.uk/CodeSystem/UKCore-EthnicCategoryEngland'
  }
}

function toExtensions(
  found: ReadonlyMap<string, readonly Json[]>,
  communications: readonly Json[],
  item: Item
): Extension[] {
  const result: Extension[] = []
  for (const [name, ukCoreName] of coded) {
    const concept = toConcept(found.get(name)?.[0]?.['valueCodeableConcept'], ukCoreName, item)
    for (const coding of concept?.coding ?? []) nameEthnicCategory(coding)
    if (concept) result.push({ url: ukCoreExtension(ukCoreName), valueCodeableConcept: concept })
  }
  for (const communication of communications) {
    const needed = many(communication['extension']).find((part) => part['url'] === 'interpreterRequired')
    const isNeeded = flag(needed?.['valueBoolean'])
    if (isNeeded === undefined) continue
    const url = 'http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired'
    if (!result.some((extension) => extension.url === url)) result.push({ url, valueBoolean: isNeeded })
  }
  return result
}
