import type { Reference, Resource } from '@chesil/fhir'
import type { TypeDefinition } from '../type-definition.ts'

/**
 * A record is one patient's compartment. A resource that stands there by its subject must have one and it
 * must be a patient, although R4 lets most leave it out; else it could not be told whose it is.
 *
 * @returns what is wrong; `undefined` when nothing is.
 * @see https://hl7.org/fhir/R4/compartmentdefinition-patient.html
 */
export function subjectProblem(resource: Resource, { patientElement }: TypeDefinition): string | undefined {
  if (patientElement === undefined) return undefined
  const value: Reference | readonly Reference[] | undefined = Reflect.get(resource, patientElement)
  return [value ?? []].flat().some(namesPatient)
    ? undefined
    : `Does not say in ${patientElement} which patient it is about`
}

function namesPatient({ reference, identifier, type }: Reference): boolean {
  if (reference !== undefined) return reference.startsWith('Patient/')
  return identifier !== undefined && (type ?? 'Patient') === 'Patient'
}
