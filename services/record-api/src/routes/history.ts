import { findDateInterval, OutcomeError } from '@chesil/fhir'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import Type from 'typebox'
import { directCare, type RouteRule } from '../access/access.ts'
import type { Deps } from '../deps.ts'
import { assertMatches, isUnmodified, itemEtag } from '../http/conditional.ts'
import { type Cursor, searchOf } from '../http/cursors.ts'
import { pageOf, parseCount } from '../http/page.ts'
import { type Parameters, single, toQuery } from '../http/parameters.ts'
import { sendPieces } from '../http/send.ts'
import { answerAboutPerson, type PersonAnswer } from '../person/answer-person.ts'
import type { PersonAnswerFacts } from '../person/gather-facts.ts'
import { toPiece } from '../view/gzip-stream.ts'
import { partOfHistory, type VisibleVersion } from '../view/item-history.ts'
import { type Absence, absenceError, historyOf, type ItemPath, keyOf, personOf } from './item-in-record.ts'
import { ResourceId, TypeName } from './path-parameters.ts'
import { nobody, outcomeOf, pointToCompleteness } from './person-request.ts'

const history: RouteRule = {
  interaction: 'history-instance',
  resourceType: 'path',
  needs: 'r',
  purposes: directCare
}
const vread: RouteRule = { ...history, interaction: 'vread' }

const Params = Type.Object({ type: TypeName, id: ResourceId })
const VersionParams = Type.Object({
  type: TypeName,
  id: ResourceId,
  version: Type.String({ description: 'A `meta.versionId` of it', examples: ['3'] })
})
const Text = (description: string) => Type.Optional(Type.String({ description }))
const Querystring = Type.Object({
  _since: Text('Only what changed here at or after this instant'),
  _at: Text('Only what stood here at some time in this instant, day, month or year'),
  _count: Text('Wordings in a page, at most 1,000; all when absent'),
  _cursor: Text('The next page: follow the `next` link, do not write it')
})

/** `GET {type}/{id}/_history`, and of it one wording. */
export function historyRoutes(deps: Deps): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/:type/:id/_history',
      {
        config: { rule: history },
        schema: {
          operationId: 'readHistory',
          summary: 'Every wording of one resource, newest first',
          description: 'With its withdrawals. No source is asked for it.',
          tags: ['Resources'],
          params: Params,
          querystring: Querystring
        }
      },
      (request, reply) => readHistory(request, reply, request.params, deps)
    )
    app.get(
      '/:type/:id/_history/:version',
      {
        config: { rule: vread },
        schema: {
          operationId: 'readVersion',
          summary: 'One wording of one resource',
          description: 'Shown to whoever is shown its history. No source is asked for it.',
          tags: ['Resources'],
          params: VersionParams
        }
      },
      (request, reply) => readVersion(request, reply, request.params, deps)
    )
  }
}

async function readHistory(request: FastifyRequest, reply: FastifyReply, path: ItemPath, deps: Deps) {
  const { cursor, parameters } = searchOf(request, deps.cursors, historyName(path))
  const part = parsePart(parameters)
  const patientId = await personOf(path, request, deps)
  const answer = await answerAboutPerson(
    request,
    {
      patientId: patientId ?? '',
      ...(cursor && { cursor }),
      compose: async (facts) => {
        const versions = await historyOf(path, request, facts, deps)
        const chosen = partOfHistory(versions, part)
        const page = pageOf(chosen, part.count, cursor && isOlder(cursor))
        const refusal = versions.length === 0 ? { refusal: 'not shown' } : {}
        const content = { facts, isShown: versions.length > 0, total: chosen.length, page }
        return { content, count: page.items.length, item: keyOf(path), ...refusal }
      }
    },
    deps
  )
  if (!answer?.content.isShown) throw nobody()
  const { facts, total, page } = answer.content
  const url = `${deps.baseUrl()}/${keyOf(path)}`
  const next = page.last && {
    relation: 'next',
    url: `${url}/_history?_cursor=${deps.cursors.write({
      patientId: facts.state.patientId,
      version: facts.version,
      of: historyName(path),
      search: toQuery(parameters),
      after: [page.last.version]
    })}`
  }
  const asked = toQuery(parameters)
  const self = { relation: 'self', url: `${url}/_history${asked && `?${asked}`}` }
  pointToCompleteness(reply, facts, deps.baseUrl())
  return reply
    .type('application/fhir+json; charset=utf-8')
    .header('Cache-Control', 'private, no-cache')
    .send({
      resourceType: 'Bundle',
      id: deps.ids.newId(),
      type: 'history',
      total,
      link: [self, ...(next ? [next] : [])],
      entry: [
        ...page.items.map((version) => toEntry(version, path, url)),
        { resource: outcomeOf(facts), search: { mode: 'outcome' } }
      ]
    })
}

const historyName = (path: ItemPath): string => `${keyOf(path)}/_history`

/** Newest first: the next page is of what is older. */
const isOlder =
  ({ after }: Cursor) =>
  ({ version }: VisibleVersion): boolean =>
    version < Number(after[0])

/** @throws OutcomeError `invalid` for what no history takes. */
function parsePart(parameters: Parameters) {
  const known = new Set(['_since', '_at', '_count'])
  if (parameters.some(([name]) => !known.has(name)))
    throw new OutcomeError('invalid', 'A history takes _since, _at and _count')
  const interval = (name: string) => {
    const text = single(parameters, name)
    const found = text === undefined ? undefined : findDateInterval(text)
    if (text !== undefined && !found)
      throw new OutcomeError('invalid', `${name} needs a FHIR date or instant`)
    return found
  }
  return {
    since: interval('_since')?.low,
    at: interval('_at'),
    count: parseCount(single(parameters, '_count'))
  }
}

function toEntry({ version, lastUpdated, body }: VisibleVersion, path: ItemPath, url: string) {
  return {
    fullUrl: url,
    ...(body !== undefined && { resource: JSON.parse(body) as unknown }),
    request: { method: body === undefined ? 'DELETE' : 'PUT', url: keyOf(path) },
    response: {
      status: body === undefined ? '204' : '200',
      etag: `W/"${version}"`,
      lastModified: new Date(lastUpdated).toISOString()
    }
  }
}

interface Wording {
  readonly body: Buffer
  readonly etag: string
  readonly lastUpdated: number
}

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

/** The present wording as a read shows it, with its labels; an older one as its history does. */
async function composeVersion(
  request: FastifyRequest,
  facts: PersonAnswerFacts,
  path: VersionPath,
  deps: Deps
): Promise<PersonAnswer<Wording | Absence>> {
  const item = keyOf(path)
  const versions = await historyOf(path, request, facts, deps)
  const found = versions.find(({ version }) => String(version) === path.version)
  if (!found) return { content: 'not-found', count: 0, item, refusal: 'not shown' }
  const { version, lastUpdated, body, isAsKept } = found
  if (body === undefined) return { content: 'gone', count: 0, item, refusal: 'withdrawn' }
  const present = facts.selection.byKey.get(item)
  if (present?.version === version) {
    return { content: { body: present.body, etag: itemEtag(present), lastUpdated }, count: 1, item }
  }
  const wording = { version, isAsKept, body: Buffer.from(body) }
  return { content: { body: wording.body, etag: itemEtag(wording), lastUpdated }, count: 1, item }
}
