import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Value from 'typebox/value'
import type { Deps } from '../deps.ts'
import { TokenForm } from '../issuer/routes.ts'
import { type TrustAccess, tokenLifetimeSeconds } from './access.ts'

interface OfTrust {
  Params: { readonly odsCode: string }
}

/** Each trust's own token endpoint: client credentials, by a signed assertion. */
export function trustTokenRoutes(
  { trustWorld }: Deps,
  accessOf: (odsCode: string) => TrustAccess
): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string' },
      (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(String(body))))
    )

    app.post<OfTrust>('/:odsCode/oauth2/token', async ({ params, body }, reply) => {
      reply.header('cache-control', 'no-store')
      if (!trustWorld.findTrust(params.odsCode)) return reply.code(404).send({ error: 'invalid_request' })
      if (!Value.Check(TokenForm, body)) return reply.code(400).send({ error: 'invalid_request' })
      const token = await accessOf(params.odsCode).exchange(body.client_assertion)
      if (token === undefined) return reply.code(401).send({ error: 'invalid_client' })
      return { access_token: token, token_type: 'Bearer', expires_in: tokenLifetimeSeconds }
    })
  }
}
