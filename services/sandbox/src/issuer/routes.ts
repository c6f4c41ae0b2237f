import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import Value from 'typebox/value'
import type { Deps } from '../deps.ts'
import { readBody } from '../request-body.ts'
import { issueReaderToken, ReaderTokenRequest } from './reader-token.ts'
import { CodeForm, createStaffSignIn, staffSignInRoutes } from './staff-sign-in.ts'

/** As a client asks for a token, here and at a trust. */
export const TokenForm = Type.Object({
  grant_type: Type.Literal('client_credentials'),
  client_assertion_type: Type.Literal('urn:ietf:params:oauth:client-assertion-type:jwt-bearer'),
  client_assertion: Type.String({ minLength: 1 }),
  scope: Type.Optional(Type.String())
})

/** As on the NHS API platform, which says it in text. */
const lifetimeSeconds = 600

/** An authorisation server: keys, tokens for the client that may ask PDS, and readers' tokens for whoever asks. */
export function issuerRoutes({ tokens, tokenAudience }: Deps): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string' },
      (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(String(body))))
    )

    app.get('/.well-known/openid-configuration', async () => {
      const issuer = tokens.issuerUrl()
      return {
        issuer,
        jwks_uri: `${issuer}/jwks`,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        end_session_endpoint: `${issuer}/end-session`,
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['ES256', 'ES384', 'RS384'],
        code_challenge_methods_supported: ['S256'],
        grant_types_supported: ['client_credentials', 'authorization_code'],
        token_endpoint_auth_methods_supported: ['private_key_jwt', 'none'],
        token_endpoint_auth_signing_alg_values_supported: ['RS384', 'ES384', 'RS512']
      }
    })

    const signIn = createStaffSignIn(tokens)
    staffSignInRoutes(app, signIn)

    app.get('/jwks', async () => tokens.issuer().jwks())

    app.post('/token', async (request, reply) => {
      reply.header('cache-control', 'no-store')
      if (Value.Check(CodeForm, request.body)) {
        const answer = await signIn.redeem(request.body)
        return answer ?? reply.code(400).send({ error: 'invalid_grant' })
      }
      if (!Value.Check(TokenForm, request.body)) return reply.code(400).send({ error: 'invalid_request' })
      const clientId = await tokens.verifyAssertion(request.body.client_assertion).catch(() => undefined)
      if (clientId === undefined) return reply.code(401).send({ error: 'invalid_client' })
      const token = await tokens
        .issuer()
        .issue(
          { sub: clientId, client_id: clientId },
          { audience: tokens.pdsAudience(), expiresInSeconds: lifetimeSeconds }
        )
      return { access_token: token, token_type: 'Bearer', expires_in: String(lifetimeSeconds - 1) }
    })

    app.post('/test-token', async ({ body }) => ({
      token: await issueReaderToken(readBody(ReaderTokenRequest, body), {
        issuer: tokens.issuer(),
        issuerUrl: tokens.issuerUrl(),
        audience: tokenAudience
      })
    }))
  }
}
