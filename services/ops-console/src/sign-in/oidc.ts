import type { OutboundFetch } from '@chesil/source-clients'
import * as oidc from 'openid-client'

export interface OidcOptions {
  readonly issuer: string
  readonly clientId: string
  /** Absent for a public client. */
  readonly clientSecret?: string
  readonly rolesClaim: string
  readonly fetch: OutboundFetch
  /** Of the console, without a trailing slash. */
  readonly publicUrl: () => string
}

/** What has to be kept between leaving for the issuer and coming back. */
export interface Attempt {
  readonly state: string
  readonly nonce: string
  readonly verifier: string
}

export interface SignedIn {
  /** `sub` at the issuer. */
  readonly id: string
  readonly name: string
  readonly roles: readonly string[]
}

const timeoutMs = 5_000

/**
 * OpenID Connect with PKCE, by the issuer's own metadata. They are read when somebody first signs in: an issuer that is
 * away keeps no console from starting.
 */
export function createOidc(options: OidcOptions) {
  const { issuer, clientId, clientSecret, rolesClaim, fetch, publicUrl } = options
  let known: Promise<oidc.Configuration> | undefined
  const callback = () => `${publicUrl()}/sign-in/done`

  async function discover(): Promise<oidc.Configuration> {
    const authentication = clientSecret === undefined ? oidc.None() : oidc.ClientSecretPost(clientSecret)
    // Plain http is for issuers in ranges that an operator allows: `fetch` refuses it anywhere else.
    const execute = issuer.startsWith('http://') ? [oidc.allowInsecureRequests] : []
    return await oidc.discovery(new URL(issuer), clientId, undefined, authentication, {
      [oidc.customFetch]: through(fetch),
      execute
    })
  }

  const configuration = () => {
    known ??= discover().catch((error: unknown) => {
      known = undefined
      throw error
    })
    return known
  }

  return {
    /** @returns where to send somebody, and what to keep meanwhile. @throws where the issuer cannot be asked. */
    async begin(): Promise<{ readonly url: string; readonly attempt: Attempt }> {
      const attempt = {
        state: oidc.randomState(),
        nonce: oidc.randomNonce(),
        verifier: oidc.randomPKCECodeVerifier()
      }
      const url = oidc.buildAuthorizationUrl(await configuration(), {
        redirect_uri: callback(),
        scope: 'openid profile',
        state: attempt.state,
        nonce: attempt.nonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(attempt.verifier),
        code_challenge_method: 'S256'
      })
      return { url: url.href, attempt }
    },

    /**
     * @param query What the issuer sent back, e.g. `?code=…&state=…`.
     * @throws Error where it is not an answer to that attempt, or the issuer does not vouch for it.
     */
    async finish(query: string, { state, nonce, verifier }: Attempt): Promise<SignedIn> {
      const url = new URL(`${callback()}${query}`)
      const checks = {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true
      }
      const tokens = await oidc.authorizationCodeGrant(await configuration(), url, checks)
      const claims = tokens.claims()
      if (!claims) throw new Error('There is no ID token')
      const roles = claims[rolesClaim]
      return {
        id: claims.sub,
        name: typeof claims['name'] === 'string' ? claims['name'] : claims.sub,
        roles: Array.isArray(roles) ? roles.filter((role) => typeof role === 'string') : []
      }
    },

    /** @returns where to end the issuer's own session; the console's start where it has no such address. */
    async leave(): Promise<string> {
      const found = await configuration().catch(() => undefined)
      const home = `${publicUrl()}/`
      if (found?.serverMetadata().end_session_endpoint === undefined) return home
      return oidc.buildEndSessionUrl(found, { post_logout_redirect_uri: home }).href
    }
  }
}

/** By way of the address guard. */
const through =
  (outbound: OutboundFetch): oidc.CustomFetch =>
  async (url, { method, headers, body, signal }) =>
    await outbound(url, {
      method: method === 'POST' ? 'POST' : 'GET',
      headers,
      signal: signal ?? AbortSignal.timeout(timeoutMs),
      ...(body !== null && body !== undefined && { body: String(body) })
    })

export type Oidc = ReturnType<typeof createOidc>
