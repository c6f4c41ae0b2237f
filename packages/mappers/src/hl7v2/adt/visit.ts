import type { ContributionEntry } from '@chesil/contracts'
import { type Coding, type Encounter, systems, ukCoreExtension } from '@chesil/fhir'
import { concept, lookUp } from '../elements/concepts.ts'
import { dateTime } from '../elements/dates.ts'
import { identifierType, localSystem } from '../elements/identifiers.ts'
import { nhsConcept, nhsTables, treatmentFunction } from '../elements/nhs-codes.ts'
import { toPractitioner } from '../elements/people.ts'
import { place } from '../elements/places.ts'
import { newReading, type Reading } from '../elements/reading.ts'
import { field, firstOf, type Segment, text } from '../message.ts'
import encounterClasses from '../tables/encounter-classes.json' with { type: 'json' }
import { type Group, personReference } from './group.ts'
import { deletionEntry, eventEntry, newTelling, type Telling, type Told, tell } from './telling.ts'

const classes: ReadonlyMap<string, Coding> = new Map(
  Object.entries(encounterClasses).map(([code, coding]) => [code, { system: systems.actCode, ...coding }])
)
const nullFlavor = 'http://terminology.hl7.org/CodeSystem/v3-NullFlavor'
const unknownClass: Coding = { system: nullFlavor, code: 'UNK', display: 'unknown' }

const sections = ['admissions'] as const
const admissionMethod = `hospitalization.${ukCoreExtension('AdmissionMethod')}`
const dischargeMethod = ukCoreExtension('DischargeMethod')
const destination = 'hospitalization.dischargeDisposition'

/**
 * What a message says of a stay: one event of its Encounter.
 *
 * @param also What other segments of the message say of it, by path.
 */
export function visitEntry(key: string, group: Group, also: Telling['set'] = {}): ContributionEntry {
  const reading = newReading(group.message, group.context)
  const told = toldVisit(key, group)
  if (group.trigger.deletes === 'visit') return deletionEntry(told, group, reading)
  const telling = newTelling()
  tellStatus(telling, group, reading)
  tellVisit(telling, group, reading)
  Object.assign(telling.set, also)
  return eventEntry(told, telling, group, reading)
}

function toldVisit(key: string, group: Group): Told {
  const { odsCode, name } = group.context.source
  return {
    resourceType: 'Encounter',
    key,
    sections,
    cancels: group.trigger.cancels,
    unless: unlessOf(group),
    base: {
      status: supposedStatus(group),
      class: unknownClass,
      subject: personReference(group),
      serviceProvider: { identifier: { system: systems.odsOrganisation, value: odsCode }, display: name }
    }
  }
}

/** How a stay stands of which only updates are known. */
function supposedStatus({ segments, trigger }: Group): Encounter['status'] {
  const visit = firstOf(segments, 'PV1')
  if (text(visit, 45) !== undefined) return 'finished'
  if (trigger.kind === 'cancel-return') return 'onleave'
  const isThere = trigger.kind === 'transfer' || trigger.kind === 'cancel-leave'
  return isThere || text(visit, 44) !== undefined ? 'in-progress' : 'unknown'
}

function statusOf({ trigger, segments }: Group): Encounter['status'] | undefined {
  const isInpatient = text(firstOf(segments, 'PV1'), 2)?.toUpperCase() === 'I'
  return trigger.status === 'arrived' && isInpatient ? 'in-progress' : trigger.status
}

/** How far a stay has come. */
const ladder: readonly Encounter['status'][] = ['planned', 'arrived', 'in-progress', 'onleave', 'finished']

/**
 * An admission is often sent again, with another time: it begins no stay that has come as far already, unless that was
 * cancelled. Nor does anything else bring back one that is over, except the cancellation of its discharge.
 */
function unlessOf(group: Group): Told['unless'] {
  const { begins, reopens, ends, kind } = group.trigger
  const at = ladder.indexOf(statusOf(group) ?? 'unknown')
  if (begins && at >= 0) {
    const keeps = ['status', 'period.start', 'period.end', dischargeMethod, destination]
    return { path: 'status', is: ladder.slice(at), keeps }
  }
  if (reopens || ends || statusOf(group) === 'cancelled') return undefined
  const over = kind === 'class-change' ? ['onleave', 'finished', 'cancelled'] : ['finished', 'cancelled']
  return { path: 'status', is: over, keeps: ['status'] }
}

