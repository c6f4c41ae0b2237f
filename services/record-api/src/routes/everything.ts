import { compareInRecord, isListedType, withEmptyLists } from '@chesil/care-record'
import { findDateInterval, OutcomeError } from '@chesil/fhir'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { type Access, directCare, type RouteRule } from '../access/access.ts'
import type { Deps } from '../deps.ts'
import { bundlePieces, toClosing } from '../http/bundle.ts'
import { etagOf } from '../http/conditional.ts'
import { type Cursor, searchOf } from '../http/cursors.ts'
import { pageOf, parseCount } from '../http/page.ts'
import { type Parameters, single, toQuery } from '../http/parameters.ts'
import { sendValidated } from '../http/send.ts'
import { answerAboutPerson } from '../person/answer-person.ts'
import type { PersonAnswerFacts } from '../person/gather-facts.ts'
import { emptySectionsOf } from '../view/empty-sections.ts'
import type { Piece } from '../view/gzip-stream.ts'
import { compareLists, type ItemList, itemListsOf } from '../view/item-lists.ts'
import { provenanceItems } from '../view/provenance-items.ts'
import type { ViewItem } from '../view/view-item.ts'
import { heldTags, parseAsOf, tellHeld } from './as-of.ts'
import { overlapMs, shownVersion } from './changes-since.ts'
import { AsOf, PersonId } from './path-parameters.ts'
import { closingOf, fresheningOf, nobody, outcomeOf } from './person-request.ts'

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
      description: 'Only what changed here at or after this instant, or in the minute before it',
      examples: ['2026-03-01T00:00:00Z']
    })
  ),
  _asOf: AsOf,
  _type: Type.Optional(
    Type.String({ description: 'Only these types, by commas', examples: ['Condition,MedicationStatement'] })
  ),
  _revinclude: Type.Optional(
    Type.String({ description: '`Provenance:target`: with the Provenance of each resource shown' })
  ),
  _count: Type.Optional(
    Type.String({ description: 'Resources in a page, at most 1,000; everything when absent' })
  ),
  grouped: Type.Optional(
    Type.String({
      description: '`true`: after the items, Lists of what is one thing as several sources tell it',
      examples: ['true']
    })
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
        if (part.provenanceOf && !request.access.mayRead('Provenance'))
          throw new OutcomeError('forbidden', 'The role or the token’s scopes do not allow Provenance')
        const answer = await answerAboutPerson(
          request,
          {
            patientId: request.params.id,
            asOf: part.asOf,
            ...(cursor && { cursor }),
            ...(!cursor && part.asOf === undefined && { freshening: fresheningOf(request, deps) }),
            compose: (facts) => composeEverything(facts, part, cursor, request.access, deps)
          },
          deps
        )
        if (!answer) throw nobody()
        tellHeld(reply, answer.content.held)
        return sendValidated(request, reply, answer.content)
      }
    )
  }
}

interface Part {
  readonly types: ReadonlySet<string> | undefined
  /** Of which resources the Provenance is shown too: of all of the record, or of those that are shown. */
  readonly provenanceOf: 'everything' | 'chosen' | undefined
  /** ms since 1970 */
  readonly since: number | undefined
  /** ms since 1970 */
  readonly asOf: number | undefined
  readonly count: number | undefined
  /** Whether Lists of what is one thing follow. */
  readonly grouped: boolean
  readonly used: Parameters
}

function parsePart(parameters: Parameters): Part {
  const known = new Set(['_since', '_asOf', '_type', '_count', '_revinclude', 'grouped', '_format'])
  const unknown = parameters.find(([name]) => !known.has(name))
  if (unknown)
    throw new OutcomeError(
      'invalid',
      '$everything takes _since, _asOf, _type, _count, _revinclude and grouped'
    )
  const types = parseTypes(single(parameters, '_type'))
  const revinclude = single(parameters, '_revinclude')
  if (revinclude !== undefined && revinclude !== 'Provenance:target')
    throw new OutcomeError('invalid', '$everything takes no _revinclude but Provenance:target')
  const ofChosen = revinclude === undefined ? undefined : 'chosen'
  return {
    types,
    provenanceOf: types?.has('Provenance') ? 'everything' : ofChosen,
    since: parseSince(single(parameters, '_since')),
    asOf: parseAsOf(single(parameters, '_asOf')),
    count: parseCount(single(parameters, '_count')),
    grouped: parseFlag(single(parameters, 'grouped')),
    used: parameters.filter(([name]) => name !== '_format')
  }
}

function parseTypes(text: string | undefined): ReadonlySet<string> | undefined {
  const types = text === undefined ? undefined : new Set(text.split(','))
  for (const one of types ?? []) {
    if (!isListedType(one)) throw new OutcomeError('invalid', '_type names a type that is not listed')
  }
  return types
}

