import { setTimeout as sleep } from 'node:timers/promises'
import { findNhsNumber } from '@chesil/fhir'
import { pdsPatient } from '@chesil/synthetic'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../deps.ts'
import { type PdsRefusal, pdsOutcome } from './refusal.ts'
import { searchPatients } from './search.ts'
import { createTurns } from './turns.ts'

interface PdsRequest {
  Params: { readonly id: string }
  Querystring: Readonly<Record<string, string | readonly string[] | undefined>>
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** The Personal Demographics Service, for an application without a user at the screen. */
export function pdsRoutes(deps: Deps): FastifyPluginAsyncTypebox {
  const { world, tokens, now } = deps
  const turns = createTurns(now)

  /** @returns what is wrong with a request before anybody looks at what it asks. */
  async function checkRequest({ headers }: FastifyRequest): Promise<PdsRefusal | undefined> {
    const { behaviour } = world.pds
    const rate = behaviour.kind === 'limit' ? behaviour.requestsPerSecond : deps.pdsRequestsPerSecond
    if (!turns.take(rate)) return { code: 'TOO_MANY_REQUESTS' }
    if (!(await isAuthorised(headers.authorization))) return { code: 'ACCESS_DENIED' }
    return checkRequestId(headers['x-request-id'])
  }

  async function isAuthorised(authorization = ''): Promise<boolean> {
    const [, token = ''] = /^Bearer (\S+)$/.exec(authorization) ?? []
    return tokens.verifyPdsToken(token).then(
      () => true,
      () => false
    )
  }

  function readPatient(id: string, reply: FastifyReply): FastifyReply {
    const number = findNhsNumber(id)
    if (number !== id) return refuse(reply, { code: 'INVALID_RESOURCE_ID' })
    const state = world.findPerson(id)
    if (!state) return refuse(reply, { code: 'RESOURCE_NOT_FOUND' })
    if (state.invalidated) return refuse(reply, { code: 'INVALIDATED_RESOURCE' })
    const { person, confidentiality, version } = state
    return send(reply.header('etag', `W/"${version}"`), pdsPatient(person, { confidentiality, version }))
  }

  return async (app) => {
    app.setNotFoundHandler((_request, reply) => refuse(reply, { code: 'UNSUPPORTED_SERVICE' }))

    app.addHook('preHandler', async (request, reply) => {
      world.pds.requests += 1
      const { behaviour } = world.pds
      if (behaviour.kind === 'slow') await sleep(behaviour.ms)
      if (behaviour.kind === 'hang') return reply.hijack()
      if (behaviour.kind === 'fail') {
        return refuse(reply, { code: codeFor(behaviour.status), status: behaviour.status })
      }
      const refusal = await checkRequest(request)
      return refusal ? refuse(reply, refusal) : undefined
    })

    app.get<PdsRequest>('/Patient/:id', async ({ params }, reply) => readPatient(params.id, reply))

    app.get<PdsRequest>('/Patient', async ({ query }, reply) => {
      const found = searchPatients(query, world.people, {
        maxMatches: deps.pdsMaxMatches,
        baseUrl: tokens.pdsAudience(),
        now: now()
      })
      return 'code' in found ? refuse(reply, found) : send(reply, found)
    })
  }
}

function checkRequestId(given: string | string[] | undefined): PdsRefusal | undefined {
  if (given === undefined) return { code: 'MISSING_VALUE', diagnostics: 'X-Request-ID is missing' }
  if (uuid.test(String(given))) return undefined
  return { code: 'INVALID_VALUE', diagnostics: 'X-Request-ID has to be a UUID' }
}

/** What PDS says with that status. */
function codeFor(status: number): PdsRefusal['code'] {
  if (status === 429) return 'TOO_MANY_REQUESTS'
  return status === 408 ? 'UNABLE_TO_CALL_SERVICE' : 'SERVER_ERROR'
}

const send = (reply: FastifyReply, resource: object): FastifyReply =>
  reply.type('application/fhir+json').send(JSON.stringify(resource))

function refuse(reply: FastifyReply, refusal: PdsRefusal): FastifyReply {
  const { status, body } = pdsOutcome(refusal)
  if (status === 429) reply.header('retry-after', '1')
  return send(reply.code(status), body)
}
