import { labelItems, replacedPatient } from '@chesil/care-record'
import { OutcomeError } from '@chesil/fhir'
import { findItemOwner, findSurvivor, readEntryHistory, readEveryIndex } from '@chesil/record-store'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import Type from 'typebox'
import { directCare, identification, type RouteRule } from '../access/access.ts'
import type { Deps } from '../deps.ts'
import { isUnmodified, itemEtag } from '../http/conditional.ts'
import { sendPieces } from '../http/send.ts'
import { answerAboutPerson, type PersonAnswer, type PersonAnswerFacts } from '../person/answer-person.ts'
import { sessionAuthority } from '../person/open-person.ts'
import { toPiece } from '../view/gzip-stream.ts'
import { visibleHistory } from '../view/item-history.ts'
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
      (request, reply) => read(request, reply, 'Patient', request.params.id, deps)
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
      (request, reply) => read(request, reply, request.params.type, request.params.id, deps)
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
      (request, reply) => readHistory(request, reply, request.params.type, request.params.id, deps)
    )
  }
}

interface Found {
  readonly body: Buffer
  readonly etag: string
  readonly lastUpdated: number
}
type ReadResult = Found | 'gone' | 'not-found'

async function read(request: FastifyRequest, reply: FastifyReply, type: string, id: string, deps: Deps) {
  const patientId = await personOf(type, id, sessionAuthority(request.access.reader), deps)
  let facts: PersonAnswerFacts | undefined
  const answer = await answerAboutPerson<ReadResult>(
    request,
    {
      patientId: patientId ?? '',
      freshening: fresheningOf(request, deps),
      compose: (gathered) => {
        facts = gathered
        return composeRead(request, gathered, type, id, deps)
      }
    },
    deps
  )
  if (!answer || !facts || answer.content === 'not-found') throw nobody()
  if (answer.content === 'gone') throw new OutcomeError('gone', 'Its source has withdrawn it')
  const { body, etag, lastUpdated } = answer.content
  pointToCompleteness(reply, facts, deps.baseUrl())
  reply.header('ETag', etag).header('Cache-Control', 'private, no-cache')
  if (facts.isAllFresh && isUnmodified(request, etag)) return reply.code(304).send()
  reply.header('Last-Modified', new Date(lastUpdated).toUTCString())
  return sendPieces(request, reply, [toPiece(body)])
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Whose record an id leads to: a person's own, or that of an item's owner. */
async function personOf(
  type: string,
  id: string,
  session: string,
  { database, states, now }: Deps
): Promise<string | undefined> {
  if (!uuid.test(id)) return undefined
  if (type === 'Patient' && (await states.find(id, session, now()))) return id
  return await findItemOwner(database, id)
}

async function composeRead(
  request: FastifyRequest,
  facts: PersonAnswerFacts,
  type: string,
  id: string,
  deps: Deps
): Promise<PersonAnswer<ReadResult>> {
  const item = `${type}/${id}`
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
  const [latest] = await historyOf(request, facts, type, id, deps)
  const isGone = latest !== undefined && latest.body === undefined
  return isGone
    ? { content: 'gone', count: 0, item, refusal: 'withdrawn' }
    : { content: 'not-found', count: 0, item, refusal: 'not shown' }
}

async function historyOf(
  request: FastifyRequest,
  facts: PersonAnswerFacts,
  type: string,
  id: string,
  deps: Deps
) {
  const authority = sessionAuthority(request.access.reader)
  const versions = await readEntryHistory(deps.database, facts.state.patientId, id, authority)
  const ofType = versions.filter(({ resourceType }) => resourceType === type)
  if (ofType.length === 0) return []
  const everything = await readEveryIndex(deps.database, facts.state.patientId, authority)
  const labels = labelItems(everything, deps.sensitiveCodes)
  return visibleHistory(ofType, request.access, facts.circumstances, labels)
}

async function readHistory(
  request: FastifyRequest,
  reply: FastifyReply,
  type: string,
  id: string,
  deps: Deps
) {
  const patientId = await personOf(type, id, sessionAuthority(request.access.reader), deps)
  const answer = await answerAboutPerson(
    request,
    {
      patientId: patientId ?? '',
      compose: async (facts) => {
        const versions = await historyOf(request, facts, type, id, deps)
        const refusal = versions.length === 0 ? { refusal: 'not shown' } : {}
        return { content: { versions, facts }, count: versions.length, item: `${type}/${id}`, ...refusal }
      }
    },
    deps
  )
  if (!answer || answer.content.versions.length === 0) throw nobody()
  const { versions, facts } = answer.content
  const url = `${deps.baseUrl()}/${type}/${id}`
  const entries = versions.map(({ version, lastUpdated, body }) => ({
    fullUrl: url,
    ...(body !== undefined && { resource: JSON.parse(body) as unknown }),
    request: { method: body === undefined ? 'DELETE' : 'PUT', url: `${type}/${id}` },
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
