import { createHash } from 'node:crypto'
import type { Reader } from '@chesil/access-tokens'
import { decideGate, decideGateWithoutPds } from '@chesil/care-record'
import { isOutcomeError, type NhsNumber, OutcomeError } from '@chesil/fhir'
import type { PersonState } from '@chesil/record-store'
import type { Deps } from '../deps.ts'

/** A person whose gate is open for this reader. */
export interface OpenPerson {
  readonly state: PersonState
  /** False while PDS cannot say whether the person has been restricted since, and of somebody it has not verified. */
  readonly withAddress: boolean
  /** Only a source's own number names them: what it claims of them, PDS has not confirmed. */
  readonly isUnverified: boolean
}

/** In whose name PDS is asked. */
export interface TraceContext {
  readonly reader: Reader
  readonly requestId: string
}

/**
 * The name under which one session's own data is kept: what a `session` source says to one reader in one
 * session is for nobody else.
 */
export function sessionAuthority({ userId, sessionId }: Reader): string {
  return `session-${createHash('sha256').update(`${userId}\n${sessionId}`).digest('base64url').slice(0, 32)}`
}

/**
 * Passes the person gate, asking PDS first where the last trace is too old.
 *
 * @returns `closed` for everybody who must not be shown, without saying why.
 * @throws OutcomeError `unavailable` for somebody never traced while PDS cannot be asked.
 */
export async function passGate(
  state: PersonState,
  context: TraceContext,
  deps: Pick<Deps, 'states' | 'tracing' | 'now'>
): Promise<OpenPerson | 'closed'> {
  if (decideGate(state, deps.now()) === 'open') return openPerson(state)
  // What is cached may be old: an objection withdrawn since, or a trace that another reader waited for.
  const present = await deps.states.read(state.patientId, sessionAuthority(context.reader))
  if (!present) return 'closed'
  const verdict = decideGate(present, deps.now())
  if (verdict === 'open') return openPerson(present)
  if (verdict === 'closed') return 'closed'
  try {
    for (const nhsNumber of numbersToTrace(present)) await deps.tracing.trace(nhsNumber, context)
  } catch (error) {
    return withoutPds(present, error)
  }
  const traced = await deps.states.read(present.patientId, sessionAuthority(context.reader))
  if (!traced || decideGate(traced, deps.now()) !== 'open') return 'closed'
  return openPerson(traced)
}

function openPerson(state: PersonState): OpenPerson {
  const isUnverified = state.claims !== undefined
  return { state, withAddress: !isUnverified, isUnverified }
}

/** Whoever PDS knows by none is asked about by the numbers that messages claim for them. */
const numbersToTrace = ({ nhsNumber, claims = [] }: PersonState): readonly NhsNumber[] =>
  nhsNumber ? [nhsNumber] : claims.map((claim) => claim.nhsNumber)

function withoutPds(state: PersonState, error: unknown): OpenPerson | 'closed' {
  if (!isOutcomeError(error)) throw error
  const verdict = decideGateWithoutPds(state)
  if (verdict === 'refused') throw pdsAway(error)
  return verdict === 'closed' ? 'closed' : { ...openPerson(state), withAddress: false }
}

export const pdsAway = (cause: OutcomeError): OutcomeError =>
  new OutcomeError('unavailable', 'The Personal Demographics Service cannot be asked just now: try again', {
    cause
  })

/**
 * First contact by NHS number: PDS is asked about somebody we do not know, and they become a person here if
 * PDS knows them.
 *
 * @returns the person's id; `undefined` for a number that is nobody's.
 * @throws OutcomeError `unavailable` while PDS cannot be asked.
 */
export async function findOrTrace(
  nhsNumber: NhsNumber,
  context: TraceContext,
  { tracing }: Pick<Deps, 'tracing'>
): Promise<string | undefined> {
  const known = await tracing.findKnown(nhsNumber)
  if (known) return known
  try {
    return await tracing.trace(nhsNumber, context)
  } catch (error) {
    if (isOutcomeError(error) && error.kind !== 'unavailable') throw pdsAway(error)
    throw error
  }
}
