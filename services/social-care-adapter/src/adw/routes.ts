import { maySendFor, rawMessageRoute } from '@chesil/message-intake'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { Kept } from '../intake/keep-message.ts'
import type { AdwAnswers } from './answers.ts'
import type { AdwIntake } from './intake.ts'

export interface AdwRoutesDeps {
  readonly takeAdw: AdwIntake
  readonly answerNotice: AdwAnswers
  readonly maxMessageBytes: number
}

const contentTypes = ['application/fhir+xml', 'application/xml+fhir', 'application/xml', 'text/xml']

/** Notices over HTTP, one a request: 202 says that it is committed, and under which id. */
export const adwRoute = ({ takeAdw, maxMessageBytes }: AdwRoutesDeps): FastifyPluginAsyncTypebox =>
  rawMessageRoute({
    path: '/adw',
    summary: 'Send a notice about a discharge, or the answer to one',
    interaction: 'adw',
    accepted: Kept,
    contentTypes,
    maxMessageBytes,
    take: async ({ bytes, organisation }, reply) =>
      reply.code(202).send({ id: await takeAdw({ bytes, organisation }) })
  })

const Answer = Type.Object(
  {
    noticeId: Type.String({
      pattern: '^[\\w.:-]{1,64}$',
      description: 'Of the notice: as `POST /adw` was answered, or `MessageHeader.id`'
    }),
    answer: Type.Enum(['accept', 'reject']),
    reason: Type.Optional(
      Type.String({ minLength: 1, maxLength: 1_000, description: 'In the council’s words' })
    ),
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'Of the council' }))
  },
  { additionalProperties: false }
)

/** A council that has no system for notices answers one here: the message for the hospital is in the answer. */
export function adwAnswerRoute({ answerNotice }: AdwRoutesDeps): FastifyPluginAsyncTypebox {
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
        const xml = await answerNotice(request.body, maySendFor(request))
        return reply.type('application/fhir+xml; charset=utf-8').send(xml)
      }
    )
  }
}
