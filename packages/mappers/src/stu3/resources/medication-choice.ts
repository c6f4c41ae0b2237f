import type { CodeableConcept, Medication, Reference } from '@chesil/fhir'
import type { Json } from '../../json.ts'
import { toConcept } from '../elements/coding.ts'
import { targets, toReference } from '../elements/references.ts'
import type { Item } from '../item.ts'

const medications = targets('Medication')

/** R4 wants one of the two on a request and on a statement; a medicine that is not named says so. */
export function toMedicationChoice(
  source: Json,
  item: Item
): { medicationReference: Reference<Medication> } | { medicationCodeableConcept: CodeableConcept } {
  const medicationReference = toReference(source['medicationReference'], item, medications)
  if (medicationReference) return { medicationReference }
  const medicationCodeableConcept = toConcept(source['medicationCodeableConcept'], 'Medicine', item)
  if (medicationCodeableConcept) return { medicationCodeableConcept }
  item.unread.push('Medicine was not recorded')
  return { medicationCodeableConcept: { text: 'Not recorded' } }
}
