import type { Interaction } from '@chesil/access-tokens'
import { OutcomeError } from '@chesil/fhir'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import {
  type AuthenticationDeps,
  admitPartner,
  checkSignature,
  partnerIdOf
} from '../partners/authenticate.ts'
import type { KnownPartner } from '../partners/known-partners.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a partner's token must let it do with its subscriptions; `public`: anybody may ask. */
    needs?: Interaction | 'public'
  }
}

const nothing = Buffer.alloc(0)
const decoder = new TextDecoder('utf-8', { fatal: true })

/**
 * Puts every route of a scope behind a partner's signature or token. A route that does not say what it needs stops the
 * service at start. Bodies are JSON, and signed as the bytes they came as.
 */
export function guardPartners(scope: FastifyInstance, deps: AuthenticationDeps): void {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser(
    ['application/fhir+json', 'application/json'],
    { parseAs: 'buffer' },
    async (_: unknown, body: Buffer) => body
  )
  scope.addHook('onRoute', ({ method, url, config }) => {
    if (!config?.needs) throw new Error(`${method} ${url} does not say what it needs`)
  })
  scope.addHook('onRequest', async (request) => {
    const { needs } = request.routeOptions.config
    if (needs === 'public') return
    const needed = { resourceType: 'Subscription', interaction: needs as Interaction }
    request.partner = await admitPartner(request, partnerIdOf(request), deps, needed)
  })
  scope.addHook('preValidation', async (request, reply) => {
    const body = Buffer.isBuffer(request.body) ? request.body : nothing
    if (request.partner) {
      checkSignature(request, body, request.partner, deps)
      await deps.limitPartner(request, reply)
    }
    request.body = body.length === 0 ? undefined : readJson(body)
  })
  // Schemas describe what is answered; to shape it is not their business.
  scope.setSerializerCompiler(() => (content) => JSON.stringify(content))
}

/** @throws Error on a route that needs no partner. */
export function partnerOf({ partner }: FastifyRequest): KnownPartner {
  if (!partner) throw new Error('This route has no partner')
  return partner
}

function readJson(body: Buffer): unknown {
  try {
    return JSON.parse(decoder.decode(body))
  } catch {
    throw new OutcomeError('invalid', 'The body is not JSON in UTF-8')
  }
}
