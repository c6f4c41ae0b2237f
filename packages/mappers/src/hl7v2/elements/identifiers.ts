import { type CodeableConcept, chesil, defined, findOdsCode, systems } from '@chesil/fhir'
import type { MessageContext } from '../../message-context.ts'

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