/** @see https://hl7.org/fhir/R4/valueset-encounter-status.html */
function tellStatus(telling: Telling, group: Group, reading: Reading): void {
  const { trigger } = group
  const visit = firstOf(group.segments, 'PV1')
  const isEnded = dateTime(visit, 45, 'Discharged', newReading(group.message, group.context)) !== undefined
  const saysEnd = isEnded && (trigger.kind === 'update' || trigger.kind === 'person')
  const status = statusOf(group) ?? (saysEnd ? 'finished' : undefined)
  if (status !== undefined) telling.set['status'] = status
  tellPeriod(telling, group, reading)
}

/** A stay begins with its admission and ends with its discharge, where PV1 does not say otherwise. */
function tellPeriod(telling: Telling, { trigger, segments, at }: Group, reading: Reading): void {
  const visit = firstOf(segments, 'PV1')
  const hasBegun = trigger.begins && trigger.status !== 'planned'
  const start = dateTime(visit, 44, 'Admitted', reading) ?? (hasBegun ? at : undefined)
  const end = dateTime(visit, 45, 'Discharged', reading) ?? (trigger.ends ? at : undefined)
  tell(telling, 'period.start', [visit, 44], start)
  tell(telling, 'period.end', [visit, 45], trigger.reopens ? undefined : end)
  const isOpen = trigger.reopens || (trigger.begins && end === undefined)
  if (isOpen) for (const path of ['period.end', dischargeMethod, destination]) telling.clear.add(path)
}

function tellVisit(telling: Telling, group: Group, reading: Reading): void {
  const visit = firstOf(group.segments, 'PV1')
  const more = firstOf(group.segments, 'PV2')
  const isOpen = telling.clear.has(dischargeMethod)
  tell(telling, 'class', [visit, 2], lookUp(visit, 2, classes, { label: 'Class', reading }))
  tellPlaceAndPeople(telling, visit, reading)
  tell(telling, 'serviceType', [visit, 10], treatmentFunction(visit, 10, reading))
  const method = nhsConcept([visit, 4], nhsTables.admissionMethod, 'Admission method', reading)
  tell(telling, admissionMethod, [visit, 4], method && { valueCodeableConcept: method })
  const source = nhsConcept([visit, 14], nhsTables.sourceOfAdmission, 'Source of admission', reading)
  tell(telling, 'hospitalization.admitSource', [visit, 14], source)
  if (!isOpen) tellDischarge(telling, visit, reading)
  const type = concept(visit, 18, 'Patient type', reading)
  tell(telling, 'type', [visit, 18], type && [type])
  const reason = concept(more, 3, 'Reason', reading)
  tell(telling, 'reasonCode', [more, 3], reason && [reason])
  tellNumbers(telling, group, reading)
}

function tellDischarge(telling: Telling, visit: Segment | undefined, reading: Reading): void {
  const method = nhsConcept([visit, 36], nhsTables.dischargeMethod, 'Discharge method', reading)
  tell(telling, dischargeMethod, [visit, 36], method && { valueCodeableConcept: method })
  const place = nhsConcept([visit, 37], nhsTables.dischargeDestination, 'Discharge destination', reading)
  tell(telling, destination, [visit, 37], place)
}

const participationType = 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType'
/** By HL7 v2 field: the consultant in charge, who referred, who is consulted, who admitted. */
const participants = [
  [7, { code: 'ATND', display: 'attender' }],
  [8, { code: 'REF', display: 'referrer' }],
  [9, { code: 'CON', display: 'consultant' }],
  [17, { code: 'ADM', display: 'admitter' }]
] as const

function tellPlaceAndPeople(telling: Telling, visit: Segment | undefined, reading: Reading): void {
  const location = place(visit, 3, reading)
  tell(telling, 'location', [visit, 3], location && [{ location }])
  for (const [number, role] of participants) {
    const people = field(visit, number).flatMap((value) => toPractitioner(value, reading) ?? [])
    const type = [{ coding: [{ system: participationType, ...role }] }]
    const list = people.map((individual) => ({ type, individual }))
    tell(telling, `participant#${role.code}`, [visit, number], list.length > 0 ? list : undefined)
  }
}

function tellNumbers(telling: Telling, { segments }: Group, { context }: Reading): void {
  const visit = firstOf(segments, 'PV1')
  const person = firstOf(segments, 'PID')
  const number = (segment: Segment | undefined, at: number, type: string, kind: string) => {
    const value = text(segment, at)
    const system = localSystem(context.source, kind)
    return value && [{ type: identifierType(type), system, value }]
  }
  tell(telling, 'identifier#1', [visit, 19], number(visit, 19, 'VN', 'visit-number'))
  tell(telling, 'identifier#2', [person, 18], number(person, 18, 'AN', 'account-number'))
  const before = text(visit, 5)
  const planned = before && { system: localSystem(context.source, 'pre-admission-number'), value: before }
  tell(telling, 'hospitalization.preAdmissionIdentifier', [visit, 5], planned)
}
