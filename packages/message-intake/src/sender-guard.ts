import { type Claims, grants, parseScopes } from '@chesil/access-tokens'
import { findOdsCode, OutcomeError } from '@chesil/fhir'
import type { FastifyInstance, FastifyRequest } from 'fastify'

/** What a route takes in, and the type a token must have `system/{type}.c` for. */
export interface IntakeRule {
  readonly interaction: string
  readonly needs: string
}

declare module 'fastify' {
  interface FastifyContextConfig {
    rule?: IntakeRule
  }
  interface FastifyRequest {
    /** ODS code of the organisation whose system sends; set by the guard before any handler runs. */
    sendingOrganisation: string | undefined
  }
}

/**
 * Puts every route of a scope behind the guard: a verified token of a system, the scope that the route's rule
 * needs, and the organisation it speaks for. A route without a rule stops the service at start.
 */
export function guardSenders(
  scope: FastifyInstance,
  { verifyToken, onRefused }: { verifyToken: (token: string) => Promise<Claims>; onRefused: () => void }
): void {
  scope.decorateRequest('sendingOrganisation', undefined)
  scope.addHook('onRoute', ({ method, url, config }) => {
    if (!config?.rule) throw new Error(`${method} ${url} names no access rule`)
  })
  // Before the body is read: nobody unknown makes us hold megabytes.
  scope.addHook('onRequest', async (request) => {
    try {
      const claims = await verifyToken(bearerToken(request))
      request.sendingOrganisation = authorise(claims, request.routeOptions.config.rule as IntakeRule)
    } catch (error) {
      onRefused()
      throw error
    }
  })
}

/** @throws OutcomeError `forbidden`, saying what is missing. */
function authorise(claims: Claims, { needs }: IntakeRule): string {
  const scopes = typeof claims['scope'] === 'string' ? parseScopes(claims['scope']) : []
  if (!grants(scopes, needs, 'c', ['system'])) {
    throw new OutcomeError('forbidden', `The token lacks the scope system/${needs}.c`)
  }
  const organisation =
    typeof claims['organisation'] === 'string' ? findOdsCode(claims['organisation']) : undefined
  if (organisation === undefined) throw new OutcomeError('forbidden', 'The token names no organisation')
  return organisation
}

/** Of a request that the guard has let through. */
export function maySendFor(request: FastifyRequest): string {
  if (request.sendingOrganisation === undefined)
    throw new OutcomeError('forbidden', 'Nobody is known to send')
  return request.sendingOrganisation
}

function bearerToken(request: FastifyRequest): string {
  const match = /^Bearer +([\w.~+/=-]+)$/i.exec(request.headers.authorization ?? '')
  if (!match?.[1]) throw new OutcomeError('unauthenticated', 'A bearer token is needed')
  return match[1]
}
