import { type CodeableConcept, chesil, defined, findOdsCode, type Identifier, systems } from '@chesil/fhir'
import type { MessageContext } from '../../message-context.ts'
import { field, part, type Repetition, type Segment } from '../message.ts'
import type { Reading } from './reading.ts'

/**
 * What an organisation numbers, under a system of its own. Another authority than the organisation is part of the
 * system: its numbers may be the same.
 *
 * @param kind e.g. `visit-number`
 * @param authority HD or EI namespace; absent: the source itself.
 */
export function localSystem(
  { odsCode }: MessageContext['source'],
  kind: string,
  authority?: string | undefined
): string {
  const own = authority === undefined || authority.toUpperCase() === odsCode
  return chesil.localId(odsCode, own ? kind : `${kind}/${encodeURIComponent(authority.toWellFormed())}`)
}

/** CX and EI: the first component is the number; `kind` says which of the source's it is. */
export function toIdentifier(
  value: Repetition | undefined,
  kind: string,
  reading: Reading
): Identifier | undefined {
  const number = part(value)
  if (number === undefined) return undefined
  return { system: localSystem(reading.context.source, kind), value: number }
}

export const identifier = (
  segment: Segment | undefined,
  number: number,
  kind: string,
  reading: Reading
): Identifier | undefined => toIdentifier(field(segment, number)[0], kind, reading)

const identifierTypes = 'http://terminology.hl7.org/CodeSystem/v2-0203'

/** @param code Of HL7 table 0203, e.g. `VN`. */
export const identifierType = (code: string): CodeableConcept => ({
  coding: [{ system: identifierTypes, code }]
})

/** A logical reference to an organisation: an ODS code where the text is one, and how the source names it. */
export function toOrganisation(code: string | undefined, display: string | undefined) {
  const odsCode = code === undefined ? undefined : findOdsCode(code)
  if (odsCode === undefined && display === undefined && code === undefined) return undefined
  return defined({
    identifier: odsCode === undefined ? undefined : { system: systems.odsOrganisation, value: odsCode },
    display: display ?? (odsCode === undefined ? code : undefined)
  })
}
