import { Readable } from 'node:stream'
import { type Binary, OutcomeError } from '@chesil/fhir'
import { findDocument, type KeptDocument, readDocument } from '@chesil/record-store'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import Type from 'typebox'
import { directCare, type RouteRule } from '../access/access.ts'
import type { Deps } from '../deps.ts'
import { type ByteRange, parseRange } from '../http/byte-range.ts'
import { isUnmodified, itemEtag } from '../http/conditional.ts'
import { fileTypeOf } from '../http/file-type.ts'
import { sendPieces, wantsFhirJson } from '../http/send.ts'
import { answerAboutPerson, type PersonAnswer } from '../person/answer-person.ts'
import type { PersonAnswerFacts } from '../person/gather-facts.ts'
import { toPiece } from '../view/gzip-stream.ts'
import type { ViewItem } from '../view/view-item.ts'
import { type Absence, absenceError, answerAbsence, keyOf, personOf } from './item-in-record.ts'
import { ResourceId } from './path-parameters.ts'
import { fresheningOf, nobody, pointToCompleteness } from './person-request.ts'

const rule: RouteRule = { interaction: 'read', resourceType: 'Binary', needs: 'r', purposes: directCare }

/** As JSON a file is in memory whole, several times over. */
const maxJsonBytes = 4_194_304
/** A large file on a slow line takes its time; a reader who takes nothing is cut off sooner, by the socket. */
const handlerTimeout = 300_000

/** `GET Binary/{id}`: a file that a document or report of the record names, as it is or inside a FHIR resource. */
export function binaryRoutes(deps: Deps): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/Binary/:id',
      {
        config: { rule, servesFiles: true },
        handlerTimeout,
        schema: {
          operationId: 'readFile',
          summary: 'Read a file that a document or a report names',
          description:
            'The file itself, to be saved and never shown inside a page: its type is its source’s only where it is a known type of document. With `Accept: application/fhir+json` a Binary in JSON, for files up to 4 MiB. In no search and no list.',
          tags: ['Resources'],
          params: Type.Object({ id: ResourceId })
        }
      },
      (request, reply) => readFile(request, reply, request.params.id, deps)
    )
  }
}

interface FoundFile {
  readonly shown: ViewItem
  readonly document: KeptDocument
}
type FileAnswer = FoundFile | Absence | 'not-kept' | 'too-large'

async function readFile(request: FastifyRequest, reply: FastifyReply, id: string, deps: Deps) {
  const isJson = wantsFhirJson(request)
  const patientId = await personOf({ type: 'Binary', id }, request, deps)
  let facts: PersonAnswerFacts | undefined
  const answer = await answerAboutPerson<FileAnswer>(
    request,
    {
      patientId: patientId ?? '',
      freshening: fresheningOf(request, deps),
      compose: (gathered) => {
        facts = gathered
        return composeFile(request, gathered, { id, isJson }, deps)
      }
    },
    deps
  )
  if (!answer || !facts) throw nobody()
  if (typeof answer.content === 'string') throw errorOf(answer.content)
  const { shown, document } = answer.content
  const etag = isJson ? itemEtag(shown) : `"${document.hash}"`
  pointToCompleteness(reply, facts, deps.baseUrl())
  reply.header('ETag', etag).header('Cache-Control', 'private, no-cache').header('Vary', 'Accept')
  if (facts.isAllFresh && isUnmodified(request, etag)) return reply.code(304).send()
  reply.header('Last-Modified', new Date(shown.lastUpdated).toUTCString())
  return isJson
    ? await sendAsJson(request, reply, answer.content, deps)
    : sendBytes(request, reply, document, deps)
}

async function composeFile(
  request: FastifyRequest,
  facts: PersonAnswerFacts,
  { id, isJson }: { readonly id: string; readonly isJson: boolean },
  deps: Deps
): Promise<PersonAnswer<FileAnswer>> {
  const path = { type: 'Binary', id }
  const item = keyOf(path)
  const shown = facts.selection.byKey.get(item)
  // Whoever is shown nothing that names the file is not shown the file.
  const isNamed = facts.selection.items.some(({ index }) => index.content?.includes(item))
  if (!shown || !isNamed) return await answerAbsence(path, request, facts, deps)
  const document = await findDocument(deps.database, JSON.parse(shown.body.toString()) as Binary)
  if (!document) return { content: 'not-kept', count: 0, item, refusal: 'not kept' }
  if (isJson && document.size > maxJsonBytes)
    return { content: 'too-large', count: 0, item, refusal: 'too large for JSON' }
  return { content: { shown, document }, count: 1, item }
}

function errorOf(content: Exclude<FileAnswer, FoundFile>): OutcomeError {
  if (content === 'not-kept') return new OutcomeError('notFound', 'The file itself is not kept here')
  if (content === 'too-large')
    return new OutcomeError('notAcceptable', 'Too large for JSON: ask for */* to get the file itself')
  return absenceError(content)
}

/** A Binary as FHIR has it, its content in base64. */
async function sendAsJson(
  request: FastifyRequest,
  reply: FastifyReply,
  { shown, document: { hash, size } }: FoundFile,
  { database }: Deps
) {
  const pieces: Buffer[] = []
  for await (const piece of readDocument(database, hash, { from: 0, to: size })) pieces.push(piece)
  const data = Buffer.concat(pieces).toString('base64')
  const resource = shown.body.toString()
  const whole = data === '' ? resource : `${resource.slice(0, -1)},"data":"${data}"}`
  return sendPieces(request, reply.header('Vary', 'Accept, Accept-Encoding'), [toPiece(Buffer.from(whole))])
}

/** @throws OutcomeError `rangeNotSatisfiable` for a part that the file has not. */
function sendBytes(
  request: FastifyRequest,
  reply: FastifyReply,
  { hash, size, contentType }: KeptDocument,
  { database }: Deps
) {
  const range = rangeOf(request, hash, size)
  if (range === 'unsatisfiable') {
    reply.header('Content-Range', `bytes */${size}`)
    throw new OutcomeError('rangeNotSatisfiable', 'The file has no such part')
  }
  const part = range === 'whole' ? { from: 0, to: size } : range
  if (range !== 'whole') reply.code(206).header('Content-Range', `bytes ${part.from}-${part.to - 1}/${size}`)
  const type = fileTypeOf(contentType)
  reply
    .type(type.contentType)
    .header('Accept-Ranges', 'bytes')
    .header('Content-Length', part.to - part.from)
    .header('Content-Disposition', `attachment; filename="document.${type.extension}"`)
    .header('X-Content-Type-Options', 'nosniff')
    .header('Content-Security-Policy', "sandbox; default-src 'none'")
  return reply.send(Readable.from(request.method === 'HEAD' ? [] : readDocument(database, hash, part)))
}

/** The whole file to a HEAD, and to whoever holds a part of another: a content never changes, so its hash decides. */
function rangeOf(
  { method, headers }: FastifyRequest,
  hash: string,
  size: number
): ByteRange | 'whole' | 'unsatisfiable' {
  const condition = headers['if-range']
  if (method === 'HEAD' || (condition !== undefined && condition !== `"${hash}"`)) return 'whole'
  return parseRange(headers.range, size)
}
