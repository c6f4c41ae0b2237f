import { Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import { OutcomeError } from '@chesil/fhir'
import { councilPeople, councilSubmission, createPractices, writeCldCsv } from '@chesil/synthetic'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type, { type Static } from 'typebox'
import Value from 'typebox/value'
import type { CouncilState } from '../council/council-world.ts'
import type { Deps } from '../deps.ts'
import { readBody } from '../request-body.ts'
import { systemToken } from './system-token.ts'

interface OfCouncil {
  Params: { readonly odsCode: string }
}

const strict = { additionalProperties: false }
const ofSubmission = {
  people: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 1_000_000,
      description: 'Those of the sandbox first, then whom only the council knows; absent: the former'
    })
  ),
  to: Type.String({
    pattern: '^\\d{4}-\\d{2}-\\d{2}$',
    description: 'Last day of the period, which begins with its month'
  }),
  release: Type.Union([Type.Literal(1), Type.Literal(2)], { default: 2 }),
  sending: Type.Integer({ default: 1, minimum: 1, maximum: 2, description: '2 corrects what 1 said' }),
  gzip: Type.Boolean({ default: false })
}
const SubmissionQuery = Type.Object(ofSubmission, strict)
type Wanted = Static<typeof SubmissionQuery>

const SubmissionRequest = Type.Object(
  {
    ...ofSubmission,
    url: Type.String({ pattern: '^https?://.+', description: 'Where it is posted, e.g. http://host/cld' }),
    audience: Type.Optional(Type.String({ minLength: 1, description: '`aud` of the token it brings' }))
  },
  strict
)

const timeoutMs = 600_000
/** Of people whom only councils know. */
const practices = createPractices(5)

/** A council's Client Level Data for a month: shown, or sent. Written row by row, however long it is. */
export function submissionControl(
  { councilWorld, tokens, tokenAudience }: Deps,
  readCouncil: (odsCode: string) => CouncilState
): FastifyPluginAsyncTypebox {
  const { seed, people: first } = councilWorld

  function write(odsCode: string, { people = first.length, to, release, sending, gzip }: Wanted): Readable {
    const rows = councilSubmission({
      seed,
      council: readCouncil(odsCode).council,
      people: councilPeople({ seed, count: people, practices, first }),
      period: { start: `${to.slice(0, 8)}01`, end: to },
      release,
      sending
    })
    const text = Readable.from(writeCldCsv(rows, { release }))
    return gzip ? text.pipe(createGzip()) : text
  }

  return async (app) => {
    app.get<OfCouncil>('/', async ({ params, query }, reply) => {
      const wanted = readBody(SubmissionQuery, Value.Convert(SubmissionQuery, query))
      return reply
        .type(wanted.gzip ? 'application/gzip' : 'text/csv; charset=utf-8')
        .send(write(params.odsCode, wanted))
    })

    app.post<OfCouncil>('/', async ({ params, body }) => {
      const { url, audience = tokenAudience, ...wanted } = readBody(SubmissionRequest, body)
      const file = write(params.odsCode, wanted)
      const token = await systemToken(params.odsCode, audience, tokens)
      const response = await fetch(url, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'text/csv' },
        body: Readable.toWeb(file) as ReadableStream,
        duplex: 'half',
        signal: AbortSignal.timeout(timeoutMs)
      }).catch((cause: unknown) => {
        throw new OutcomeError('upstreamUnavailable', 'Nobody took the submission', { cause })
      })
      return { status: response.status, answer: await response.text() }
    })
  }
}
