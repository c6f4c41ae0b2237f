import codes from '../clinical-codes.json' with { type: 'json' }
import { daysBefore } from '../dates.ts'
import {
  businessIdentifier,
  concept,
  gpcExtension,
  nhsCodeSystem,
  type Period,
  profiled,
  referTo,
  type Stu3Resource,
  sct
} from '../stu3.ts'
import { acuteCourse, type Dates, type MedicineRow, repeatCourse } from './courses.ts'
import { type Draft, suitable } from './draft.ts'

export interface Medicine {
  readonly statement: Stu3Resource
  /** The authorisation, `intent: plan`. */
  readonly plan: Stu3Resource
}

interface Course extends Dates {
  readonly row: MedicineRow
  readonly medication: Stu3Resource
  readonly prescriber: Stu3Resource
  readonly encounter: Stu3Resource | undefined
}

interface MedicineOptions {
  /** How many orders it may have, from 1. */
  readonly maxIssues: number
  readonly encounter?: Stu3Resource
  /** An acute one, or a repeat that still goes on; default any, of the repeats one in five stopped. */
  readonly kind?: 'acute' | 'ongoing'
}

/**
 * A medicine as GP Connect divides it: what the patient takes (statement), its authorisation (plan) and
 * each prescription issued (order). Two of a kind share the Medication.
 *
 * @see https://developer.nhs.uk/apis/gpconnect-1-6-2/accessrecord_structured_development_medication_resource_relationships.html
 */
export function addMedicine(draft: Draft, { maxIssues, encounter, kind }: MedicineOptions): Medicine {
  const row = pickRow(draft, kind)
  const stopped = kind !== 'ongoing' && draft.random.chance(0.2)
  const course = {
    row,
    medication: medicationOf(draft, row),
    prescriber: draft.random.pick(draft.staff.doctors).practitioner,
    encounter,
    ...(row.type === 'acute' ? acuteCourse(draft, row) : repeatCourse(draft, row, { maxIssues, stopped }))
  }
  const plan = draft.add(planOf(draft, course))
  for (const day of course.issues) draft.add(orderOf(draft, course, plan, day))
  return { statement: draft.add(statementOf(draft, course, plan), 'medications'), plan }
}

/** For whom no medicine of ours is suitable, an inhaler is. */
function pickRow(draft: Draft, kind: MedicineOptions['kind']): MedicineRow {
  const rows = suitable(draft, codes.medicines).filter(
    ({ type }) => kind === undefined || (kind === 'acute') === (type === 'acute')
  )
  return draft.random.pick(rows.length > 0 ? rows : codes.medicines.slice(0, 1))
}

function medicationOf(draft: Draft, row: MedicineRow): Stu3Resource {
  const known = draft.entries.find(
    (entry) => entry.resourceType === 'Medication' && JSON.stringify(entry['code']).includes(`"${row.code}"`)
  )
  return (
    known ??
    draft.add({
      resourceType: 'Medication',
      id: draft.newId(),
      meta: profiled('CareConnect-GPC-Medication-1'),
      code: sct(row)
    })
  )
}

const statusReason = (day: string) => ({
  url: gpcExtension('MedicationStatusReason'),
  extension: [
    { url: 'statusReason', valueCodeableConcept: { text: 'No longer needed' } },
    { url: 'statusChangeDate', valueDateTime: day }
  ]
})

function planOf(draft: Draft, course: Course): Stu3Resource {
  const { row, effective, issues, status } = course
  const repeats = {
    url: gpcExtension('MedicationRepeatInformation'),
    extension: [
      { url: 'numberOfRepeatPrescriptionsAllowed', valuePositiveInt: 12 },
      { url: 'numberOfRepeatPrescriptionsIssued', valuePositiveInt: issues.length }
    ]
  }
  return {
    ...requestOf(draft, course),
    extension: [
      prescriptionType(row),
      ...(row.type === 'acute' ? [] : [repeats]),
      ...(status === 'stopped' ? [statusReason(effective.end ?? draft.asAt)] : [])
    ],
    status,
    intent: 'plan',
    authoredOn: effective.start,
    dispenseRequest: dispensing(row, effective)
  }
}

function orderOf(draft: Draft, course: Course, plan: Stu3Resource, day: string): Stu3Resource {
  const { row } = course
  const validity = { start: day, end: daysBefore(day, -row.days) }
  return {
    ...requestOf(draft, course),
    extension: [prescriptionType(row)],
    basedOn: [referTo(plan)],
    status: validity.end < draft.asAt ? 'completed' : 'active',
    intent: 'order',
    authoredOn: day,
    dispenseRequest: dispensing(row, validity)
  }
}

function requestOf(draft: Draft, { row, medication, prescriber, encounter }: Course): Stu3Resource {
  const id = draft.newId()
  return {
    resourceType: 'MedicationRequest',
    id,
    meta: profiled('CareConnect-GPC-MedicationRequest-1'),
    identifier: businessIdentifier(id),
    medicationReference: referTo(medication),
    subject: referTo(draft.patient),
    ...(encounter && { context: referTo(encounter) }),
    recorder: referTo(prescriber),
    dosageInstruction: [{ text: row.dose }]
  }
}

function statementOf(draft: Draft, course: Course, plan: Stu3Resource): Stu3Resource {
  const { row, medication, status, effective, issues, encounter } = course
  const id = draft.newId()
  const agency = concept(
    nhsCodeSystem('CareConnect-PrescribingAgency-1'),
    'prescribed-at-gp-practice',
    'Prescribed at GP practice'
  )
  return {
    resourceType: 'MedicationStatement',
    id,
    meta: profiled('CareConnect-GPC-MedicationStatement-1'),
    extension: [
      { url: gpcExtension('MedicationStatementLastIssueDate'), valueDateTime: issues[0] },
      { url: gpcExtension('PrescribingAgency'), valueCodeableConcept: agency }
    ],
    identifier: businessIdentifier(id),
    basedOn: [referTo(plan)],
    status,
    medicationReference: referTo(medication),
    ...(encounter && { context: referTo(encounter) }),
    effectivePeriod: effective,
    dateAsserted: effective.start,
    subject: referTo(draft.patient),
    taken: 'unk',
    dosage: [{ text: row.dose }]
  }
}

function prescriptionType({ type }: MedicineRow) {
  const display = type.charAt(0).toUpperCase() + type.slice(1).replace('-', ' ')
  return {
    url: gpcExtension('PrescriptionType'),
    valueCodeableConcept: concept(nhsCodeSystem('CareConnect-PrescriptionType-1'), type, display)
  }
}

const dispensing = (row: MedicineRow, validityPeriod: Period) => ({
  validityPeriod,
  quantity: { extension: [{ url: gpcExtension('MedicationQuantityText'), valueString: row.quantity }] },
  expectedSupplyDuration: { value: row.days, unit: 'day', system: 'http://unitsofmeasure.org', code: 'd' }
})
