import { isOutcomeError, type OutcomeError } from '@chesil/fhir'
import { errors, jwtVerify } from 'jose'
import type { Claims } from './claims.ts'
import type { Fetch } from './fetch.ts'
import { createKeySet } from './key-set.ts'
import { refuseToken, type TokenRefusal } from './refusal.ts'
import { checkTokenText } from './token-text.ts'
import { createVerifiedTokens } from './verified-tokens.ts'

export const verifyAlgorithms = ['RS256', 'RS384', 'PS256', 'ES256', 'ES384'] as const
export type VerifyAlgorithm = (typeof verifyAlgorithms)[number]

export interface TokenVerifierOptions {
  /** Exactly as in `iss`. */
  readonly issuer: string
  /** Exactly as in `aud`: our own address, as the issuer knows us. */
  readonly audience: string
  readonly jwksUrl: string
  readonly fetchJwks: Fetch
  /** Default: all of `verifyAlgorithms`. */
  readonly algorithms?: readonly VerifyAlgorithm[]
  /** Accepted `typ` headers; default `['at+jwt']`. Add `jwt` only for an issuer that cannot send the other. */
  readonly types?: readonly string[]
  /** Since `iat`, whatever `exp` says. */
  readonly maxTokenAgeSeconds: number
  /** Milliseconds since 1970: `Date.now`. */
  readonly now: () => number
}

/** jose takes a token without `exp` unless it is told. */
const requiredClaims = ['iss', 'sub', 'aud', 'exp', 'iat', 'jti']
const clockToleranceSeconds = 5
const verifiedCapacity = 10_000

/**
 * Verifies access tokens of one issuer.
 *
 * @returns a function from a compact JWT to its claims. It throws OutcomeError `unauthenticated`, whose
 *   reason `findTokenRefusal` gives, or `unavailable` when the issuer's keys cannot be had.
 * @see https://www.rfc-editor.org/rfc/rfc9068
 */
export function createTokenVerifier(options: TokenVerifierOptions): (token: string) => Promise<Claims> {
  const keys = createKeySet({ url: options.jwksUrl, fetch: options.fetchJwks, now: options.now })
  const verified = createVerifiedTokens({ capacity: verifiedCapacity, now: options.now })
  const types = (options.types ?? ['at+jwt']).map((type) => type.toLowerCase())

  return async (token) => {
    const known = verified.find(token)
    if (known) return known
    checkTokenText(token, types)
    try {
      const { payload } = await jwtVerify<Claims>(token, keys, {
        issuer: options.issuer,
        audience: options.audience,
        algorithms: [...(options.algorithms ?? verifyAlgorithms)],
        requiredClaims,
        maxTokenAge: options.maxTokenAgeSeconds,
        clockTolerance: clockToleranceSeconds,
        currentDate: new Date(options.now())
      })
      checkStrings(payload)
      verified.keep(token, payload)
      return payload
    } catch (error) {
      throw toRefusal(error)
    }
  }
}

/** jose checks that these are there, not that they are text. */
function checkStrings(claims: Claims): void {
  for (const name of ['sub', 'jti'] as const) {
    if (typeof claims[name] !== 'string' || claims[name] === '') throw refuseToken('claim-invalid', name)
  }
}

const refusalsByCode: ReadonlyMap<string, TokenRefusal> = new Map([
  ['ERR_JOSE_ALG_NOT_ALLOWED', 'algorithm'],
  ['ERR_JOSE_NOT_SUPPORTED', 'algorithm'],
  ['ERR_JWKS_NO_MATCHING_KEY', 'unknown-key'],
  ['ERR_JWKS_MULTIPLE_MATCHING_KEYS', 'unknown-key'],
  ['ERR_JWS_SIGNATURE_VERIFICATION_FAILED', 'signature'],
  ['ERR_JWS_INVALID', 'malformed'],
  ['ERR_JWT_INVALID', 'malformed']
])

const refusalsByClaim: ReadonlyMap<string, TokenRefusal> = new Map([
  ['iss', 'issuer'],
  ['aud', 'audience'],
  ['nbf', 'not-yet-valid'],
  ['iat', 'not-yet-valid']
])

/** @returns the error itself when it is a defect, to be thrown on. */
export function toRefusal(error: unknown): OutcomeError | unknown {
  if (isOutcomeError(error)) return error
  if (error instanceof errors.JWTExpired) return refuseToken(error.claim === 'exp' ? 'expired' : 'too-old')
  if (error instanceof errors.JWTClaimValidationFailed) return claimRefusal(error)
  const refusal = error instanceof errors.JOSEError ? refusalsByCode.get(error.code) : undefined
  return refusal === undefined ? error : refuseToken(refusal)
}

function claimRefusal({ claim, reason }: errors.JWTClaimValidationFailed): OutcomeError {
  if (reason === 'missing') return refuseToken('claim-missing', claim)
  const refusal = reason === 'check_failed' ? refusalsByClaim.get(claim) : undefined
  return refusal === undefined ? refuseToken('claim-invalid', claim) : refuseToken(refusal)
}
