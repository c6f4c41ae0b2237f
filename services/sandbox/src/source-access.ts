import { createAssertionVerifier, createTokenVerifier } from '@chesil/access-tokens'
import type { Deps } from './deps.ts'

/** Who may ask an endpoint of a trust or a council. */
export interface SourceAccess {
  /** @returns a bearer token, or `undefined` for an assertion that is not the client's. */
  exchange(assertion: string): Promise<string | undefined>
  isAuthorised(authorization: string | undefined): Promise<boolean>
}

export interface SourceAddresses {
  /** The endpoint itself: `aud` of its tokens. */
  readonly root: string
  readonly tokenUrl: string
}

export const tokenLifetimeSeconds = 300
const maxTokenAgeSeconds = 86_400

/** The client is the one that may ask PDS, under the same key; each source's tokens are good for itself only. */
export function createSourceAccess(
  { root, tokenUrl }: SourceAddresses,
  { tokens, client, now }: Pick<Deps, 'tokens' | 'client' | 'now'>
): SourceAccess {
  const verifyAssertion = createAssertionVerifier({
    audience: tokenUrl,
    findKeys: (id) => (id === client.id ? client.keys : undefined),
    now
  })
  const verifyToken = createTokenVerifier({
    issuer: tokens.issuerUrl(),
    audience: root,
    jwksUrl: `${tokens.issuerUrl()}/jwks`,
    fetchJwks: async () => Response.json(tokens.issuer().jwks()),
    maxTokenAgeSeconds,
    now
  })
  return {
    async exchange(assertion) {
      const id = await verifyAssertion(assertion).catch(() => undefined)
      if (id === undefined) return undefined
      return tokens
        .issuer()
        .issue({ sub: id, client_id: id }, { audience: root, expiresInSeconds: tokenLifetimeSeconds })
    },
    isAuthorised(authorization = '') {
      const [, token = ''] = /^Bearer (\S+)$/.exec(authorization) ?? []
      return verifyToken(token).then(
        () => true,
        () => false
      )
    }
  }
}

/** One for each source, made when it is first asked: our own address is known by then. */
export function createAccesses(
  addressesOf: (odsCode: string) => SourceAddresses,
  deps: Pick<Deps, 'tokens' | 'client' | 'now'>
): (odsCode: string) => SourceAccess {
  const accesses = new Map<string, SourceAccess>()
  return (odsCode) => {
    const access = accesses.get(odsCode) ?? createSourceAccess(addressesOf(odsCode), deps)
    accesses.set(odsCode, access)
    return access
  }
}
