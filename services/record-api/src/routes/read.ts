import { replacedPatient } from '@chesil/care-record'
import { findSurvivor } from '@chesil/record-store'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import Type from 'typebox'
import { directCare, identification, type RouteRule } from '../access/access.ts'
import type { Deps } from '../deps.ts'
import { isUnmodified, itemEtag } from '../http/conditional.ts'
import { sendPieces } from '../http/send.ts'
import { answerAboutPerson, type PersonAnswer } from '../person/answer-person.ts'
import type { PersonAnswerFacts } from '../person/gather-facts.ts'
import { toPiece } from '../view/gzip-stream.ts'
import {
  type Absence,
  absenceError,
  answerAbsence,
  historyOf,
  type ItemPath,
  keyOf,
  personOf
} from './item-in-record.ts'
import { PersonId, ResourceId, TypeName, TypeNameButPatient } from './path-parameters.ts'
import { fresheningOf, nobody, outcomeOf, pointToCompleteness } from './person-request.ts'

const readPatient: RouteRule = {
  interaction: 'read',
  resourceType: 'Patient',
  needs: 'r',
  purposes: identification
}
const readItem: RouteRule = { interaction: 'read', resourceType: 'path', needs: 'r', purposes: directCare }
const history: RouteRule = {
  interaction: 'history-instance',
  resourceType: 'path',
  needs: 'r',
  purposes: directCare
}

const Params = Type.Object({ type: TypeName, id: ResourceId })

/** `GET {type}/{id}` and its history. */
export function readRoutes(deps: Deps): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/Patient/:id',
      {
        config: { rule: readPatient },
        schema: {
          operationId: 'readPerson',
          summary: 'Read the person',
          description: 'As PDS says. Somebody merged answers as a Patient with a `replaced-by` link.',
          tags: ['Person'],
          params: Type.Object({ id: PersonId })
        }
      },
      (request, reply) => read(request, reply, { type: 'Patient', id: request.params.id }, deps)
    )
    app.get(
      '/:type/:id',
      {
        config: { rule: readItem },
        schema: {
          operationId: 'readResource',
          summary: 'Read one resource',
          description: 'Its latest wording, for as long as its source stands by it.',
          tags: ['Resources'],
          params: Type.Object({ type: TypeNameButPatient, id: ResourceId })
        }
      },
      (request, reply) => read(request, reply, request.params, deps)
    )
    app.get(
      '/:type/:id/_history',
      {
        config: { rule: history },
        schema: {
          operationId: 'readHistory',
          summary: 'Every wording of one resource, newest first',
          description: 'With its withdrawals. No source is asked for it.',
          tags: ['Resources'],
          params: Params
        }
      },
      (request, reply) => readHistory(request, reply, request.params, deps)
    )
  }
}

interface Found {
  readonly body: Buffer
  readonly etag: string
  readonly lastUpdated: number
}

async function read(request: FastifyRequest, reply: FastifyReply, item: ItemPath, deps: Deps) {
  const patientId = await personOf(item, request, deps)
  let facts: PersonAnswerFacts | undefined
  const answer = await answerAboutPerson<Found | Absence>(
    request,
    {
      patientId: patientId ?? '',
      freshening: fresheningOf(request, deps),
      compose: (gathered) => {
        facts = gathered
        return composeRead(request, gathered, item, deps)
      }
    },
    deps
  )
  if (!answer || !facts) throw nobody()
  if (typeof answer.content === 'string') throw absenceError(answer.content)
  const { body, etag, lastUpdated } = answer.content
  pointToCompleteness(reply, facts, deps.baseUrl())
  reply.header('ETag', etag).header('Cache-Control', 'private, no-cache')
  if (facts.isAllFresh && isUnmodified(request, etag)) return reply.code(304).send()
  reply.header('Last-Modified', new Date(lastUpdated).toUTCString())
  return sendPieces(request, reply, [toPiece(body)])
}

async function composeRead(
  request: FastifyRequest,
  facts: PersonAnswerFacts,
  path: ItemPath,
  deps: Deps
): Promise<PersonAnswer<Found | Absence>> {
  const { type, id } = path
  const item = keyOf(path)
  const survivor = facts.state.patientId
  const shown = facts.selection.byKey.get(item)
  if (shown) {
    const { body, lastUpdated } = shown
    return { content: { body, etag: itemEtag(shown), lastUpdated }, count: 1, item }
  }
  // What is cached of somebody merged lately may say that they are still themselves: so the store is asked.
  if (type === 'Patient' && id !== survivor && (await findSurvivor(deps.database, id)) === survivor) {
    const body = Buffer.from(JSON.stringify(replacedPatient(id, survivor)))
    return { content: { body, etag: `W/"merged-${survivor}"`, lastUpdated: facts.now }, count: 1, item }
  }
  return await answerAbsence(path, request, facts, deps)
}

async function readHistory(request: FastifyRequest, reply: FastifyReply, path: ItemPath, deps: Deps) {
  const patientId = await personOf(path, request, deps)
  const answer = await answerAboutPerson(
    request,
    {
      patientId: patientId ?? '',
      compose: async (facts) => {
        const versions = await historyOf(path, request, facts, deps)
        const refusal = versions.length === 0 ? { refusal: 'not shown' } : {}
        return { content: { versions, facts }, count: versions.length, item: keyOf(path), ...refusal }
      }
    },
    deps
  )
  if (!answer || answer.content.versions.length === 0) throw nobody()
  const { versions, facts } = answer.content
  const url = `${deps.baseUrl()}/${keyOf(path)}`
  const entries = versions.map(({ version, lastUpdated, body }) => ({
    fullUrl: url,
    ...(body !== undefined && { resource: JSON.parse(body) as unknown }),
    request: { method: body === undefined ? 'DELETE' : 'PUT', url: keyOf(path) },
    response: {
      status: body === undefined ? '204' : '200',
      etag: `W/"${version}"`,
      lastModified: new Date(lastUpdated).toISOString()
    }
  }))
  pointToCompleteness(reply, facts, deps.baseUrl())
  return reply
    .type('application/fhir+json; charset=utf-8')
    .header('Cache-Control', 'private, no-cache')
    .send({
      resourceType: 'Bundle',
      id: deps.ids.newId(),
      type: 'history',
      total: versions.length,
      link: [{ relation: 'self', url: `${url}/_history` }],
      entry: [...entries, { resource: outcomeOf(facts), search: { mode: 'outcome' } }]
    })
}
