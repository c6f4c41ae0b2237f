import { type JSONWebKeySet, SignJWT } from 'jose'
import type { SigningKey } from './signing-key.ts'

/** For the sandbox and tests. In a deployment tokens come from the identity provider. */
export interface TokenIssuerOptions {
  readonly issuer: string
  /** The first signs; all are published, as while keys are being changed. */
  readonly keys: readonly [SigningKey, ...SigningKey[]]
  /** Milliseconds since 1970: `Date.now`. */
  readonly now: () => number
  readonly newId: () => string
}

export interface IssueOptions {
  readonly audience: string
  /** Negative for a token that has already ended; absent for one that has no `exp` at all. */
  readonly expiresInSeconds?: number
  /** Default `at+jwt`. */
  readonly typ?: string
}

/** @returns what an authorisation server has: a key set to publish, and tokens signed with it. */
export function createTokenIssuer({ issuer, keys, now, newId }: TokenIssuerOptions) {
  const [key] = keys
  return {
    jwks: (): JSONWebKeySet => ({ keys: keys.map(({ publicJwk }) => publicJwk) }),

    /** @param claims Beside `iss`, `aud`, `iat`, `jti` and `exp`, which they may overrule. */
    issue(claims: Readonly<Record<string, unknown>>, options: IssueOptions): Promise<string> {
      const issuedAt = Math.floor(now() / 1000)
      const { audience, expiresInSeconds, typ = 'at+jwt' } = options
      const exp = expiresInSeconds === undefined ? {} : { exp: issuedAt + expiresInSeconds }
      return new SignJWT({ iss: issuer, aud: audience, iat: issuedAt, jti: newId(), ...exp, ...claims })
        .setProtectedHeader({ alg: key.algorithm, kid: key.kid, typ })
        .sign(key.privateKey)
    }
  }
}
