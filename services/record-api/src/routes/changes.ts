import { compareChanges } from '@chesil/care-record'
import { chesil, OutcomeError } from '@chesil/fhir'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { type Access, directCare, type RouteRule } from '../access/access.ts'
import type { Deps } from '../deps.ts'
import { bundlePieces, historyClosing } from '../http/bundle.ts'
import { type Cursor, searchOf } from '../http/cursors.ts'
import { pageOf, parseCount } from '../http/page.ts'
import { type Parameters, single, toQuery } from '../http/parameters.ts'
import { sendPieces } from '../http/send.ts'
import { answerAboutPerson, type PersonAnswer } from '../person/answer-person.ts'
import type { PersonAnswerFacts } from '../person/gather-facts.ts'
import { type Piece, toPiece } from '../view/gzip-stream.ts'
import type { ItemChange } from '../view/item-changes.ts'
import { changesSince, findStart, parseStart, type Start, shownVersion } from './changes-since.ts'
import { PersonId } from './path-parameters.ts'
import { fresheningOf, nobody, outcomeOf } from './person-request.ts'

const rule: RouteRule = {
  interaction: '$changes',
  resourceType: 'Patient',
  needs: 'r',
  purposes: directCare
}
const Params = Type.Object({ id: PersonId })
const Text = (description: string, example?: string) =>
  Type.Optional(Type.String({ description, ...(example !== undefined && { examples: [example] }) }))
const Querystring = Type.Object({
  sinceVersion: Text(
    'A version of the record: `meta.versionId` of an earlier answer; 0 is before the first',
    '12'
  ),
  _since: Text('In its place a FHIR instant that is over; what came in the minute before it is told too'),
  _count: Text('Changes in a page, at most 1,000; all when absent'),
  _cursor: Text('The next page: follow the `next` link, do not write it')
})

/** `GET Patient/{id}/$changes`: what is shown otherwise than it was, and why. */
export function changesRoutes(deps: Deps): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/Patient/:id/$changes',
      {
        config: { rule },
        schema: {
          operationId: 'readChanges',
          summary: 'What is new, changed or gone since a version or a moment, and why',
          description:
            'Each item once, as it is now or as gone. Whoever applies every page to what they were shown then has what they are shown now.',
          tags: ['Person'],
          params: Params,
          querystring: Querystring
        }
      },
      async (request, reply) => {
        const { cursor, parameters } = searchOf(request, deps.cursors, rule.interaction)
        const part = parsePart(parameters, deps.now())
        const answer = await answerAboutPerson(
          request,
          {
            patientId: cursor?.patientId ?? request.params.id,
            ...(cursor ? { cursor } : { freshening: fresheningOf(request, deps) }),
            compose: (facts) =>
              composeChanges(facts, { ...part, cursor, asked: request.params.id }, request.access, deps)
          },
          deps
        )
        if (!answer) throw nobody()
        if (answer.content instanceof OutcomeError) throw answer.content
        reply.header('Cache-Control', 'private, no-cache')
        return sendPieces(request, reply, answer.content)
      }
    )
  }
}

interface Part {
  readonly start: Start
  readonly count: number | undefined
  readonly used: Parameters
}

/** @throws OutcomeError `invalid` for what `$changes` does not take. */
function parsePart(parameters: Parameters, now: number): Part {
  const known = new Set(['sinceVersion', '_since', '_count', '_format'])
  if (parameters.some(([name]) => !known.has(name)))
    throw new OutcomeError('invalid', '$changes takes sinceVersion or _since, and _count')
  return {
    start: parseStart(parameters, now),
    count: parseCount(single(parameters, '_count')),
    used: parameters.filter(([name]) => name !== '_format')
  }
}

interface Asked extends Part {
  readonly cursor: Cursor | undefined
  /** As the path names the person. */
  readonly asked: string
}

async function composeChanges(
  facts: PersonAnswerFacts,
  { start, count, used, cursor, asked }: Asked,
  access: Access,
  deps: Deps
): Promise<PersonAnswer<readonly Piece[] | OutcomeError>> {
  const from = await findStart(facts, start, asked, deps)
  if (from instanceof OutcomeError) return { content: from, count: 0, refusal: 'no changes can be told' }
  const changes = await changesSince(facts, from, access, deps)
  const after = cursor && { version: Number(cursor.after[0]), key: String(cursor.after[1]) }
  const page = pageOf(changes, count, after && ((change) => compareChanges(change, after) > 0))
  const { patientId } = facts.state
  const url = `${deps.baseUrl()}/Patient/${patientId}/$changes`
  const search = toQuery(used)
  // Every page goes on from what the first one began with, or not at all.
  const began = `${from.held?.version ?? 0}.${facts.showing}`
  const next = page.last && {
    relation: 'next' as const,
    url: `${url}?_cursor=${deps.cursors.write({
      patientId,
      version: facts.version,
      of: rule.interaction,
      search: toQuery([['sinceVersion', began], ...used.filter(([name]) => name === '_count')]),
      after: [page.last.version, page.last.key]
    })}`
  }
  const head = {
    type: 'history' as const,
    id: deps.ids.newId(),
    versionId: shownVersion(facts),
    lastUpdated: facts.now,
    total: changes.length,
    links: [{ relation: 'self' as const, url: `${url}?${search}` }, ...(next ? [next] : [])]
  }
  const closing = historyClosing(outcomeOf(facts), `Patient/${patientId}/$completeness`)
  // What has been found since to be sensitive, or another's, is not shown for being of an earlier page.
  const tellable = page.items.filter(({ key, item }) => !item || facts.selection.byKey.has(key))
  const entries = tellable.map((change) => toEntry(change, deps.baseUrl()))
  const end = toPiece(Buffer.from(`${JSON.stringify(closing)}]}`))
  return { content: bundlePieces(head, entries, end), count: tellable.length }
}

function toEntry({ key, item, reason, version, source, changedAt }: ItemChange, baseUrl: string): Piece {
  const rest = {
    request: { method: item ? 'PUT' : 'DELETE', url: key },
    response: {
      status: item ? '200' : '204',
      ...(item && { etag: item.etag }),
      lastModified: new Date(changedAt).toISOString()
    },
    extension: [
      {
        url: chesil.extension('change'),
        extension: [
          { url: 'reason', valueCode: reason },
          { url: 'version', valuePositiveInt: version },
          ...(source === undefined
            ? []
            : [{ url: 'source', valueCoding: { system: chesil.source, code: source } }])
        ]
      }
    ]
  }
  const resource = item ? `"resource":${item.body.toString()},` : ''
  return toPiece(Buffer.from(`{"fullUrl":"${baseUrl}/${key}",${resource}${JSON.stringify(rest).slice(1)},`))
}
