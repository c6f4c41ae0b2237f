import { type DiagnosticReport, type Observation, type Patient, type Resource, systems } from '@chesil/fhir'
import clinical from '../clinical-codes.json' with { type: 'json' }
import { daysBefore } from '../dates.ts'
import { pdsPatient } from '../pds-patient.ts'
import type { Person } from '../people.ts'
import { createRandom } from '../random.ts'
import { hospitalPatient } from './hospital-patient.ts'
import { allergy, booked, diagnosis, letter, medicine, operation, stay } from './record-care.ts'
import { coded, dayBefore, instant, meta, type RecordDraft, snomed, trustReference } from './record-draft.ts'
import type { Trust } from './trusts.ts'

export interface HospitalRecordOptions {
  readonly seed: string
  /** An ISO date: the record tells up to here. */
  readonly asAt: string
  readonly trust: Trust
}

/**
 * A person's record as the trust's UK Core R4 endpoint has it: the Patient first, whom the others name. It tells
 * of other things than a day of messages does.
 */
export function hospitalRecord(
  person: Person,
  { seed, asAt, trust }: HospitalRecordOptions
): readonly Resource[] {
  const random = createRandom(`hospital record ${seed} ${trust.odsCode} ${person.nhsNumber}`)
  const patient = patientOf(person, trust, { id: random.uuid(), changed: daysBefore(asAt, 30) })
  const draft = { person, trust, random, asAt, subject: { reference: `Patient/${patient.id}` } }
  const stays = Array.from({ length: random.integer(1, 3) }, () => stay(draft))
  const several = <Item>(least: number, most: number, make: (draft: RecordDraft) => Item): Item[] =>
    Array.from({ length: random.integer(least, most) }, () => make(draft))
  return [
    patient,
    ...stays,
    ...stays.map((encounter) => diagnosis(draft, encounter)),
    ...stays.map((encounter) => operation(draft, encounter)),
    ...stays.map((encounter) => letter(draft, encounter)),
    ...several(0, 2, allergy),
    ...several(1, 4, medicine),
    ...several(0, 2, booked),
    ...several(1, 3, bloodCount).flat()
  ]
}

function patientOf(person: Person, trust: Trust, { id, changed }: { id: string; changed: string }): Patient {
  const { deceasedDateTime, birthDate, gender, name, address } = pdsPatient(person, { confidentiality: 'U' })
  const { patientNumber } = hospitalPatient(person)
  return {
    resourceType: 'Patient',
    id,
    meta: meta('Patient', changed),
    identifier: [
      { system: systems.nhsNumber, value: person.nhsNumber },
      { system: `https://fhir.${trust.odsCode.toLowerCase()}.example/Id/patient`, value: patientNumber }
    ],
    ...(name && { name }),
    ...(gender && { gender }),
    ...(birthDate !== undefined && { birthDate }),
    ...(deceasedDateTime !== undefined && { deceasedDateTime }),
    ...(address && { address })
  }
}

type Investigation = (typeof clinical.investigations)[number]

/** A full blood count: its values, then the report that names them. */
function bloodCount(draft: RecordDraft): readonly (Observation | DiagnosticReport)[] {
  const day = dayBefore(draft, 10, 700)
  const test = clinical.investigations[0] as Investigation
  const values = test.results.map((row) => measured(draft, row, day))
  const report: DiagnosticReport = {
    resourceType: 'DiagnosticReport',
    id: draft.random.uuid(),
    meta: meta('DiagnosticReport', day),
    status: 'final',
    category: [coded('http://terminology.hl7.org/CodeSystem/v2-0074', 'HM', 'Hematology')],
    code: snomed(test),
    subject: draft.subject,
    effectiveDateTime: instant(day, 9),
    issued: instant(day, 15),
    performer: [trustReference(draft)],
    result: values.map(({ id }) => ({ reference: `Observation/${id}` }))
  }
  return [...values, report]
}

function measured(draft: RecordDraft, row: Investigation['results'][number], day: string): Observation {
  const { code, display, unit, low, high, decimals } = row
  const quantity = (value: number) => ({
    value: Number(value.toFixed(decimals)),
    unit,
    system: systems.ucum,
    code: unit
  })
  const spread = high - low
  return {
    resourceType: 'Observation',
    id: draft.random.uuid(),
    meta: meta('Observation', day),
    status: 'final',
    category: [coded(systems.observationCategory, 'laboratory', 'Laboratory')],
    code: snomed({ code, display }),
    subject: draft.subject,
    effectiveDateTime: instant(day, 9),
    performer: [trustReference(draft)],
    valueQuantity: quantity(low - spread * 0.2 + draft.random.fraction() * spread * 1.4),
    referenceRange: [{ low: quantity(low), high: quantity(high) }]
  }
}