function parseSince(text: string | undefined): number | undefined {
  const since = text === undefined ? undefined : findDateInterval(text)
  if (text !== undefined && !since) throw new OutcomeError('invalid', '_since needs a FHIR instant')
  return since && since.low - overlapMs
}

function parseFlag(text: string | undefined): boolean {
  if (text !== undefined && text !== 'true' && text !== 'false')
    throw new OutcomeError('invalid', 'grouped is true or false')
  return text === 'true'
}

function composeEverything(
  facts: PersonAnswerFacts,
  part: Part,
  cursor: Cursor | undefined,
  { mayRead }: Pick<Access, 'mayRead'>,
  deps: Deps
) {
  const { patientId } = facts.state
  const { items, all } = facts.selection
  const chosen = choose(facts, part, deps)
  const lists = part.grouped ? listsAbout(chosen, facts) : []
  const entries: readonly Entry[] = lists.length === 0 ? chosen : [...chosen, ...lists]
  const page = pageOf(entries, part.count, cursor && isAfter(cursor, patientId))
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
      after: placeOf(page.last)
    })}`
  }
  const links = [{ relation: 'self' as const, url: self }, ...(next ? [next] : [])]
  const head = {
    type: 'searchset' as const,
    id: deps.ids.newId(),
    versionId: shownVersion(facts),
    lastUpdated: facts.now,
    total: entries.length,
    ...(facts.held && { tags: heldTags(facts.held) }),
    links
  }
  // Of a part of the record nothing follows for what is not in it.
  const isWhole = part.types === undefined && part.since === undefined && !facts.held
  const closing = isWhole ? wholeClosing(facts, mayRead, deps) : closingOf(facts)
  // Everything is at hand as one piece.
  const isAll = chosen === items && page.items.length === entries.length
  const shown = isAll ? [all, ...lists.map(({ piece }) => piece)] : page.items.map(({ piece }) => piece)
  const said = lists.map(({ body }) => body)
  return {
    content: {
      held: facts.held,
      etag: etagOf([facts.key, 'everything', search, JSON.stringify(cursor?.after ?? []), ...said]),
      mayStay: facts.isAllFresh,
      pieces: bundlePieces(head, shown, closing)
    },
    count: page.items.length
  }
}

const closings = new WeakMap<PersonAnswerFacts, Piece>()

/** Of a whole record, with the sections of which nothing is shown: the same for the same facts. */
function wholeClosing(facts: PersonAnswerFacts, mayRead: Access['mayRead'], { catalogue }: Deps): Piece {
  const known = closings.get(facts)
  if (known) return known
  const empty = emptySectionsOf(facts, catalogue, mayRead)
  const closing = toClosing(withEmptyLists(outcomeOf(facts), empty))
  closings.set(facts, closing)
  return closing
}

function choose(
  { selection: { items }, state }: PersonAnswerFacts,
  { types, since = 0, provenanceOf }: Part,
  { catalogue, baseUrl }: Deps
): readonly ViewItem[] {
  if (types === undefined && since === 0 && provenanceOf === undefined) return items
  const recent = items.filter(({ lastUpdated }) => lastUpdated >= since)
  const chosen = recent.filter(({ resourceType }) => types?.has(resourceType) ?? true)
  if (!provenanceOf) return chosen
  const about = provenanceOf === 'everything' ? recent : chosen
  const provenance = provenanceItems(about, { catalogue, baseUrl: baseUrl() })
  return [...chosen, ...provenance].sort((a, b) => compareInRecord(a, b, state.patientId))
}

type Entry = ViewItem | ItemList

/** Lists that name something of what was asked for. */
function listsAbout(chosen: readonly ViewItem[], { selection, state, held }: PersonAnswerFacts) {
  const keys = new Set(chosen.map(({ key }) => key))
  return itemListsOf(selection, state, held !== undefined).filter(({ members }) =>
    members.some((key) => keys.has(key))
  )
}

function placeOf(entry: Entry): Cursor['after'] {
  if ('uuid' in entry) return [entry.first.resourceType, entry.first.resourceId, entry.uuid]
  return [entry.resourceType, entry.resourceId]
}

/** Lists come after all items. */
function isAfter({ after }: Cursor, patientId: string): (entry: Entry) => boolean {
  const [resourceType = '', resourceId = '', uuid] = after.map(String)
  const place = { resourceType, resourceId }
  return (entry) => {
    if (uuid === undefined) return 'uuid' in entry || compareInRecord(entry, place, patientId) > 0
    return 'uuid' in entry && compareLists(entry, { first: place, uuid }, patientId) > 0
  }
}
