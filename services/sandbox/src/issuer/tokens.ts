import {
  type Claims,
  createAssertionVerifier,
  createTokenIssuer,
  createTokenVerifier,
  type SigningKey
} from '@chesil/access-tokens'
import type { ClientKeys } from './client-keys.ts'

export type TokenIssuer = ReturnType<typeof createTokenIssuer>

/** The issuer, and PDS as its customer. All of it waits for the address we listen on, which is part of every token. */
export interface Tokens {
  issuerUrl(): string
  issuer(): TokenIssuer
  /** `aud` of the tokens that PDS takes. */
  pdsAudience(): string
  /** @returns the client's id. @throws OutcomeError `unauthenticated`. */
  verifyAssertion(assertion: string): Promise<string>
  /** @throws OutcomeError `unauthenticated`. */
  verifyPdsToken(token: string): Promise<Claims>
}

export interface TokensOptions {
  readonly key: SigningKey
  readonly clientId: string
  readonly clientKeys: ClientKeys
  readonly publicUrl: () => string
  /** Milliseconds since 1970: `Date.now`. */
  readonly now: () => number
  readonly newId: () => string
}

const maxTokenAgeSeconds = 86_400

export function createTokens({ key, clientId, clientKeys, publicUrl, now, newId }: TokensOptions): Tokens {
  const issuerUrl = () => `${publicUrl()}/issuer`
  const pdsAudience = () => `${publicUrl()}/personal-demographics/FHIR/R4`
  const issuer = once(() => createTokenIssuer({ issuer: issuerUrl(), keys: [key], now, newId }))
  const verifyAssertion = once(() =>
    createAssertionVerifier({
      audience: `${issuerUrl()}/token`,
      findKeys: (client) => (client === clientId ? clientKeys : undefined),
      now
    })
  )
  const verifyPdsToken = once(() =>
    createTokenVerifier({
      issuer: issuerUrl(),
      audience: pdsAudience(),
      jwksUrl: `${issuerUrl()}/jwks`,
      fetchJwks: async () => Response.json(issuer().jwks()),
      maxTokenAgeSeconds,
      now
    })
  )
  return {
    issuerUrl,
    issuer,
    pdsAudience,
    verifyAssertion: (assertion) => verifyAssertion()(assertion),
    verifyPdsToken: (token) => verifyPdsToken()(token)
  }
}

function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
