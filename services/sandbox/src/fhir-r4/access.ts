import { createAssertionVerifier, createTokenVerifier } from '@chesil/access-tokens'
import type { Deps } from '../deps.ts'

export const fhirRoot = (publicUrl: string, odsCode: string): string =>
  `${publicUrl}/trusts/${odsCode}/FHIR/R4`

export const tokenUrl = (publicUrl: string, odsCode: string): string =>
  `${publicUrl}/trusts/${odsCode}/oauth2/token`

/** Who may ask a trust's FHIR endpoint. */
export interface TrustAccess {
  /** @returns a bearer token, or `undefined` for an assertion that is not the client's. */
  exchange(assertion: string): Promise<string | undefined>
  isAuthorised(authorization: string | undefined): Promise<boolean>
}

export const tokenLifetimeSeconds = 300
const maxTokenAgeSeconds = 86_400

/** The client is the one that may ask PDS, under the same key; each trust's tokens are good for itself only. */
export function createTrustAccess(
  odsCode: string,
  { tokens, client, publicUrl, now }: Pick<Deps, 'tokens' | 'client' | 'publicUrl' | 'now'>
): TrustAccess {
  const audience = fhirRoot(publicUrl(), odsCode)
  const verifyAssertion = createAssertionVerifier({
    audience: tokenUrl(publicUrl(), odsCode),
    findKeys: (id) => (id === client.id ? client.keys : undefined),
    now
  })
  const verifyToken = createTokenVerifier({
    issuer: tokens.issuerUrl(),
    audience,
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
        .issue({ sub: id, client_id: id }, { audience, expiresInSeconds: tokenLifetimeSeconds })
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
