import { createLocalJWKSet, decodeJwt, type JSONWebKeySet, jwtVerify } from 'jose'
import { maxAssertionSeconds } from './client-assertion.ts'
import { refuseToken } from './refusal.ts'
import { checkTokenText } from './token-text.ts'
import { toRefusal } from './token-verifier.ts'

export interface AssertionVerifierOptions {
  /** Our token endpoint, to the letter. */
  readonly audience: string
  /** @returns `undefined` for a client that is not registered. */
  readonly findKeys: (clientId: string) => JSONWebKeySet | undefined
  /** Milliseconds since 1970: `Date.now`. */
  readonly now: () => number
}

const algorithms = ['RS384', 'ES384', 'RS512']
const clockToleranceSeconds = 5

/**
 * Verifies the assertions with which registered clients prove who they are (`private_key_jwt`): short-lived,
 * and each of them once. Which were used is known to this process only.
 *
 * @returns a function from an assertion to the client's id; it throws OutcomeError `unauthenticated`.
 * @see https://hl7.org/fhir/smart-app-launch/client-confidential-asymmetric.html
 */
export function createAssertionVerifier(
  options: AssertionVerifierOptions
): (assertion: string) => Promise<string> {
  /** When each may be forgotten, by client and `jti`, in milliseconds since 1970. */
  const used = new Map<string, number>()

  function useOnce(key: string, until: number): void {
    for (const [old, end] of used) if (end < options.now()) used.delete(old)
    if (used.has(key)) throw refuseToken('replayed')
    used.set(key, until)
  }

  return async (assertion) => {
    checkTokenText(assertion, ['jwt'])
    const { clientId, keys } = findClient(assertion, options)
    try {
      const { payload } = await jwtVerify<{ jti: string; exp: number; iat?: number }>(
        assertion,
        createLocalJWKSet(keys),
        {
          issuer: clientId,
          subject: clientId,
          audience: options.audience,
          algorithms,
          requiredClaims: ['exp', 'jti'],
          clockTolerance: clockToleranceSeconds,
          currentDate: new Date(options.now())
        }
      )
      const latest = Math.floor(options.now() / 1000) + maxAssertionSeconds + clockToleranceSeconds
      if (payload.exp > latest) throw refuseToken('lives-too-long')
      useOnce(JSON.stringify([clientId, payload.jti]), (payload.exp + clockToleranceSeconds) * 1000)
      return clientId
    } catch (error) {
      throw toRefusal(error)
    }
  }
}

/** The assertion says whose it is; only that client's keys are then believed. */
function findClient(assertion: string, { findKeys }: AssertionVerifierOptions) {
  const clientId = decodeJwt(assertion).iss
  const keys = typeof clientId === 'string' ? findKeys(clientId) : undefined
  if (clientId === undefined || keys === undefined) throw refuseToken('issuer')
  return { clientId, keys }
}
