import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Value from 'typebox/value'
import { TokenForm } from './issuer/routes.ts'
import { type SourceAccess, tokenLifetimeSeconds } from './source-access.ts'

interface OfSource {
  Params: { readonly odsCode: string }
}

/** Each source's own token endpoint: client credentials, by a signed assertion. */
export function sourceTokenRoutes(
  isThere: (odsCode: string) => boolean,
  accessOf: (odsCode: string) => SourceAccess
): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string' },
      (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(String(body))))
    )

    app.post<OfSource>('/:odsCode/oauth2/token', async ({ params, body }, reply) => {
      reply.header('cache-control', 'no-store')
      if (!isThere(params.odsCode)) return reply.code(404).send({ error: 'invalid_request' })
      if (!Value.Check(TokenForm, body)) return reply.code(400).send({ error: 'invalid_request' })
      const token = await accessOf(params.odsCode).exchange(body.client_assertion)
      if (token === undefined) return reply.code(401).send({ error: 'invalid_client' })
      return { access_token: token, token_type: 'Bearer', expires_in: tokenLifetimeSeconds }
    })
  }
}
