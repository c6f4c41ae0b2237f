import { type OperationOutcome, OutcomeError, toOperationOutcome } from '@chesil/fhir'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import Type, { type Static } from 'typebox'
import { identification, type RouteRule } from '../access/access.ts'
import type { Deps } from '../deps.ts'

/** Whoever may use the service at all: each entry is authorised by its own route. */
const rule: RouteRule = { interaction: 'batch', resourceType: 'any', needs: 'r', purposes: identification }

const maxEntries = 50
/** Once so much has been answered no further entry is begun: a batch is in memory whole. */
const maxAnsweredBytes = 16_777_216
const atOnce = 4
/** Entries may wait for sources, one after the other. */
const handlerTimeout = 60_000

const Entry = Type.Object({
  request: Type.Object({
    method: Type.String(),
    url: Type.String({ maxLength: 2_000 }),
    ifNoneMatch: Type.Optional(Type.String()),
    ifMatch: Type.Optional(Type.String())
  })
})
const Body = Type.Object({
  resourceType: Type.Literal('Bundle'),
  type: Type.String({ description: '`batch`' }),
  entry: Type.Optional(Type.Array(Entry, { maxItems: maxEntries }))
})
type Asked = Static<typeof Entry>['request']

/**
 * `POST` on the base: several reads in one request, each as if it had been sent alone.
 *
 * @param base The base's path, below which every route has its guard.
 */
export function batchRoutes({ ids, baseUrl }: Deps, base: string): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.post(
      '/',
      {
        config: { rule },
        handlerTimeout,
        schema: {
          operationId: 'batch',
          summary: 'Several reads and searches at once',
          description:
            'A Bundle of type `batch` of at most 50 `GET`s. Each is authorised, limited and audited as if it were sent alone, and answered in its place.',
          tags: ['Resources'],
          body: Body
        }
      },
      async (request, reply) => {
        const { type, entry = [] } = request.body
        if (type !== 'batch')
          throw new OutcomeError('invalid', 'Only a batch of reads is taken: no transaction')
        const answers = await answerAll(
          entry.map(({ request: one }) => one),
          (asked) => answerEntry(app, request, asked, base, baseUrl())
        )
        return reply
          .type('application/fhir+json; charset=utf-8')
          .header('Cache-Control', 'private, no-cache')
          .send(
            `{"resourceType":"Bundle","id":"${ids.newId()}","type":"batch-response","entry":[${answers.join()}]}`
          )
      }
    )
  }
}

/** A few at a time, answered in the order in which they were asked. @returns each as JSON. */
async function answerAll(
  asked: readonly Asked[],
  answer: (one: Asked) => Promise<string>
): Promise<readonly string[]> {
  const answers: string[] = []
  let answeredBytes = 0
  let begun = 0
  const work = async () => {
    while (begun < asked.length) {
      const index = begun++
      const text =
        answeredBytes < maxAnsweredBytes ? await answer(asked[index] as Asked) : refused('tooLarge', tooMuch)
      answeredBytes += Buffer.byteLength(text)
      answers[index] = text
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return answers
}

const tooMuch = 'The batch has answered too much already: ask for this alone'

async function answerEntry(
  app: FastifyInstance,
  request: FastifyRequest,
  { method, url, ...conditions }: Asked,
  base: string,
  baseUrl: string
): Promise<string> {
  if (method !== 'GET') return toEntry('405', { outcome: notARead })
  const address = findAddress(url, baseUrl)
  if (address === undefined) return refused('notFound', 'No such endpoint')
  const { statusCode, headers, ...answer } = await app.inject({
    method: 'GET',
    url: `${base}/${address}`,
    remoteAddress: request.ip,
    headers: headersOf(request, conditions)
  })
  // `_pretty` was asked of what is part of another answer now.
  const body = answer.body.startsWith('{\n') ? JSON.stringify(JSON.parse(answer.body)) : answer.body
  const isResource = body.startsWith('{"resourceType"')
  if (statusCode >= 400 && isResource) return toEntry(String(statusCode), { outcome: JSON.parse(body) })
  if (body !== '' && !isResource)
    return refused('notAcceptable', 'Its answer is no resource: ask for it alone')
  const lastModified = headers['last-modified']
  const response = {
    ...(headers['etag'] !== undefined && { etag: headers['etag'] }),
    ...(lastModified !== undefined && { lastModified: new Date(lastModified).toISOString() }),
    ...(headers['chesil-completeness'] === 'partial' && { outcome: partial })
  }
  return toEntry(String(statusCode), response, body)
}

/** Those of the batch that say who asks and how; its ids, so that audit and logs hold the entries together. */
function headersOf({ headers, id }: FastifyRequest, { ifNoneMatch, ifMatch }: Omit<Asked, 'method' | 'url'>) {
  const given = {
    authorization: headers.authorization,
    prefer: headers['prefer'],
    'x-correlation-id': headers['x-correlation-id'],
    'if-none-match': ifNoneMatch,
    'if-match': ifMatch
  }
  const sent = Object.entries(given).filter(([, value]) => value !== undefined)
  return { ...Object.fromEntries(sent), accept: 'application/fhir+json', 'x-request-id': id }
}

/** @returns what follows the base; `undefined` for what could be no address of ours. */
function findAddress(url: string, baseUrl: string): string | undefined {
  const local = url.startsWith(`${baseUrl}/`) ? url.slice(baseUrl.length + 1) : url.replace(/^\//, '')
  // No dots that climb, and nothing encoded that could become one: what is outside the base has no guard.
  return /^[\w$-]+(\/[\w$.-]+)*(\?[!-~]*)?$/.test(local) && !/(^|\/)\.\.?(\/|\?|$)/.test(local)
    ? local
    : undefined
}

const toEntry = (status: string, response: object, resource = ''): string =>
  `{${resource && `"resource":${resource},`}"response":${JSON.stringify({ status, ...response })}}`

function refused(kind: 'notFound' | 'notAcceptable' | 'tooLarge', words: string): string {
  const { status, body } = toOperationOutcome(new OutcomeError(kind, words))
  return toEntry(String(status), { outcome: body })
}

const notARead: OperationOutcome = {
  resourceType: 'OperationOutcome',
  issue: [{ severity: 'error', code: 'not-supported', diagnostics: 'Only GET is taken: the record is read' }]
}

/** A resource alone has it in a header, which no entry has. */
const partial: OperationOutcome = {
  resourceType: 'OperationOutcome',
  issue: [
    {
      severity: 'warning',
      code: 'incomplete',
      details: { text: 'Something is missing from this record: Patient/{id}/$completeness says what' }
    }
  ]
}
