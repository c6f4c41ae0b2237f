import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import Type from 'typebox'
import { directCare, type RouteRule } from '../access/access.ts'
import type { Deps } from '../deps.ts'
import { assertMatches, isUnmodified } from '../http/conditional.ts'
import { sendPieces } from '../http/send.ts'
import { answerAboutPerson, type PersonAnswer } from '../person/answer-person.ts'
import type { PersonAnswerFacts } from '../person/gather-facts.ts'
import { toPiece } from '../view/gzip-stream.ts'
import {
  type Absence,
  absenceError,
  historyOf,
  type ItemPath,
  keyOf,
  personOf,
  type Wording,
  wordingOf
} from './item-in-record.ts'
import { ResourceId, TypeName } from './path-parameters.ts'
import { nobody, pointToCompleteness } from './person-request.ts'

const rule: RouteRule = { interaction: 'vread', resourceType: 'path', needs: 'r', purposes: directCare }
const Params = Type.Object({
  type: TypeName,
  id: ResourceId,
  version: Type.String({ description: 'A `meta.versionId` of it', examples: ['3'] })
})

/** `GET {type}/{id}/_history/{version}`. */
export function versionRoutes(deps: Deps): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/:type/:id/_history/:version',
      {
        config: { rule },
        schema: {
          operationId: 'readVersion',
          summary: 'One wording of one resource',
          description: 'Shown to whoever is shown its history. No source is asked for it.',
          tags: ['Resources'],
          params: Params
        }
      },
      (request, reply) => readVersion(request, reply, request.params, deps)
    )
  }
}

type Shown = Wording & { readonly body: Buffer }

interface VersionPath extends ItemPath {
  readonly version: string
}

async function readVersion(request: FastifyRequest, reply: FastifyReply, path: VersionPath, deps: Deps) {
  const patientId = await personOf(path, request, deps)
  const answer = await answerAboutPerson(
    request,
    {
      patientId: patientId ?? '',
      compose: async (facts) => {
        const { content, ...audited } = await composeVersion(request, facts, path, deps)
        return { ...audited, content: { wording: content, facts } }
      }
    },
    deps
  )
  if (!answer) throw nobody()
  const { wording, facts } = answer.content
  if (typeof wording === 'string') throw absenceError(wording)
  const { body, etag, lastUpdated } = wording
  assertMatches(request, etag)
  pointToCompleteness(reply, facts, deps.baseUrl())
  reply.header('ETag', etag).header('Cache-Control', 'private, no-cache')
  if (isUnmodified(request, etag)) return reply.code(304).send()
  reply.header('Last-Modified', new Date(lastUpdated).toUTCString())
  return sendPieces(request, reply, [toPiece(body)])
}

async function composeVersion(
  request: FastifyRequest,
  facts: PersonAnswerFacts,
  path: VersionPath,
  deps: Deps
): Promise<PersonAnswer<Shown | Absence>> {
  const item = keyOf(path)
  const versions = await historyOf(path, request, facts, deps)
  const found = versions.find(({ version }) => String(version) === path.version)
  if (!found) return { content: 'not-found', count: 0, item, refusal: 'not shown' }
  const { body, ...wording } = wordingOf(found, path, facts)
  if (body === undefined) return { content: 'gone', count: 0, item, refusal: 'withdrawn' }
  return { content: { ...wording, body }, count: 1, item }
}
