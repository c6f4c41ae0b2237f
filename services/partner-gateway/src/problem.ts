import { isOutcomeError, OutcomeError, outcomes, toOperationOutcome } from '@chesil/fhir'
import { isStoreAway, storeAway } from '@chesil/service-kit'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import Type from 'typebox'

/** @see https://www.rfc-editor.org/rfc/rfc9457 */
export const Problem = Type.Object({
  type: Type.Literal('about:blank'),
  title: Type.String({ description: 'A code of ours, the same for every problem of a kind' }),
  status: Type.Integer(),
  detail: Type.String({ description: 'What to do; nothing of what was sent' })
})

/** Errors of these routes are problem details: what partners send is not all FHIR. */
export function answerProblems(scope: FastifyInstance): void {
  scope.setErrorHandler((error: FastifyError, request, reply) => sendProblem(error, request, reply))
}

function sendProblem(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const foreseen = isOutcomeError(error) ? error : isStoreAway(error) ? storeAway(error) : ofFastify(error)
  const { status } = toOperationOutcome(foreseen)
  if (status >= 500) request.log.error({ err: error }, 'request failed')
  if (status === 401) reply.header('WWW-Authenticate', 'Bearer')
  if ((status === 429 || status === 503) && !reply.hasHeader('Retry-After')) reply.header('Retry-After', '5')
  return reply
    .code(status)
    .type('application/problem+json')
    .send({
      type: 'about:blank',
      title: foreseen ? foreseen.kind : 'exception',
      status,
      detail: foreseen ? foreseen.message : 'Unexpected error'
    })
}

const wordsByStatus: Readonly<Record<number, string>> = {
  400: 'The request cannot be read',
  408: 'The request did not arrive in time',
  413: 'The body is larger than is taken: send fewer resources, or rows, at a time',
  415: 'Not a media type that is taken: see the documentation of this address',
  429: 'Too many requests: try again later',
  503: 'Too busy or too slow just now: try again'
}

/** Fastify's own words quote what was sent. */
function ofFastify({ statusCode = 500 }: FastifyError): OutcomeError | undefined {
  const kind = (Object.keys(outcomes) as (keyof typeof outcomes)[]).find(
    (one) => outcomes[one].status === statusCode
  )
  const words = wordsByStatus[statusCode]
  if (kind && words !== undefined) return new OutcomeError(kind, words)
  return statusCode < 500 ? new OutcomeError('invalid', 'The request cannot be read') : undefined
}
