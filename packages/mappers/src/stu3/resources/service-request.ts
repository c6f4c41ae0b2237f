import { defined, type ServiceRequest } from '@chesil/fhir'
import { flag, isJson, type Json, one, some, text } from '../../json.ts'
import { toNotes } from '../elements/annotations.ts'
import { findCode, same, toCode, toConcept, toConcepts } from '../elements/coding.ts'
import { toDateTime, toPeriod } from '../elements/dates.ts'
import { toIdentifier, toIdentifiers } from '../elements/identifiers.ts'
import { authors, encounters, targets, toReference, toReferences } from '../elements/references.ts'
import { toTiming } from '../elements/timing.ts'
import type { Item } from '../item.ts'
import { subjectOf } from '../subject.ts'
import { toRequesterExtension } from './requester.ts'

/** Two of STU3's words changed. @see https://hl7.org/fhir/R4/servicerequest-version-maps.html */
const statuses: ReadonlyMap<string, ServiceRequest['status']> = new Map([
  ...same('draft', 'active', 'on-hold', 'revoked', 'completed', 'entered-in-error', 'unknown'),
  ['suspended', 'on-hold'],
  ['cancelled', 'revoked']
])
const intents = same(
  ...(['proposal', 'plan', 'directive', 'order', 'original-order'] as const),
  ...(['reflex-order', 'filler-order', 'instance-order', 'option'] as const)
)
const priorities = same('routine', 'urgent', 'asap', 'stat')
const requests = targets('ServiceRequest', 'MedicationRequest', 'CarePlan')
const performers = targets(
  ...(['Practitioner', 'PractitionerRole', 'Organization', 'Patient', 'HealthcareService'] as const)
)
const reasons = targets('Condition', 'Observation', 'DiagnosticReport', 'DocumentReference')

/** A request for an investigation (`order`), or a diary entry (`plan`). */
export function procedureRequestToServiceRequest(source: Json, item: Item): ServiceRequest {
  return toServiceRequest(source, item, {
    requisition: source['requisition'],
    category: toConcepts(source['category'], 'Category', item),
    code: toConcept(source['code'], 'Request', item),
    performerType: toConcept(source['performerType'], 'Performer', item),
    performer: toReferences(source['performer'], item, performers),
    notes: toNotes(source['note'], item),
    specimen: toReferences(source['specimen'], item, targets('Specimen'), { bond: 'part' }),
    bodySite: toConcepts(source['bodySite'], 'Body site', item),
    doNotPerform: flag(source['doNotPerform']),
    asNeeded: toAsNeeded(source, item)
  })
}

/** R4 has one code and no description: further services become details of the order, the description a note. */
export function referralRequestToServiceRequest(source: Json, item: Item): ServiceRequest {
  const [code, ...details] = toConcepts(source['serviceRequested'], 'Service', item) ?? []
  return toServiceRequest(source, item, {
    requisition: source['groupIdentifier'],
    category: toConcepts(source['type'], 'Type', item),
    code,
    orderDetail: some(details),
    performerType: toConcept(source['specialty'], 'Specialty', item),
    performer: toReferences(source['recipient'], item, performers),
    notes: toNotes(source['note'], item, [text(source['description'])])
  })
}

type AsNeeded = Pick<ServiceRequest, 'asNeededBoolean' | 'asNeededCodeableConcept'>

/** R4 allows one of them. */
function toAsNeeded(source: Json, item: Item): AsNeeded {
  const asNeededCodeableConcept = toConcept(source['asNeededCodeableConcept'], 'As needed', item)
  return asNeededCodeableConcept
    ? { asNeededCodeableConcept }
    : defined({ asNeededBoolean: flag(source['asNeededBoolean']) })
}

interface Differing {
  readonly requisition: unknown
  readonly category: ServiceRequest['category']
  readonly code: ServiceRequest['code']
  readonly orderDetail?: ServiceRequest['orderDetail']
  readonly performerType: ServiceRequest['performerType']
  readonly performer: ServiceRequest['performer']
  readonly notes: ServiceRequest['note']
  readonly specimen?: ServiceRequest['specimen']
  readonly bodySite?: ServiceRequest['bodySite']
  readonly doNotPerform?: boolean | undefined
  readonly asNeeded?: AsNeeded
}

/** What both kinds of request have in common. @see https://simplifier.net/hl7fhirukcorer4/ukcore-servicerequest */
function toServiceRequest(source: Json, item: Item, differing: Differing): ServiceRequest {
  const requester = one(source['requester'])
  const requisition = one(differing.requisition)
  return defined({
    resourceType: 'ServiceRequest' as const,
    extension: some(toRequesterExtension(item.type, requester, item)),
    identifier: toIdentifiers(source['identifier'], item),
    basedOn: toReferences(source['basedOn'], item, requests),
    replaces: toReferences(source['replaces'], item, targets('ServiceRequest')),
    requisition: requisition && toIdentifier(requisition, item),
    status: toCode(source['status'], statuses, 'unknown', { label: 'Status', item }),
    intent: toCode(source['intent'], intents, 'order', { label: 'Intent', item }),
    category: differing.category,
    priority: findCode(source['priority'], priorities, { label: 'Priority', item }),
    doNotPerform: differing.doNotPerform,
    code: differing.code,
    orderDetail: differing.orderDetail,
    subject: subjectOf(item),
    encounter: toReference(source['context'], item, encounters),
    ...toOccurrence(source, item),
    ...differing.asNeeded,
    authoredOn: toDateTime(source['authoredOn'], 'Requested on', item),
    requester: toReference(requester?.['agent'], item, authors),
    performerType: differing.performerType,
    performer: differing.performer,
    reasonCode: toConcepts(source['reasonCode'], 'Reason', item),
    reasonReference: toReferences(source['reasonReference'], item, reasons),
    supportingInfo: toReferences(source['supportingInfo'], item, undefined),
    specimen: differing.specimen,
    bodySite: differing.bodySite,
    note: differing.notes
  })
}

/** Also the `occurrence` without a type that a sample of the specification has, as a day and as a period. */
function toOccurrence(
  source: Json,
  item: Item
): Pick<ServiceRequest, 'occurrenceDateTime' | 'occurrencePeriod' | 'occurrenceTiming'> {
  const untyped = source['occurrence']
  const day = source['occurrenceDateTime'] ?? (isJson(untyped) ? undefined : untyped)
  const occurrenceDateTime = toDateTime(day, 'Planned for', item)
  if (occurrenceDateTime !== undefined) return { occurrenceDateTime }
  const period = source['occurrencePeriod'] ?? (isJson(untyped) ? untyped : undefined)
  const occurrencePeriod = toPeriod(period, 'Planned for', item)
  if (occurrencePeriod !== undefined) return { occurrencePeriod }
  return defined({ occurrenceTiming: toTiming(source['occurrenceTiming'], item) })
}
