import { rawMessageRoute } from '@chesil/message-intake'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Kept } from '../intake/keep-message.ts'
import type { createPrsbIntake } from './intake.ts'

export interface PrsbRouteDeps {
  readonly takePrsb: ReturnType<typeof createPrsbIntake>
  readonly maxMessageBytes: number
}

/** Filled-in forms over HTTP, one a request: 202 says that it is committed, and under which id. */
export const prsbRoute = ({ takePrsb, maxMessageBytes }: PrsbRouteDeps): FastifyPluginAsyncTypebox =>
  rawMessageRoute({
    path: '/prsb',
    summary: 'Send a filled-in form of one of PRSB’s standards',
    interaction: 'prsb',
    accepted: Kept,
    contentTypes: ['application/fhir+json', 'application/json'],
    maxMessageBytes,
    take: async (message, reply) => reply.code(202).send({ id: await takePrsb(message) })
  })
