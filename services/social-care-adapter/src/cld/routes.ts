import { Readable } from 'node:stream'
import type { CldSender } from '@chesil/contracts'
import { OutcomeError } from '@chesil/fhir'
import { maySendFor } from '@chesil/message-intake'
import type { SubmissionStatus } from '@chesil/record-store'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { CldAnswer, type CldReport } from './answer.ts'
import type { FileIntake } from './file-intake.ts'

export interface CldRoutesDeps {
  /** By the ODS code of the council. */
  readonly councils: ReadonlyMap<string, CldSender>
  readonly takeFile: FileIntake
  readonly findSubmission: (id: string) => Promise<SubmissionStatus | undefined>
  /** How long an upload may take. */
  readonly uploadMs: number
}

const contentTypes = [
  'text/csv',
  'application/csv',
  'application/gzip',
  'application/x-gzip',
  'application/octet-stream'
]

/**
 * Client Level Data over HTTP, a file a request, as it comes: 202 says that all of it is kept; applying it is the
 * queue's work, and `GET` tells how that stands. With `?dryRun=true` the report comes and nothing is kept.
 */
export function cldRoutes(deps: CldRoutesDeps): FastifyPluginAsyncTypebox {
  const rule = { interaction: 'cld', needs: 'MessageHeader' }
  const councilOf = (odsCode: string): CldSender => {
    const council = deps.councils.get(odsCode)
    if (!council)
      throw new OutcomeError(
        'forbidden',
        'No council that sends Client Level Data is known under this organisation'
      )
    return council
  }
  return async (app) => {
    app.removeAllContentTypeParsers()
    // Nobody reads it before its sender is known.
    app.addContentTypeParser(contentTypes, async (_request: unknown, body: unknown) => body)
    app.post(
      '/cld',
      {
        config: { rule },
        bodyLimit: Number.MAX_SAFE_INTEGER,
        handlerTimeout: deps.uploadMs,
        schema: {
          summary: 'Send a file of Client Level Data',
          querystring: Type.Object(
            { dryRun: Type.Optional(Type.Boolean()) },
            { additionalProperties: false }
          ),
          response: { 200: CldAnswer, 202: CldAnswer }
        }
      },
      async (request, reply) => {
        const council = councilOf(maySendFor(request))
        if (!isStream(request.body))
          throw new OutcomeError('invalid', 'A file of Client Level Data is needed')
        // Then it is silent here until everything is compared. `inject` has no such socket.
        const onEnd = () => request.raw.socket.setTimeout?.(deps.uploadMs)
        const isDryRun = request.query.dryRun === true
        const taken = await readWhole(request.body, onEnd, (file) =>
          deps.takeFile(file, council, { isDryRun })
        )
        const { submissionId: id, outcome, report } = taken
        if (id !== undefined) reply.header('location', `/cld/${id}`)
        return reply
          .code(outcome === 'new' ? 202 : 200)
          .send({ ...(id !== undefined && { id }), outcome, report })
      }
    )
    app.get(
      '/cld/:id',
      {
        config: { rule },
        schema: {
          summary: 'What became of a file',
          params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
          response: { 200: CldAnswer }
        }
      },
      async (request) => {
        const council = councilOf(maySendFor(request))
        const found = await deps.findSubmission(request.params.id)
        if (!found || found.sourceId !== council.id)
          throw new OutcomeError('notFound', 'No such file of this council')
        return { id: found.id, outcome: outcomes[found.state], report: found.report as CldReport }
      }
    )
  }
}

const outcomes = { received: 'waiting', mapped: 'settled', dead: 'failed' } as const

const isStream = (body: unknown): body is Readable => body instanceof Readable

/**
 * Where a file is refused before its end, the rest is let go by: most clients read no answer before they have sent all.
 * They have as long as for any upload.
 */
async function readWhole<Result>(
  body: Readable,
  onEnd: () => void,
  read: (file: AsyncIterable<Uint8Array>) => Promise<Result>
): Promise<Result> {
  const file = body.iterator({ destroyOnReturn: false })
  body.once('end', onEnd)
  try {
    return await read(file)
  } catch (error) {
    body.off('end', onEnd)
    // The iterator holds what comes until it has ended, which is at the next byte.
    file.return?.().then(
      () => body.resume(),
      () => undefined
    )
    throw error
  }
}
