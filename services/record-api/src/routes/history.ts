import { findDateInterval, OutcomeError } from '@chesil/fhir'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import Type from 'typebox'
import { directCare, type RouteRule } from '../access/access.ts'
import type { Deps } from '../deps.ts'
import { historyClosing } from '../http/bundle.ts'
import { type Cursor, searchOf } from '../http/cursors.ts'
import { pageOf, parseCount } from '../http/page.ts'
import { type Parameters, single, toQuery } from '../http/parameters.ts'
import { answerAboutPerson } from '../person/answer-person.ts'
import { partOfHistory, type VisibleVersion } from '../view/item-history.ts'
import { historyOf, type ItemPath, keyOf, personOf, type Wording, wordingOf } from './item-in-record.ts'
import { ResourceId, TypeName } from './path-parameters.ts'
import { nobody, outcomeOf, pointToCompleteness } from './person-request.ts'

const history: RouteRule = {
  interaction: 'history-instance',
  resourceType: 'path',
  needs: 'r',
  purposes: directCare
}

const Params = Type.Object({ type: TypeName, id: ResourceId })
const Text = (description: string) => Type.Optional(Type.String({ description }))
const Querystring = Type.Object({
  _since: Text('Only what changed here at or after this instant'),
  _at: Text('Only what stood here at some time in this instant, day, month or year'),
  _count: Text('Wordings in a page, at most 1,000; all when absent'),
  _cursor: Text('The next page: follow the `next` link, do not write it')
})

/** `GET {type}/{id}/_history`. */
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
        const wordings = page.items.map((version) => wordingOf(version, path, facts))
        const content = { facts, isShown: versions.length > 0, total: chosen.length, page, wordings }
        return { content, count: page.items.length, item: keyOf(path), ...refusal }
      }
    },
    deps
  )
  if (!answer?.content.isShown) throw nobody()
  const { facts, total, page, wordings } = answer.content
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
        ...wordings.map((wording) => toEntry(wording, path, url)),
        historyClosing(outcomeOf(facts), `Patient/${facts.state.patientId}/$completeness`)
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

function toEntry({ body, etag, lastUpdated }: Wording, path: ItemPath, url: string) {
  return {
    fullUrl: url,
    ...(body !== undefined && { resource: JSON.parse(body.toString()) as unknown }),
    request: { method: body === undefined ? 'DELETE' : 'PUT', url: keyOf(path) },
    response: {
      status: body === undefined ? '204' : '200',
      etag,
      lastModified: new Date(lastUpdated).toISOString()
    }
  }
}
