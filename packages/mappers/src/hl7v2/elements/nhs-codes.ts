import type { CodeableConcept } from '@chesil/fhir'
import { field, part, type Segment } from '../message.ts'
import tables from '../tables/nhs-codes.json' with { type: 'json' }
import { concept } from './concepts.ts'
import type { Reading } from './reading.ts'

interface Table {
  readonly system: string
  readonly codes: ReadonlyMap<string, string>
}

const toTable = ({ system, codes }: { system: string; codes: Record<string, string> }): Table => ({
  system,
  codes: new Map(Object.entries(codes))
})

/** Code lists of the NHS Data Dictionary for England, which messages use without naming them. */
export const nhsTables = {
  admissionMethod: toTable(tables.admissionMethod),
  sourceOfAdmission: toTable(tables.sourceOfAdmission),
  dischargeMethod: toTable(tables.dischargeMethod),
  dischargeDestination: toTable(tables.dischargeDestination),
  maritalStatus: toTable(tables.maritalStatus),
  ethnicCategory: toTable(tables.ethnicCategory)
}

/** A code of such a list; one that is not in it is the source's own. */
export function nhsConcept(
  [segment, number]: readonly [Segment | undefined, number],
  { system, codes }: Table,
  label: string,
  reading: Reading
): CodeableConcept | undefined {
  const code = part(field(segment, number)[0])?.toUpperCase() ?? ''
  const words = codes.get(code)
  if (words === undefined) return concept(segment, number, label, reading)
  return { coding: [{ system, code }], text: part(field(segment, number)[0], 2, 0) ?? words }
}

const treatmentFunctions = 'https://fhir.nhs.uk/CodeSystem/NHSDataModelAndDictionary-treatment-function'

/** @see https://www.datadictionary.nhs.uk/attributes/treatment_function_code.html */
export function treatmentFunction(
  segment: Segment | undefined,
  number: number,
  reading: Reading
): CodeableConcept | undefined {
  const value = field(segment, number)[0]
  const code = part(value) ?? ''
  const isNational = /^\d{3}$/.test(code) && [undefined, 'NHS', 'TFC'].includes(part(value, 3))
  if (!isNational) return concept(segment, number, 'Treatment function', reading)
  const words = part(value, 2, 0)
  return { coding: [{ system: treatmentFunctions, code }], ...(words !== undefined && { text: words }) }
}

export const nhsNumberStatuses = {
  system: 'https://fhir.hl7.org.uk/CodeSystem/UKCore-NHSNumberVerificationStatusEngland',
  isCode: (code: string): boolean => /^0[1-8]$/.test(code)
}
