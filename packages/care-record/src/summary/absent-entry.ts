import {
  type AllergyIntolerance,
  type Condition,
  type MedicationStatement,
  type Resource,
  systems
} from '@chesil/fhir'
import type { SectionState } from '../absence/section-state.ts'
import type { SectionDefinition } from './section-definition.ts'
import { div, paragraph } from './xhtml.ts'

type Required = NonNullable<SectionDefinition['required']>

/** By IPS: what is said where there is nothing, and where nobody knows. */
const codes = {
  allergies: {
    known: ['no-known-allergies', 'No known allergies'],
    info: ['no-allergy-info', 'No information about allergies']
  },
  medications: {
    known: ['no-known-medications', 'No known medications'],
    info: ['no-medication-info', 'No information about medications']
  },
  problems: {
    known: ['no-known-problems', 'No known problems'],
    info: ['no-problem-info', 'No information about problems']
  }
} as const

/**
 * The entry that IPS demands of a section that shows nothing current. “No known …” only for `none-known`.
 *
 * @param patient `Patient/{id}`
 * @see https://hl7.org/fhir/uv/ips/STU1.1/CodeSystem-absent-unknown-uv-ips.html
 */
export function absentEntry(
  required: Required,
  { code, text }: SectionState,
  { id, patient }: { readonly id: string; readonly patient: string }
): Resource {
  const [absent, display] = codes[required][code === 'none-known' ? 'known' : 'info']
  const common = {
    id,
    text: { status: 'generated' as const, div: div(paragraph(text)) }
  }
  const concept = { coding: [{ system: systems.ipsAbsentUnknown, code: absent, display }], text }
  const person = { reference: patient }
  return makers[required](common, concept, person)
}

type Common = Pick<AllergyIntolerance, 'id' | 'text'>
type Concept = NonNullable<AllergyIntolerance['code']>
type Person = { readonly reference: string }

const makers: Readonly<Record<Required, (common: Common, concept: Concept, person: Person) => Resource>> = {
  allergies: (common, code, patient) =>
    ({
      resourceType: 'AllergyIntolerance',
      ...common,
      clinicalStatus: { coding: [{ system: systems.allergyClinical, code: 'active' }] },
      code,
      patient
    }) satisfies AllergyIntolerance,
  medications: (common, medicationCodeableConcept, subject) =>
    ({
      resourceType: 'MedicationStatement',
      ...common,
      status: 'unknown',
      medicationCodeableConcept,
      subject,
      // IPS demands a time of what is taken; nothing is.
      effectivePeriod: {
        extension: [
          { url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'not-applicable' }
        ]
      }
    }) satisfies MedicationStatement,
  problems: (common, code, subject) =>
    ({
      resourceType: 'Condition',
      ...common,
      clinicalStatus: { coding: [{ system: systems.conditionClinical, code: 'active' }] },
      code,
      subject
    }) satisfies Condition
}
