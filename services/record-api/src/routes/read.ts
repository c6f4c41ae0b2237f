import { replacedPatient } from '@chesil/care-record'
import { findSurvivor } from '@chesil/record-store'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import Type from 'typebox'
import { directCare, identification, type RouteRule } from '../access/access.ts'
import type { Deps } from '../deps.ts'
import { assertMatches, isUnmodified, itemEtag } from '../http/conditional.ts'
import { sendPieces } from '../http/send.ts'
import { answerAboutPerson, type PersonAnswer } from '../person/answer-person.ts'
import type { PersonAnswerFacts } from '../person/gather-facts.ts'
import { toPiece } from '../view/gzip-stream.ts'
import { provenanceItems } from '../view/provenance-items.ts'
import {
  type Absence,
  absenceError,
  answerAbsence,
  type ItemPath,
  keyOf,
  personOf
} from './item-in-record.ts'
import { PersonId, ResourceId, TypeNameButPatient } from './path-parameters.ts'
import { fresheningOf, nobody, pointToCompleteness } from './person-request.ts'

const readPatient: RouteRule = {
  interaction: 'read',
  resourceType: 'Patient',
  needs: 'r',
  purposes: identification
}
const readItem: RouteRule = { interaction: 'read', resourceType: 'path', needs: 'r', purposes: directCare }

/** `GET {type}/{id}`. */
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
  assertMatches(request, etag)
  pointToCompleteness(reply, facts, deps.baseUrl())
  reply.header('ETag', etag).header('Cache-Control', 'private, no-cache')
  if (facts.isAllFresh && isUnmodified(request, etag)) return reply.code(304).send()
  reply.header('Last-Modified', new Date(lastUpdated).toUTCString())
  return sendPieces(request, reply, [toPiece(body)])
}

/** The Provenance of an item has the item's id. */
function provenanceOfItem({ type, id }: ItemPath, { selection }: PersonAnswerFacts, deps: Deps) {
  if (type !== 'Provenance') return []
  const about = selection.items.filter(({ resourceId }) => resourceId === id)
  return provenanceItems(about, { catalogue: deps.catalogue, baseUrl: deps.baseUrl() })
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
  const [provenance] = provenanceOfItem(path, facts, deps)
  if (provenance) {
    const { body, lastUpdated } = provenance
    return { content: { body, etag: itemEtag(provenance), lastUpdated }, count: 1, item }
  }
  // What is cached of somebody merged lately may say that they are still themselves: so the store is asked.
  if (type === 'Patient' && id !== survivor && (await findSurvivor(deps.database, id)) === survivor) {
    const body = Buffer.from(JSON.stringify(replacedPatient(id, survivor)))
    return { content: { body, etag: `W/"merged-${survivor}"`, lastUpdated: facts.now }, count: 1, item }
  }
  return await answerAbsence(path, request, facts, deps)
}
