import { SignJWT } from 'jose'
import type { SigningKey } from './signing-key.ts'

export interface ClientAssertionOptions {
  readonly key: SigningKey
  /** Our client id at that server: `iss` and `sub`. */
  readonly issuer: string
  /** The token endpoint, to the letter. */
  readonly audience: string
  /** At most 300, which is the default. */
  readonly lifetimeSeconds?: number
  /** Milliseconds since 1970: `Date.now`. */
  readonly now: () => number
  /** A new UUID: a server refuses a `jti` it has seen. */
  readonly newId: () => string
}

export const maxAssertionSeconds = 300

/**
 * How Chesil proves to a token endpoint who it is (`private_key_jwt`).
 *
 * @returns a function that signs a new assertion each time.
 * @see https://hl7.org/fhir/smart-app-launch/client-confidential-asymmetric.html
 */
export function createClientAssertion(options: ClientAssertionOptions): () => Promise<string> {
  const { key, issuer, audience } = options
  const lifetimeSeconds = Math.min(options.lifetimeSeconds ?? maxAssertionSeconds, maxAssertionSeconds)
  return () => {
    const issuedAt = Math.floor(options.now() / 1000)
    return new SignJWT({ iss: issuer, sub: issuer, aud: audience, jti: options.newId() })
      .setProtectedHeader({ alg: key.algorithm, kid: key.kid, typ: 'JWT' })
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + lifetimeSeconds)
      .sign(key.privateKey)
  }
}
