import type { NhsNumber } from '@chesil/fhir'

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
  /**
   * Of somebody whom only a source's own number names: the NHS numbers that its messages claim. Absent for a
   * person of whom PDS knows a number.
   */
  readonly claims?: readonly ClaimedNumber[]
}

/** An NHS number that messages claim for somebody whom PDS has not verified. */
export interface ClaimedNumber {
  readonly nhsNumber: NhsNumber
  /** What PDS last said of the number's holder; absent before it was asked, and of a number that it does not know. */
  readonly trace?: PdsTrace
  /** PDS knows no such number. */
  readonly isNobodys: boolean
}

/** @param now Milliseconds since 1970. */
export function decideGate({ trace, objection, claims }: GateFacts, now: number): GateVerdict {
  if (objection) return 'closed'
  if (claims && !trace) return worst(claims.map((claim) => decideClaim(claim, now)))
  if (!trace || now - trace.tracedAt > traceValidMs) return 'trace'
  return trace.status === 'unrestricted' ? 'open' : 'closed'
}

/** A number that may be a restricted person's closes the record of whoever a source gives it to. */
function decideClaim({ trace, isNobodys }: ClaimedNumber, now: number): GateVerdict {
  if (isNobodys) return 'open'
  if (!trace || now - trace.tracedAt > traceValidMs) return 'trace'
  return isClosing(trace.status) ? 'closed' : 'open'
}

/** That a number is not in use says nothing of the person, where PDS has not verified that it is theirs. */
const isClosing = (status: PdsStatus): boolean =>
  status === 'restricted' || status === 'very-restricted' || status === 'redacted'

const worst = (verdicts: readonly GateVerdict[]): GateVerdict =>
  (['closed', 'trace'] as const).find((verdict) => verdicts.includes(verdict)) ?? 'open'

/**
 * What holds while PDS cannot be asked and the last trace is too old: somebody last known as unrestricted
 * is served without an address, and the answer says so; somebody never traced is refused.
 */
export function decideGateWithoutPds({
  trace,
  objection,
  claims
}: GateFacts): 'open-without-address' | 'closed' | 'refused' {
  if (objection) return 'closed'
  if (claims && !trace) return decideClaimsWithoutPds(claims)
  if (!trace) return 'refused'
  return trace.status === 'unrestricted' ? 'open-without-address' : 'closed'
}

function decideClaimsWithoutPds(claims: readonly ClaimedNumber[]) {
  if (claims.some(({ trace }) => trace && isClosing(trace.status))) return 'closed'
  return claims.every(({ trace, isNobodys }) => trace ?? isNobodys) ? 'open-without-address' : 'refused'
}
