import {
  type CodeableConcept,
  chesil,
  defined,
  type Extension,
  type MedicationRequest,
  type MedicationRequestDispenseRequest,
  ukCoreExtension
} from '@chesil/fhir'
import { count, flag, type Json, one, some, text } from '../../json.ts'
import { toNotes } from '../elements/annotations.ts'
import { findCode, same, toCode, toConcept, toConcepts } from '../elements/coding.ts'
import { toDateTime, toPeriod } from '../elements/dates.ts'
import { toDosages } from '../elements/dosage.ts'
import { extensionsOf } from '../elements/extensions.ts'
import { toIdentifier, toIdentifiers } from '../elements/identifiers.ts'
import { toDuration, toSimpleQuantity } from '../elements/quantity.ts'
import {
  authors,
  encounters,
  organisations,
  practitioners,
  targets,
  toReference,
  toReferences
} from '../elements/references.ts'
import type { Item } from '../item.ts'
import { subjectOf } from '../subject.ts'
import { toMedicationChoice } from './medication-choice.ts'
import { toRequesterExtension } from './requester.ts'

const statuses = same(
  ...([
    'active',
    'on-hold',
    'cancelled',
    'completed',
    'entered-in-error',
    'stopped',
    'draft',
    'unknown'
  ] as const)
)
const intents = same('proposal', 'plan', 'order', 'instance-order')
const priorities = same('routine', 'urgent', 'asap', 'stat')
const reasons = targets('Condition', 'Observation')

/**
 * The authorisation of a medicine (`plan`) or one issue of it (`order`).
 *
 * @see https://simplifier.net/hl7fhirukcorer4/ukcore-medicationrequest
 */
export function toMedicationRequest(source: Json, item: Item): MedicationRequest {
  const extensions = extensionsOf(source)
  const requester = one(source['requester'])
  const statusReason = extensionsOf(extensions.get('medicationstatusreason')?.[0])
  return defined({
    resourceType: 'MedicationRequest' as const,
    extension: toExtensions(extensions, requester, item),
    identifier: toIdentifiers(source['identifier'], item),
    status: toCode(source['status'], statuses, 'unknown', { label: 'Status', item }),
    statusReason: toConcept(
      statusReason.get('statusreason')?.[0]?.['valueCodeableConcept'],
      'Reason for the status',
      item
    ),
    intent: toCode(source['intent'], intents, 'plan', { label: 'Intent', item }),
    category: toConcepts(source['category'], 'Category', item),
    priority: findCode(source['priority'], priorities, { label: 'Priority', item }),
    ...toMedicationChoice(source, item),
    subject: subjectOf(item),
    encounter: toReference(source['context'], item, encounters),
    authoredOn: toDateTime(source['authoredOn'], 'Authorised on', item),
    requester: toReference(requester?.['agent'], item, authors),
    recorder: toReference(source['recorder'], item, practitioners),
    reasonCode: toConcepts(source['reasonCode'], 'Reason', item),
    reasonReference: toReferences(source['reasonReference'], item, reasons),
    basedOn: toReferences(source['basedOn'], item, targets('MedicationRequest', 'ServiceRequest'), {
      bond: 'whole'
    }),
    groupIdentifier: toGroup(source['groupIdentifier'], item),
    courseOfTherapyType: toCourse(extensions.get('prescriptiontype')?.[0], item),
    note: toNotes(source['note'], item),
    dosageInstruction: toDosages(source['dosageInstruction'], item),
    dispenseRequest: toDispenseRequest(one(source['dispenseRequest']), item),
    substitution: toSubstitution(one(source['substitution']), item),
    priorPrescription: toReference(source['priorPrescription'], item, targets('MedicationRequest'), {
      bond: 'part'
    })
  })
}

const toGroup = (value: unknown, item: Item) => {
  const group = one(value)
  return group && toIdentifier(group, item)
}

/**
 * R4 and UK Core have words for three of GP Connect's prescription types; the source's own stays beside them.
 *
 * @see https://simplifier.net/hl7fhirukcorer4/ukcore-medicationrequestcourseoftherapy
 */
const courses: ReadonlyMap<
  string,
  { readonly system: string; readonly code: string; readonly display: string }
