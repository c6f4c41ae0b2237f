/** HL7 table 0008, as far as an engine in original mode is given them. */
export const acknowledgementCodes = ['AA', 'AE', 'AR'] as const
export type AcknowledgementCode = (typeof acknowledgementCodes)[number]

/** @returns `other` for what is no acknowledgement, or one of another message. */
export function readAcknowledgement(reply: Buffer, controlId: string): AcknowledgementCode | 'other' {
  const [, code, answered] = /[\r\n]MSA\|([A-Z]{2})\|([^|\r\n]*)/.exec(reply.toString('latin1')) ?? []
  return (answered === controlId && acknowledgementCodes.find((known) => known === code)) || 'other'
}
