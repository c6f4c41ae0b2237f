import { claimsToReader, findTokenRefusal, type Reader } from '@chesil/access-tokens'
import { isListedType } from '@chesil/care-record'
import { isOutcomeError, OutcomeError } from '@chesil/fhir'
import { sendError } from '@chesil/service-kit'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../deps.ts'
import { type Access, authorise, type RouteRule } from './access.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    rule?: RouteRule
    /** It answers with files in formats of their own, beside JSON. */
    servesFiles?: true
  }
  interface FastifyRequest {
    reader: Reader | undefined
    /** Set by the guard before any handler runs. */
    access: Access
    /** Whether this request has its audit row. */
    isAudited: boolean
  }
}

/**
 * Puts every route of a scope behind the guard: a verified token, the route's rule, and an audit row for
 * whatever is refused or fails. A route without a rule stops the service at start.
 */
export function guard(scope: FastifyInstance, deps: Pick<Deps, 'verifyToken' | 'audit' | 'onRefused'>): void {
  scope.decorateRequest('reader', undefined)
  scope.decorateRequest('isAudited', false)
  scope.addHook('onRoute', ({ method, url, config }) => {
    if (!config?.rule) throw new Error(`${method} ${url} names no access rule`)
  })
  scope.addHook('preValidation', async (request) => {
    request.reader = claimsToReader(await deps.verifyToken(bearerToken(request)))
    const rule = request.routeOptions.config.rule as RouteRule
    request.access = authorise(request.reader, rule, typeOf(request, rule))
  })
  scope.setErrorHandler(async (error: FastifyError, request, reply) =>
    answerError(error, request, reply, deps)
  )
}

/** An error is audited before it is answered; where that fails, that is the answer. */
async function answerError(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
  { audit, onRefused }: Pick<Deps, 'audit' | 'onRefused'>
) {
  const status = isOutcomeError(error) ? error.kind : 'failure'
  onRefused(findTokenRefusal(error) ?? status)
  if (request.isAudited) return sendError(error, request, reply)
  try {
    await audit.refusal(request, isOutcomeError(error) ? error.message : 'unexpected error')
  } catch (unaudited) {
    return sendError(unaudited as FastifyError, request, reply)
  }
  return sendError(error, request, reply)
}

function bearerToken(request: FastifyRequest): string {
  const match = /^Bearer +([\w.~+/=-]+)$/i.exec(request.headers.authorization ?? '')
  if (!match?.[1]) throw new OutcomeError('unauthenticated', 'A bearer token is needed')
  return match[1]
}

function typeOf(request: FastifyRequest, { resourceType }: RouteRule): string {
  if (resourceType !== 'path') return resourceType
  const { type } = request.params as { type: string }
  if (!isListedType(type))
    throw new OutcomeError('notFound', 'Resources of this type are not held, or not listed')
  return type
}
