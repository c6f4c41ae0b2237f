import type { CodeableConcept } from '@chesil/fhir'
import { toConcept } from '../elements/concepts.ts'
import type { Reading } from '../elements/reading.ts'
import { field, part, type Repetition, type Segment } from '../message.ts'
import interpretations from './tables/interpretations.json' with { type: 'json' }

/** HL7 table 0078 goes on in v3 under the same codes. @see https://terminology.hl7.org/CodeSystem-v3-ObservationInterpretation.html */
const system = 'http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation'
const displays: ReadonlyMap<string, string> = new Map(Object.entries(interpretations))

/** OBX-8. A code of the sender's own stays one. */
export function toInterpretations(result: Segment, reading: Reading): CodeableConcept[] | undefined {
  const found = field(result, 8).flatMap((value) => toInterpretation(value, reading) ?? [])
  return found.length > 0 ? found : undefined
}

function toInterpretation(value: Repetition, reading: Reading): CodeableConcept | undefined {
  const code = part(value, 1, 0)?.toUpperCase() ?? ''
  const display = displays.get(code)
  if (display !== undefined && isOfTable(part(value, 3))) return { coding: [{ system, code, display }] }
  const words = toConcept(value, 'Interpretation', reading)
  if (words && part(value, 2, 0) === undefined)
    reading.unread.push('The interpretation has a code that is not known')
  return words
}

const isOfTable = (name: string | undefined): boolean => name === undefined || /^(HL7)?0*78$/i.test(name)
