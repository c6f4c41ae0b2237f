import { comparePositions, matches, parseSearch, type SearchQuery, sortPosition } from '@chesil/care-record'
import { OutcomeError } from '@chesil/fhir'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { directCare, type RouteRule } from '../access/access.ts'
import type { Deps } from '../deps.ts'
import { bundlePieces } from '../http/bundle.ts'
import { etagOf } from '../http/conditional.ts'
import { type Cursor, searchOf } from '../http/cursors.ts'
import { pageOf, searchCount } from '../http/page.ts'
import { type Parameters, single, toQuery } from '../http/parameters.ts'
import { parsePrefer } from '../http/prefer.ts'
import { sendValidated } from '../http/send.ts'
import { answerAboutPerson } from '../person/answer-person.ts'
import type { PersonAnswerFacts } from '../person/gather-facts.ts'
import { TypeNameButPatient } from './path-parameters.ts'
import { fresheningOf, ignoredIssue, nobody, outcomeOf } from './person-request.ts'

const rule: RouteRule = { interaction: 'search-type', resourceType: 'path', needs: 's', purposes: directCare }
const Params = Type.Object({ type: TypeNameButPatient })
const Text = (description: string) => Type.Optional(Type.String({ description }))
/** Given several times, all must hold. */
const Texts = (description: string) =>
  Type.Optional(Type.Union([Type.String(), Type.Array(Type.String())], { description }))
const Querystring = Type.Object(
  {
    patient: Texts(
      'Whose record is searched: Chesil’s id, alone or as `Patient/{id}`; needed, except with `_cursor`'
    ),
    _id: Texts('Chesil’s ids of resources, by commas'),
    code: Texts('`code` or `system|code`, by commas; compared as it is written'),
    category: Texts('As `code`'),
    status: Texts('As `code`'),
    date: Texts('With FHIR’s prefixes, such as `ge2026-03-01`; without a zone it is London time'),
    _lastUpdated: Texts('When it got its wording here; as `date`'),
    _sort: Text('Names of search parameters, by commas, `-` for descending; newest first when absent'),
    _count: Text('Resources in a page: 100 when absent, at most 1,000'),
    _cursor: Text('The next page: follow the `next` link, do not write it')
  },
  { additionalProperties: true }
)

/** `GET {type}?patient=…`: a search inside one person's record. */
export function searchRoutes(deps: Deps): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/:type',
      {
        config: { rule },
        schema: {
          operationId: 'searchResources',
          summary: 'Search one type of resource in a person’s record',
          description:
            'Each type has some of these parameters, and others of its own: see `/metadata`. What a type does not have is refused, unless `Prefer: handling=lenient`.',
          tags: ['Resources'],
          params: Params,
          querystring: Querystring
        }
      },
      async (request, reply) => {
        const { type } = request.params
        const { cursor, parameters } = searchOf(request, deps.cursors, type)
        single(parameters, '_sort')
        const query = parseSearch(type, parameters, parsePrefer(request.headers['prefer']).handling)
        const search = { query, parameters, count: searchCount(single(parameters, '_count')) }
        const answer = await answerAboutPerson(
          request,
          {
            patientId: cursor?.patientId ?? patientOf(parameters, deps.baseUrl()),
            ...(cursor ? { cursor } : { freshening: fresheningOf(request, deps) }),
            compose: (facts) => composeSearch(facts, search, cursor, deps)
          },
          deps
        )
        if (!answer) throw nobody()
        return sendValidated(request, reply, answer.content)
      }
    )
  }
}

/** @throws OutcomeError `invalid` for a search that names no person, or two. */
function patientOf(parameters: Parameters, baseUrl: string): string {
  const [named, another] = parameters.flatMap(([name, value]) => (isPerson(name) ? [value] : []))
  if (named === undefined || another !== undefined)
    throw new OutcomeError('invalid', 'Name one person: patient=… with the id of their Patient')
  const local = named.startsWith(`${baseUrl}/`) ? named.slice(baseUrl.length + 1) : named
  return local.replace(/^Patient\//, '')
}

const isPerson = (name: string): boolean => name === 'patient' || name === 'subject'

interface Search {
  readonly query: SearchQuery
  readonly parameters: Parameters
  readonly count: number
}

function composeSearch(
  facts: PersonAnswerFacts,
  { query, parameters, count }: Search,
  cursor: Cursor | undefined,
  deps: Deps
) {
  const { patientId } = facts.state
  const { sort, resourceType } = query
  const found = facts.selection.items
    .filter((item) => matches(item, query))
    .map((item) => ({ item, position: sortPosition(item, sort) }))
    .sort((a, b) => comparePositions(a.position, b.position, sort))
  const page = pageOf(
    found,
    count,
    cursor && (({ position }) => comparePositions(position, cursor.after, sort) > 0)
  )
  const url = `${deps.baseUrl()}/${resourceType}`
  const search = toQuery(parameters.filter(([name]) => name !== '_cursor' && name !== '_format'))
  const self = toQuery([['patient', patientId], ...query.used, ...parameters.filter(isPaging)])
  const next =
    page.last &&
    deps.cursors.write({
      patientId,
      version: facts.version,
      of: resourceType,
      search: self,
      after: page.last.position
    })
  const links = [
    { relation: 'self' as const, url: `${url}?${self}` },
    ...(next ? [{ relation: 'next' as const, url: `${url}?_cursor=${next}` }] : [])
  ]
  const outcome = outcomeOf(facts)
  outcome.issue.push(...query.ignored.map(ignoredIssue))
  const head = {
    type: 'searchset' as const,
    id: deps.ids.newId(),
    lastUpdated: facts.now,
    total: found.length,
    links
  }
  return {
    content: {
      etag: etagOf([facts.key, resourceType, search, JSON.stringify(cursor?.after ?? [])]),
      mayStay: facts.isAllFresh,
      pieces: bundlePieces(
        head,
        page.items.map(({ item }) => item.piece),
        outcome
      )
    },
    count: page.items.length
  }
}

const isPaging = ([name]: readonly [string, string]): boolean => name === '_sort' || name === '_count'
