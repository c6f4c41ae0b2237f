import type { Encounter, Practitioner, Reference } from '@chesil/fhir'
import { practitioner, toPractitioner } from '../elements/people.ts'
import type { Reading } from '../elements/reading.ts'
import { field, type Repetition, type Segment } from '../message.ts'

export type EncounterReference = Reference<Encounter>
export type PractitionerReference = Reference<Practitioner>

/** XCN or CN: a logical reference. */
export const practitionerIn = (
  segment: Segment | undefined,
  number: number,
  reading: Reading
): PractitionerReference | undefined =>
  practitioner(segment, number, reading) as PractitionerReference | undefined

export const practitionersIn = (
  segment: Segment | undefined,
  number: number,
  reading: Reading
): PractitionerReference[] | undefined => {
  const found = field(segment, number).flatMap((value) => toPractitioner(value, reading) ?? [])
  return found.length > 0 ? (found as PractitionerReference[]) : undefined
}

/** NDL: its first component is a person (id&family&given), whose parts are subcomponents. */
export function practitionerOfNdl(
  value: Repetition | undefined,
  reading: Reading
): PractitionerReference | undefined {
  const person = value?.components[0] ?? ''
  if (!value || person === '') return undefined
  const components = person.split(value.delimiters.subcomponentSeparator)
  return toPractitioner({ ...value, raw: person, components }, reading) as PractitionerReference | undefined
}
