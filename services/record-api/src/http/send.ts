import { OutcomeError } from '@chesil/fhir'
import type { App } from '@chesil/service-kit'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Piece, toGzip } from '../view/gzip-stream.ts'
import { isUnmodified } from './conditional.ts'

const fhirJson = 'application/fhir+json; charset=utf-8'
/** Below this, compressing costs more than it saves. */
const worthCompressing = 1_400

/** Sends pieces as they are or, where the reader takes it, as one gzip stream of their stored fragments. */
export function sendPieces(
  request: FastifyRequest,
  reply: FastifyReply,
  pieces: readonly Piece[],
  type = fhirJson
) {
  const length = pieces.reduce((sum, { plain }) => sum + plain.length, 0)
  reply.header('Vary', 'Accept-Encoding').type(type)
  const plain = pieces.map((piece) => piece.plain)
  if (wantsPretty(request) && length <= mostIndentedBytes) return reply.send(Buffer.concat(plain)) // for the hook that indents it
  if (length < worthCompressing || !takesGzip(request)) {
    return reply.sendBuffers(plain)
  }
  return reply.header('Content-Encoding', 'gzip').sendBuffers(toGzip(pieces))
}

/** An answer that the reader may hold already. */
export interface Validated {
  readonly etag: string
  /** Whether the reader's copy may stand: not while a source could have something newer. */
  readonly mayStay: boolean
  readonly pieces: readonly Piece[]
}

/** Sends an answer, or 304 to a reader who has it. Either was audited before. */
export function sendValidated(
  request: FastifyRequest,
  reply: FastifyReply,
  { etag, mayStay, pieces }: Validated
) {
  reply.header('ETag', etag).header('Cache-Control', 'private, no-cache').header('Vary', 'Accept-Encoding')
  if (mayStay && isUnmodified(request, etag)) return reply.code(304).send()
  return sendPieces(request, reply, pieces)
}

/**
 * A coding is taken as far as its own q-value says; `*` speaks only for those that are not named.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-accept-encoding
 */
function takesGzip({ headers }: FastifyRequest): boolean {
  const codings = String(headers['accept-encoding'] ?? '')
    .toLowerCase()
    .split(',')
    .map((one) => /^\s*([\w*-]+)\s*(?:;\s*q=([01](?:\.\d{0,3})?)\s*)?$/.exec(one))
  const qualities = new Map(codings.map((match) => [match?.[1], Number(match?.[2] ?? 1)]))
  return (qualities.get('gzip') ?? qualities.get('x-gzip') ?? qualities.get('*') ?? 0) > 0
}

/** How a reader wants the answer: `_format` speaks before `Accept`. */
function formatOf({ headers, query }: FastifyRequest): string | undefined {
  const format = (query as Record<string, unknown>)['_format']
  return typeof format === 'string' ? format.replace(' ', '+') : headers.accept
}

/**
 * Whether a file is wanted inside a FHIR resource. @throws OutcomeError `notAcceptable` where that is to be XML.
 *
 * @see https://hl7.org/fhir/R4/binary.html#rest
 */
export function wantsFhirJson(request: FastifyRequest): boolean {
  const wanted = formatOf(request) ?? ''
  const isFormat = /^(application\/)?(fhir\+)?json$/i.test(wanted)
  if (isFormat || /\bfhir\+json\b/i.test(wanted)) return true
  if (/\bfhir\+xml\b/i.test(wanted) && !wanted.includes('*')) throw onlyJson()
  return false
}

/** Indenting megabytes would keep everybody else waiting, and nobody reads them. */
const mostIndentedBytes = 1_048_576

const wantsPretty = ({ query }: FastifyRequest): boolean =>
  (query as Readonly<Record<string, unknown>> | undefined)?.['_pretty'] === 'true'

/**
 * For people who read an answer: every JSON answer up to 1 MiB is indented where `_pretty=true` is asked.
 *
 * @see https://hl7.org/fhir/R4/http.html#pretty
 */
export function indentWhereAsked(app: App): void {
  app.addHook('onSend', async (request, reply, payload: unknown) => {
    const isText = typeof payload === 'string' || Buffer.isBuffer(payload)
    if (!isText || !wantsPretty(request)) return payload
    if (payload.length === 0 || payload.length > mostIndentedBytes) return payload
    if (!/\bjson\b/.test(String(reply.getHeader('content-type')))) return payload
    return JSON.stringify(JSON.parse(payload.toString()), undefined, 2)
  })
}

const onlyJson = () =>
  new OutcomeError('notAcceptable', 'Only JSON is available: ask for application/fhir+json')

/**
 * We speak JSON. @throws OutcomeError `notAcceptable` for a reader who takes no form of it.
 *
 * @see https://hl7.org/fhir/R4/http.html#mime-type
 */
export function assertJsonIsWelcome(request: FastifyRequest): void {
  if (/json|\*\/\*|application\/\*/i.test(formatOf(request) ?? '*/*')) return
  throw onlyJson()
}
