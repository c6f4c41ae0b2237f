import { OutcomeError } from '@chesil/fhir'

/** Why a token was refused: a low-cardinality word for audit and metrics, and the sentence its bearer may read. */
const refusals = {
  'too-large': 'Token is too large',
  malformed: 'Token is not a signed JWT',
  'duplicate-member': 'Token names a header or claim twice',
  'foreign-key': 'Token brings or names its own key',
  critical: 'Token asks for extensions that are not supported',
  type: 'Token is not an access token',
  algorithm: 'Token is not signed with an accepted algorithm',
  'unknown-key': 'Token is signed with a key that its issuer does not publish',
  signature: 'Token signature does not match',
  expired: 'Token is expired',
  'not-yet-valid': 'Token is not valid yet',
  'too-old': 'Token was issued too long ago',
  issuer: 'Token is from another issuer',
  audience: 'Token is for another audience',
  'claim-missing': 'Token lacks a claim',
  'claim-invalid': 'Token has a claim that cannot be read',
  'organisation-conflict': 'Token names two organisations',
  'role-not-selected': 'Token does not say which of its roles is meant',
  'lives-too-long': 'Client assertion lives too long',
  replayed: 'Client assertion was used before'
} as const

export type TokenRefusal = keyof typeof refusals

/**
 * @param claim Its name, never its value.
 * @returns an `unauthenticated` error. Its cause holds the reason and nothing else: the errors of jose
 *   carry the whole claims set, and an error is logged.
 */
export function refuseToken(refusal: TokenRefusal, claim?: string): OutcomeError {
  const message = claim === undefined ? refusals[refusal] : `${refusals[refusal]}: ${claim}`
  return new OutcomeError('unauthenticated', message, { cause: { refusal } })
}

/** @returns `undefined` when the error is not the refusal of a token. */
export function findTokenRefusal(error: unknown): TokenRefusal | undefined {
  if (!(error instanceof OutcomeError) || typeof error.cause !== 'object' || error.cause === null) return
  const refusal = 'refusal' in error.cause ? error.cause.refusal : undefined
  return typeof refusal === 'string' && Object.hasOwn(refusals, refusal)
    ? (refusal as TokenRefusal)
    : undefined
}
