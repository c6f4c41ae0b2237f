import type { Resource } from '@chesil/fhir'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../deps.ts'
import { createAccesses, type SourceAccess } from '../source-access.ts'
import { sourceTokenRoutes } from '../source-token.ts'
import type { TrustState } from '../trust/trust-world.ts'
import { fhirRoot, tokenUrl } from './access.ts'
import { capabilityStatement, itemTypes } from './capability.ts'
import { findItems, findPatients } from './find.ts'
import { misbehave, misled } from './misbehave.ts'
import { refuse, send } from './reply.ts'
import { changedWithin, type Query, searchPage, valuesOf } from './search.ts'

interface TrustRequest {
  Params: { readonly odsCode: string; readonly type: string; readonly id: string }
  Querystring: Query
}

/** Every trust's UK Core R4 endpoint and its tokens, each below its ODS code. */
export function trustRoutes(deps: Deps): FastifyPluginAsyncTypebox {
  const { trustWorld, publicUrl } = deps
  const accessOf = createAccesses(
    (odsCode) => ({ root: fhirRoot(publicUrl(), odsCode), tokenUrl: tokenUrl(publicUrl(), odsCode) }),
    deps
  )

  return async (app) => {
    app.setNotFoundHandler((_request, reply) => refuse(reply, 404))
    app.register(sourceTokenRoutes((odsCode) => trustWorld.findTrust(odsCode) !== undefined, accessOf))
    app.register(fhirRoutes(deps, accessOf), { prefix: '/:odsCode/FHIR/R4' })
  }
}

type Access = (odsCode: string) => SourceAccess

function fhirRoutes(deps: Deps, accessOf: Access): FastifyPluginAsyncTypebox {
  const { trustWorld, world, publicUrl, now } = deps
  const readTrust = ({ params }: FastifyRequest<TrustRequest>) =>
    trustWorld.findTrust(params.odsCode) as TrustState

  return async (app) => {
    app.addHook<TrustRequest>('preHandler', async (request, reply) => {
      const trust = trustWorld.findTrust(request.params.odsCode)
      if (!trust) return refuse(reply, 404)
      trust.requests += 1
      if (await misbehave(trust, reply)) return reply
      return (await isAllowed(request, trust, accessOf)) ? undefined : refuse(reply, 401)
    })

    app.get<TrustRequest>('/metadata', async ({ params }, reply) => {
      const at = new Date(now()).toISOString()
      return send(reply, capabilityStatement(tokenUrl(publicUrl(), params.odsCode), at))
    })
    app.get<TrustRequest>('/Patient', async (request, reply) => {
      if (valuesOf(request.query, 'identifier').length !== 1)
        return refuse(reply, 400, 'identifier has to be given once')
      const found = findPatients(readTrust(request), request.query, world)
      return answerSearch(request, reply, { found, trust: readTrust(request), publicUrl })
    })
    for (const type of itemTypes) {
      app.get<TrustRequest>(`/${type}`, async (request, reply) => {
        const { query } = request
        if (valuesOf(query, 'patient').length !== 1) return refuse(reply, 400, 'patient has to be given once')
        const found = findItems(readTrust(request), { type, query }, world)
        return answerSearch(request, reply, { found, trust: readTrust(request), publicUrl })
      })
    }
    app.get<TrustRequest>('/:type/:id', async (request, reply) => {
      const { type, id } = request.params
      const resource = readTrust(request).resources.findByName(`${type}/${id}`)
      return resource ? send(reply, resource) : refuse(reply, 404)
    })
  }
}

async function isAllowed(
  { url, headers }: FastifyRequest,
  { trust, behaviour }: TrustState,
  accessOf: Access
): Promise<boolean> {
  if (url.endsWith('/metadata')) return true
  return behaviour.kind !== 'unauthorised' && accessOf(trust.odsCode).isAuthorised(headers.authorization)
}

interface Found {
  readonly found: readonly Resource[]
  readonly trust: TrustState
  readonly publicUrl: () => string
}

function answerSearch(
  request: FastifyRequest<TrustRequest>,
  reply: FastifyReply,
  { found, trust, publicUrl }: Found
): FastifyReply {
  const { query, url, protocol, host } = request
  const changed = changedWithin(found, valuesOf(query, '_lastUpdated'))
  if (!changed) return refuse(reply, 400, '_lastUpdated cannot be read')
  // Who comes through a proxy knows us by the proxy's address.
  const origin = new URL(publicUrl()).host === host ? publicUrl() : `${protocol}://${host}`
  const root = fhirRoot('', trust.trust.odsCode)
  const path = url.slice(url.indexOf(root))
  return send(reply, misled(searchPage(changed, { url: `${origin}${path}`, query }), trust))
}
