import { isListedType } from '@chesil/care-record'
import { findDateInterval, OutcomeError } from '@chesil/fhir'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { directCare, type RouteRule } from '../access/access.ts'
import type { Deps } from '../deps.ts'
import { bundlePieces } from '../http/bundle.ts'
import { etagOf } from '../http/conditional.ts'
import { type Cursor, searchOf } from '../http/cursors.ts'
import { pageOf, parseCount } from '../http/page.ts'
import { type Parameters, single, toQuery } from '../http/parameters.ts'
import { sendValidated } from '../http/send.ts'
import { answerAboutPerson } from '../person/answer-person.ts'
import type { PersonAnswerFacts } from '../person/gather-facts.ts'
import { compareInRecord, type ViewItem } from '../view/person-view.ts'
import { PersonId } from './path-parameters.ts'
import { fresheningOf, nobody, outcomeOf } from './person-request.ts'

const rule: RouteRule = {
  interaction: '$everything',
  resourceType: 'Patient',
  needs: 'r',
  purposes: directCare
}
const Params = Type.Object({ id: PersonId })
const Querystring = Type.Object({
  _since: Type.Optional(
    Type.String({
      description: 'Only what changed here at or after this instant',
      examples: ['2026-03-01T00:00:00Z']
    })
  ),
  _type: Type.Optional(
    Type.String({ description: 'Only these types, by commas', examples: ['Condition,MedicationStatement'] })
  ),
  _count: Type.Optional(
    Type.String({ description: 'Resources in a page, at most 1,000; everything when absent' })
  ),
  _cursor: Type.Optional(
    Type.String({ description: 'The next page: follow the `next` link, do not write it' })
  )
})

/** `GET Patient/{id}/$everything`: the whole record, or a part of it, in pages that do not drift. */
export function everythingRoutes(deps: Deps): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/Patient/:id/$everything',
      {
        config: { rule },
        schema: {
          operationId: 'readEverything',
          summary: 'The person’s whole record',
          description:
            'Pages are of one version of the record, so that they neither repeat nor skip anything.',
          tags: ['Person'],
          params: Params,
          querystring: Querystring
        }
      },
      async (request, reply) => {
        const { cursor, parameters } = searchOf(request, deps.cursors, rule.interaction)
        const part = parsePart(parameters)
        const answer = await answerAboutPerson(
          request,
          {
            patientId: request.params.id,
            ...(cursor ? { cursor } : { freshening: fresheningOf(request, deps) }),
            compose: (facts) => composeEverything(facts, part, cursor, deps)
          },
          deps
        )
        if (!answer) throw nobody()
        return sendValidated(request, reply, answer.content)
      }
    )
  }
}

interface Part {
  readonly types: ReadonlySet<string> | undefined
  /** ms since 1970 */
  readonly since: number | undefined
  readonly count: number | undefined
  readonly used: Parameters
}

function parsePart(parameters: Parameters): Part {
  const known = new Set(['_since', '_type', '_count', '_format'])
  const unknown = parameters.find(([name]) => !known.has(name))
  if (unknown) throw new OutcomeError('invalid', '$everything takes _since, _type and _count')
  const type = single(parameters, '_type')
  const types = type === undefined ? undefined : new Set(type.split(','))
  for (const one of types ?? []) {
    if (!isListedType(one)) throw new OutcomeError('invalid', '_type names a type that is not listed')
  }
  const sinceText = single(parameters, '_since')
  const since = sinceText === undefined ? undefined : findDateInterval(sinceText)
  if (sinceText !== undefined && !since) throw new OutcomeError('invalid', '_since needs a FHIR instant')
  return {
    types,
    since: since?.low,
    count: parseCount(single(parameters, '_count')),
    used: parameters.filter(([name]) => name !== '_format')
  }
}

function composeEverything(facts: PersonAnswerFacts, part: Part, cursor: Cursor | undefined, deps: Deps) {
  const { patientId } = facts.state
  const { types, since, count } = part
  const isWhole = types === undefined && since === undefined
  const { items, all } = facts.selection
  const chosen = isWhole
    ? items
    : items.filter((item) => (types?.has(item.resourceType) ?? true) && item.lastUpdated >= (since ?? 0))
  const page = pageOf(chosen, count, cursor && isAfter(cursor, patientId))
  const path = `${deps.baseUrl()}/Patient/${patientId}/$everything`
  const search = toQuery(part.used)
  const self = `${path}${search && `?${search}`}`
  const next = page.last && {
    relation: 'next' as const,
    url: `${path}?_cursor=${deps.cursors.write({
      patientId,
      version: facts.version,
      of: rule.interaction,
      search,
      after: [page.last.resourceType, page.last.resourceId]
    })}`
  }
  const links = [{ relation: 'self' as const, url: self }, ...(next ? [next] : [])]
  const head = {
    type: 'searchset' as const,
    id: deps.ids.newId(),
    lastUpdated: facts.now,
    total: chosen.length,
    links
  }
  const isAll = page.items.length === items.length
  const entries = isAll ? [all] : page.items.map(({ piece }) => piece)
  return {
    content: {
      etag: etagOf([facts.key, 'everything', search, JSON.stringify(cursor?.after ?? [])]),
      mayStay: facts.isAllFresh,
      pieces: bundlePieces(head, entries, outcomeOf(facts))
    },
    count: page.items.length
  }
}

function isAfter({ after }: Cursor, patientId: string): (item: ViewItem) => boolean {
  const [resourceType, resourceId] = after.map(String)
  const place = { resourceType, resourceId } as Pick<ViewItem, 'resourceType' | 'resourceId'>
  return (item) => compareInRecord(item, place, patientId) > 0
}
