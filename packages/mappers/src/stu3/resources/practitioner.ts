import {
  defined,
  type Practitioner,
  type PractitionerQualification,
  type PractitionerRole
} from '@chesil/fhir'
import { each, flag, type Json, some } from '../../json.ts'
import { findCode, toConcept, toConcepts } from '../elements/coding.ts'
import { toPeriod } from '../elements/dates.ts'
import { extensionsOf } from '../elements/extensions.ts'
import { toIdentifiers } from '../elements/identifiers.ts'
import { genders, toAddresses, toContactPoints, toHumanNames } from '../elements/people.ts'
import { organisations, targets, toReference, toReferences } from '../elements/references.ts'
import type { Item } from '../item.ts'
import { toLanguage } from './communication.ts'

/** @see https://simplifier.net/hl7fhirukcorer4/ukcore-practitioner */
export function toPractitioner(source: Json, item: Item): Practitioner {
  const spoken = extensionsOf(source).get('nhscommunication') ?? []
  const languages = [
    ...(toConcepts(source['communication'], 'Language', item) ?? []),
    ...spoken.flatMap((extension) => toLanguage(extension, item) ?? [])
  ]
  return defined({
    resourceType: 'Practitioner' as const,
    identifier: toIdentifiers(source['identifier'], item),
    active: flag(source['active']),
    name: toHumanNames(source['name'], item),
    telecom: toContactPoints(source['telecom'], item),
    address: toAddresses(source['address'], item),
    gender: findCode(source['gender'], genders, { label: 'Gender', item }),
    qualification: each(source['qualification'], (qualification) => toQualification(qualification, item)),
    communication: some(languages)
  })
}

function toQualification(source: Json, item: Item): PractitionerQualification | undefined {
  const code = toConcept(source['code'], 'Qualification', item)
  if (code === undefined) return undefined
  return defined({
    identifier: toIdentifiers(source['identifier'], item),
    code,
    period: toPeriod(source['period'], 'Qualification', item),
    issuer: toReference(source['issuer'], item, organisations)
  })
}

/**
 * Nobody names a role: it stands where its practitioner does.
 *
 * @see https://simplifier.net/hl7fhirukcorer4/ukcore-practitionerrole
 */
export function toPractitionerRole(source: Json, item: Item): PractitionerRole {
  return defined({
    resourceType: 'PractitionerRole' as const,
    identifier: toIdentifiers(source['identifier'], item),
    active: flag(source['active']),
    period: toPeriod(source['period'], 'Role', item),
    practitioner: toReference(source['practitioner'], item, targets('Practitioner'), { bond: 'whole' }),
    organization: toReference(source['organization'], item, organisations),
    code: toConcepts(source['code'], 'Role', item),
    specialty: toConcepts(source['specialty'], 'Specialty', item),
    location: toReferences(source['location'], item, targets('Location')),
    healthcareService: toReferences(source['healthcareService'], item, targets('HealthcareService')),
    telecom: toContactPoints(source['telecom'], item)
  })
}
