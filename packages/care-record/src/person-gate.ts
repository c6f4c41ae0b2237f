/**
 * The person gate: whether anything about this person may be asked for, served, searched, counted or
 * notified. It comes before everything else, and PDS decides it.
 *
 * @see https://digital.nhs.uk/developer/api-catalogue/personal-demographics-service-fhir
 */
export type PdsStatus =
  | 'unrestricted'
  | 'restricted'
  | 'very-restricted'
  | 'redacted'
  /** PDS says that the number must not be used. */
  | 'invalidated'
  /** PDS has no such person, though we had one. */
  | 'not-found'

/** What PDS last said about a person. */
export interface PdsTrace {
  readonly status: PdsStatus
  /** Milliseconds since 1970. */
  readonly tracedAt: number
}

/** Before any pull or answer the status is at most this old. */
export const traceValidMs = 24 * 60 * 60 * 1000

/**
 * - `open`: go on
 * - `closed`: no source is asked, nothing is served; the answer is the same as for nobody
 * - `trace`: ask PDS first, then decide again
 */
export type GateVerdict = 'open' | 'closed' | 'trace'

export interface GateFacts {
  /** Absent for somebody who was never traced. */
  readonly trace: PdsTrace | undefined
  /** Whether a whole-record objection (`consent_directive`) stands. */
  readonly objection: boolean
}

/** @param now Milliseconds since 1970. */
export function decideGate({ trace, objection }: GateFacts, now: number): GateVerdict {
  if (objection) return 'closed'
  if (!trace || now - trace.tracedAt > traceValidMs) return 'trace'
  return trace.status === 'unrestricted' ? 'open' : 'closed'
}

/**
 * What holds while PDS cannot be asked and the last trace is too old: somebody last known as unrestricted
 * is served without an address, and the answer says so; somebody never traced is refused.
 */
export function decideGateWithoutPds({
  trace,
  objection
}: GateFacts): 'open-without-address' | 'closed' | 'refused' {
  if (objection) return 'closed'
  if (!trace) return 'refused'
  return trace.status === 'unrestricted' ? 'open-without-address' : 'closed'
}
