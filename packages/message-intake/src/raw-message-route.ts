import { OutcomeError } from '@chesil/fhir'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply } from 'fastify'
import { maySendFor } from './sender-guard.ts'

/** One message as HTTP brought it: its bytes are kept as they are. */
export interface RawMessage {
  readonly bytes: Buffer
  /** ODS code of the organisation whose system sends. */
  readonly organisation: string
  /** As sent. */
  readonly contentType: string | undefined
}

export interface RawMessageRoute {
  readonly path: string
  /** One line of what is sent. */
  readonly summary: string
  /** What the access rule calls it. */
  readonly interaction: string
  /** Schema of what 202 says, where it says anything. */
  readonly accepted?: object
  /** All that is taken; with anything else the answer is 415. */
  readonly contentTypes: readonly string[]
  readonly maxMessageBytes: number
  readonly take: (message: RawMessage, reply: FastifyReply) => Promise<FastifyReply>
}

/** A `POST` of one message a request, whose body nobody parses before it is kept. */
export function rawMessageRoute(route: RawMessageRoute): FastifyPluginAsyncTypebox {
  const { path, summary, interaction, accepted, contentTypes, maxMessageBytes, take } = route
  return async (app) => {
    app.removeAllContentTypeParsers()
    app.addContentTypeParser(
      [...contentTypes],
      { parseAs: 'buffer' },
      async (_request: unknown, body: Buffer) => body
    )
    const rule = { interaction, needs: 'MessageHeader' }
    // As @fastify/swagger reads it, where a service has that.
    const schema: object = {
      summary,
      consumes: [...contentTypes],
      ...(accepted && { response: { 202: accepted } })
    }
    app.post(path, { bodyLimit: maxMessageBytes, config: { rule }, schema }, async (request, reply) => {
      if (!Buffer.isBuffer(request.body)) throw new OutcomeError('invalid', 'A message is needed')
      const contentType = request.headers['content-type']
      return await take({ bytes: request.body, organisation: maySendFor(request), contentType }, reply)
    })
  }
}
