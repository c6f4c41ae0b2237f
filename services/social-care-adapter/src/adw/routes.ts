import { OutcomeError } from '@chesil/fhir'
import { type AdwMessage, adwResponse } from '@chesil/mappers'
import { maySendFor, rawMessageRoute } from '@chesil/message-intake'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { type createAdwIntake, readBytes } from './intake.ts'

export interface AdwRoutesDeps {
  readonly takeAdw: ReturnType<typeof createAdwIntake>
  /** Bytes of the notices that came under this id of their header, the latest first. */
  readonly findNotices: (headerId: string) => Promise<readonly Buffer[]>
  readonly maxMessageBytes: number
  readonly newId: () => string
  /** ms since 1970 */
  readonly now: () => number
}

const contentTypes = ['application/fhir+xml', 'application/xml+fhir', 'application/xml', 'text/xml']

/** Notices over HTTP, one a request: 202 says that it is committed. */
export const adwRoute = (deps: AdwRoutesDeps): FastifyPluginAsyncTypebox =>
  rawMessageRoute({
    path: '/adw',
    summary: 'Send a notice about a discharge, or the answer to one',
    interaction: 'adw',
    contentTypes,
    maxMessageBytes: deps.maxMessageBytes,
    take: async ({ bytes, organisation }, reply) => {
      await deps.takeAdw({ bytes, organisation })
      return reply.code(202).send()
    }
  })

const Answer = Type.Object(
  {
    noticeId: Type.String({ format: 'uuid', description: 'Of the notice: `MessageHeader.id`' }),
    answer: Type.Enum(['accept', 'reject']),
    reason: Type.Optional(
      Type.String({ minLength: 1, maxLength: 1_000, description: 'In the council’s words' })
    ),
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'Of the council' }))
  },
  { additionalProperties: false }
)

/**
 * A council that has no system for notices answers one here: the message for the hospital is in the answer, and is taken
 * in like one that came, so that ward and council see the same.
 */
export function adwAnswerRoute(deps: AdwRoutesDeps): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.post(
      '/adw/answers',
      {
        config: { rule: { interaction: 'adw', needs: 'MessageHeader' } },
        schema: {
          summary: 'Answer a notice, as the council it was sent to',
          body: Answer,
          response: { 200: { content: { 'application/fhir+xml': { schema: Type.String() } } } }
        }
      },
      async (request, reply) => {
        const organisation = maySendFor(request)
        const { noticeId, answer, reason, name } = request.body
        const notice = await findNotice(noticeId, organisation, deps)
        const from = { odsCode: organisation, ...(name !== undefined && { name }) }
        const xml = adwResponse({
          notice,
          answer,
          from,
          ...(reason !== undefined && { reason }),
          at: new Date(deps.now()).toISOString(),
          newId: deps.newId
        })
        await deps.takeAdw({ bytes: Buffer.from(xml), organisation })
        return reply.type('application/fhir+xml; charset=utf-8').send(xml)
      }
    )
  }
}

/** Published examples share ids: of several under one the latest is meant that asks this council for something. */
async function findNotice(
  headerId: string,
  organisation: string,
  { findNotices }: AdwRoutesDeps
): Promise<AdwMessage> {
  const notices = (await findNotices(headerId)).flatMap((bytes) => readBytes(bytes) ?? [])
  const own = notices.filter(({ recipient }) => recipient === organisation)
  const notice = own.find(({ event }) => event?.accept !== undefined) ?? own[0]
  if (!notice) throw new OutcomeError('notFound', 'No such notice to this organisation')
  return notice
}