> = (() => {
  const base = 'http://terminology.hl7.org/CodeSystem/medicationrequest-course-of-therapy'
  const acute = { system: base, code: 'acute', display: 'Short course (acute) therapy' }
  return new Map([
    ['acute', acute],
    ['acute-handwritten', acute],
    ['repeat', { system: base, code: 'continuous', display: 'Continuous long term therapy' }],
    [
      'repeat-dispensing',
      {
        system: 'https://fhir.hl7.org.uk/CodeSystem/UKCore-MedicationRequestCourseOfTherapy',
        code: 'continuous-repeating-dispensing',
        display: 'Continuous long term (repeat dispensing)'
      }
    ]
  ])
})()

function toCourse(extension: Json | undefined, item: Item): CodeableConcept | undefined {
  const stated = toConcept(extension?.['valueCodeableConcept'], 'Prescription type', item)
  const standard = stated?.coding?.flatMap((coding) => courses.get(coding.code ?? '') ?? [])[0]
  return standard ? { ...stated, coding: [standard, ...(stated?.coding ?? [])] } : stated
}

function toExtensions(
  found: ReadonlyMap<string, readonly Json[]>,
  requester: Json | undefined,
  item: Item
): Extension[] | undefined {
  const result: Extension[] = []
  const repeat = toRepeatInformation(found.get('medicationrepeatinformation')?.[0], item)
  if (repeat) result.push(repeat)
  const allowed = numberIn(
    found.get('medicationrepeatinformation')?.[0],
    'numberofrepeatprescriptionsallowed'
  )
  if (allowed !== undefined) result.push({ url: chesil.repeatsAllowed, valueUnsignedInt: allowed })
  const reason = extensionsOf(found.get('medicationstatusreason')?.[0])
  const changed = toDateTime(reason.get('statuschangedate')?.[0]?.['valueDateTime'], 'Status changed', item)
  if (changed !== undefined) {
    result.push({
      url: 'http://hl7.org/fhir/5.0/StructureDefinition/extension-MedicationRequest.statusChanged',
      valueDateTime: changed
    })
  }
  return some([...result, ...toRequesterExtension('MedicationRequest', requester, item)])
}

function numberIn(extension: Json | undefined, name: string): number | undefined {
  const part = extensionsOf(extension).get(name)?.[0]
  return count(part?.['valuePositiveInt'] ?? part?.['valueUnsignedInt'])
}

/**
 * UK Core has no place for the number allowed. It counts every issue, R4's `numberOfRepeatsAllowed` only those
 * after the first: so it is an extension of ours, beside this one.
 */
function toRepeatInformation(extension: Json | undefined, item: Item): Extension | undefined {
  const parts = extensionsOf(extension)
  const inner: Extension[] = []
  const issued = numberIn(extension, 'numberofrepeatprescriptionsissued')
  const expiry = parts.get('authorisationexpirydate')?.[0]?.['valueDateTime']
  const expires = toDateTime(expiry, 'Authorised until', item)
  if (issued !== undefined) inner.push({ url: 'numberOfPrescriptionsIssued', valueUnsignedInt: issued })
  if (expires !== undefined) inner.push({ url: 'authorisationExpiryDate', valueDateTime: expires })
  return inner.length > 0
    ? { url: ukCoreExtension('MedicationRepeatInformation'), extension: inner }
    : undefined
}

function toDispenseRequest(
  source: Json | undefined,
  item: Item
): MedicationRequestDispenseRequest | undefined {
  if (source === undefined) return undefined
  const quantityText = text(
    extensionsOf(one(source['quantity'])).get('medicationquantitytext')?.[0]?.['valueString']
  )
  const request = defined({
    validityPeriod: toPeriod(source['validityPeriod'], 'Prescription', item),
    numberOfRepeatsAllowed: count(source['numberOfRepeatsAllowed']),
    quantity: toSimpleQuantity(
      source['quantity'],
      'Quantity',
      item,
      quantityText === undefined
        ? undefined
        : [{ url: ukCoreExtension('MedicationQuantityText'), valueString: quantityText }]
    ),
    expectedSupplyDuration: toDuration(source['expectedSupplyDuration'], 'Supply', item),
    performer: toReference(source['performer'], item, organisations)
  })
  return Object.keys(request).length > 0 ? request : undefined
}

/** R4 wants to know whether it is allowed; a reason alone says nothing. */
function toSubstitution(source: Json | undefined, item: Item): MedicationRequest['substitution'] {
  const allowedBoolean = flag(source?.['allowed'])
  if (allowedBoolean === undefined) return undefined
  return defined({ allowedBoolean, reason: toConcept(source?.['reason'], 'Reason for substitution', item) })
}
