const correcting: ReadonlySet<unknown> = new Set(['corrected', 'amended', 'appended', 'entered-in-error'])

interface Stated {
  readonly status?: unknown
  readonly docStatus?: unknown
  readonly verificationStatus?: { readonly coding?: readonly { readonly code?: unknown }[] }
}

/**
 * Of an item that is worded otherwise than before: a correction only where it says so itself.
 *
 * @param body JSON
 * @see https://hl7.org/fhir/R4/valueset-observation-status.html
 */
export function reasonOfUpdate(body: string): 'correction' | 'update' {
  const { status, docStatus, verificationStatus } = JSON.parse(body) as Stated
  const codes = [status, docStatus, ...(verificationStatus?.coding ?? []).map(({ code }) => code)]
  return codes.some((code) => correcting.has(code)) ? 'correction' : 'update'
}
