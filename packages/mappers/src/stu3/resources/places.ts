import {
  type Address,
  type ContactPoint,
  defined,
  type Extension,
  type HealthcareService,
  type Location,
  type Organization,
  ukCoreExtension
} from '@chesil/fhir'
import { decimal, flag, type Json, one, some, text, texts } from '../../json.ts'
import { findCode, same, toConcept, toConcepts } from '../elements/coding.ts'
import { extensionsOf } from '../elements/extensions.ts'
import { toIdentifiers } from '../elements/identifiers.ts'
import { toAddress, toAddresses, toContactPoints } from '../elements/people.ts'
import { organisations, targets, toReference, toReferences } from '../elements/references.ts'
import type { Item } from '../item.ts'

const locations = targets('Location')

/** R4 wants a name or an identifier (org-1). @see https://simplifier.net/hl7fhirukcorer4/ukcore-organization */
export function toOrganization(source: Json, item: Item): Organization {
  const identifier = toIdentifiers(source['identifier'], item)
  const name = text(source['name'])
  if (identifier === undefined && name === undefined) item.unread.push('Name was not recorded')
  const main = extensionsOf(source).get('mainlocation')?.[0]?.['valueReference']
  const valueReference = toReference(main, item, locations)
  const extension: Extension[] = valueReference
    ? [{ url: ukCoreExtension('MainLocation'), valueReference }]
    : []
  return defined({
    resourceType: 'Organization' as const,
    extension: some(extension),
    identifier,
    active: flag(source['active']),
    type: toConcepts(source['type'], 'Type', item),
    name: name ?? (identifier === undefined ? 'Not recorded' : undefined),
    alias: some(texts(source['alias'])),
    telecom: toContactPoints(source['telecom'], item)?.map(withoutHome),
    address: toAddresses(source['address'], item)?.map(withoutHome),
    partOf: toReference(source['partOf'], item, organisations)
  })
}

/** An organisation has no home (org-2, org-3). */
function withoutHome<T extends Address | ContactPoint>(contact: T): T {
  if (contact.use !== 'home') return contact
  const { use: _, ...rest } = contact
  return rest as T
}

const statuses = same('active', 'suspended', 'inactive')
const modes = same('instance', 'kind')

/** @see https://simplifier.net/hl7fhirukcorer4/ukcore-location */
export function toLocation(source: Json, item: Item): Location {
  return defined({
    resourceType: 'Location' as const,
    identifier: toIdentifiers(source['identifier'], item),
    status: findCode(source['status'], statuses, { label: 'Status', item }),
    name: text(source['name']),
    alias: some(texts(source['alias'])),
    description: text(source['description']),
    mode: findCode(source['mode'], modes, { label: 'Mode', item }),
    type: toConcepts(source['type'], 'Type', item),
    telecom: toContactPoints(source['telecom'], item),
    address: toAddress(one(source['address']), item),
    physicalType: toConcept(source['physicalType'], 'Kind of place', item),
    position: toPosition(source['position']),
    managingOrganization: toReference(source['managingOrganization'], item, organisations),
    partOf: toReference(source['partOf'], item, locations)
  })
}

function toPosition(value: unknown): Location['position'] {
  const source = one(value)
  const longitude = decimal(source?.['longitude'])
  const latitude = decimal(source?.['latitude'])
  return longitude === undefined || latitude === undefined ? undefined : { longitude, latitude }
}

/** @see https://simplifier.net/hl7fhirukcorer4/ukcore-healthcareservice */
export function toHealthcareService(source: Json, item: Item): HealthcareService {
  return defined({
    resourceType: 'HealthcareService' as const,
    identifier: toIdentifiers(source['identifier'], item),
    active: flag(source['active']),
    providedBy: toReference(source['providedBy'], item, organisations),
    category: toConcepts(source['category'], 'Category', item),
    type: toConcepts(source['type'], 'Type', item),
    specialty: toConcepts(source['specialty'], 'Specialty', item),
    location: toReferences(source['location'], item, locations),
    name: text(source['name']),
    comment: text(source['comment']),
    extraDetails: text(source['extraDetails']),
    telecom: toContactPoints(source['telecom'], item)
  })
}
