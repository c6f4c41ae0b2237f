import { defined, type Specimen, type SpecimenCollection } from '@chesil/fhir'
import { type Json, one } from '../../json.ts'
import { toNotes } from '../elements/annotations.ts'
import { findCode, same, toConcept } from '../elements/coding.ts'
import { toDateTime, toPeriod } from '../elements/dates.ts'
import { toIdentifier, toIdentifiers } from '../elements/identifiers.ts'
import { toSimpleQuantity } from '../elements/quantity.ts'
import { practitioners, targets, toReference, toReferences } from '../elements/references.ts'
import type { Item } from '../item.ts'
import { subjectOf } from '../subject.ts'

const statuses = same('available', 'unavailable', 'unsatisfactory', 'entered-in-error')

/** @see https://simplifier.net/hl7fhirukcorer4/ukcore-specimen */
export function toSpecimen(source: Json, item: Item): Specimen {
  const accession = one(source['accessionIdentifier'])
  return defined({
    resourceType: 'Specimen' as const,
    identifier: toIdentifiers(source['identifier'], item),
    accessionIdentifier: accession && toIdentifier(accession, item),
    status: findCode(source['status'], statuses, { label: 'Status', item }),
    type: toConcept(source['type'], 'Type', item),
    subject: subjectOf(item),
    receivedTime: toDateTime(source['receivedTime'], 'Received', item),
    parent: toReferences(source['parent'], item, targets('Specimen')),
    request: toReferences(source['request'], item, targets('ServiceRequest')),
    collection: toCollection(one(source['collection']), item),
    note: toNotes(source['note'], item)
  })
}

function toCollection(source: Json | undefined, item: Item): SpecimenCollection | undefined {
  if (source === undefined) return undefined
  const collectedDateTime = toDateTime(source['collectedDateTime'], 'Collected', item)
  const period = collectedDateTime ? undefined : source['collectedPeriod']
  const collection = defined({
    collector: toReference(source['collector'], item, practitioners),
    collectedDateTime,
    collectedPeriod: toPeriod(period, 'Collected', item),
    quantity: toSimpleQuantity(source['quantity'], 'Quantity', item),
    method: toConcept(source['method'], 'Method', item),
    bodySite: toConcept(source['bodySite'], 'Body site', item)
  })
  return Object.keys(collection).length > 0 ? collection : undefined
}
