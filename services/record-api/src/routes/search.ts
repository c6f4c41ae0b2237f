import { comparePositions, matches, parseSearch, type SearchQuery, sortPosition } from '@chesil/care-record'
import { type OperationOutcomeIssue, OutcomeError } from '@chesil/fhir'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { directCare, type RouteRule } from '../access/access.ts'
import type { Deps } from '../deps.ts'
import { bundlePieces } from '../http/bundle.ts'
import { etagOf } from '../http/conditional.ts'
import { assertSamePerson, type Cursor, searchOf } from '../http/cursors.ts'
import { pageOf, searchCount } from '../http/page.ts'
import { type Parameters, single, toQuery } from '../http/parameters.ts'
import { parsePrefer } from '../http/prefer.ts'
import { sendValidated } from '../http/send.ts'
import { answerAboutPerson, type PersonAnswerFacts } from '../person/answer-person.ts'
import { fresheningOf, nobody, outcomeOf } from './person-request.ts'

const rule: RouteRule = { interaction: 'search-type', resourceType: 'path', needs: 's', purposes: directCare }
const Params = Type.Object({ type: Type.String({ description: 'A FHIR resource type other than Patient' }) })
const Querystring = Type.Object(
  {
    patient: Type.Optional(
      Type.Union([Type.String(), Type.Array(Type.String())], {
        description: 'Whose record is searched: Chesil’s id, alone or as Patient/{id}; needed'
      })
    )
  },
  { additionalProperties: true, description: 'Search parameters of the type; see metadata' }
)

/** `GET {type}?patient=…`: a search inside one person's record. */
export function searchRoutes(deps: Deps): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/:type',
      {
        config: { rule },
        schema: {
          summary: 'Search one type of resource in a person’s record',
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
            ...(cursor ? { version: cursor.version } : { freshening: fresheningOf(request, deps) }),
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
  assertSamePerson(cursor, facts.state)
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

/** Only with lenient handling: without that filter, more is shown than was meant. */
const ignoredIssue = (name: string): OperationOutcomeIssue => ({
  severity: 'warning',
  code: 'not-supported',
  details: { text: `The search parameter ${name.replace(/[^\w:.-]/g, '?').slice(0, 60)} was ignored` }
})
