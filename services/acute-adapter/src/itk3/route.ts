import { OutcomeError, type OutcomeKind } from '@chesil/fhir'
import { rawMessageRoute } from '@chesil/message-intake'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Itk3Intake, Itk3Outcome } from './intake.ts'

const contentTypes = ['application/fhir+xml', 'application/xml+fhir', 'application/xml', 'text/xml']

const refusals: ReadonlyMap<Itk3Outcome, readonly [OutcomeKind, string]> = new Map([
  ['unreadable', ['invalid', 'Not an ITK3 message or document in XML']],
  ['unknownSender', ['forbidden', 'The sender is not known here']],
  ['unavailable', ['unavailable', 'Not kept just now: send it again']]
])

/**
 * ITK3 over HTTP: one message a request. 202 says that it is committed; the infrastructure acknowledgement is in
 * the answer where the message asks for it.
 */
export function itk3Route(deps: {
  readonly intake: Itk3Intake
  readonly maxMessageBytes: number
}): FastifyPluginAsyncTypebox {
  return rawMessageRoute({
    path: '/itk3',
    summary: 'Send an ITK3 message or document',
    interaction: 'itk3',
    contentTypes,
    maxMessageBytes: deps.maxMessageBytes,
    take: async ({ bytes, organisation }, reply) => {
      const { outcome, acknowledgement } = await deps.intake({ bytes, organisation })
      const refusal = refusals.get(outcome)
      if (refusal) throw new OutcomeError(...refusal)
      if (acknowledgement === undefined) return reply.code(202).send()
      return reply.code(202).type('application/fhir+xml; charset=utf-8').send(acknowledgement)
    }
  })
}
