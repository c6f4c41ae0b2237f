import { rawMessageRoute } from '@chesil/message-intake'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { isRejected, refusals } from '../hl7v2/refusals.ts'
import type { Intake, IntakeAnswer } from './intake.ts'

/** The first is registered nowhere, and everybody's; the second is what HL7 over HTTP began with. */
const contentTypes = ['application/hl7-v2+er7', 'x-application/hl7-v2+er7', 'application/hl7-v2']

/**
 * HL7 over HTTP: one message a request, its acknowledgement in the answer, whose status says the same.
 *
 * @see https://hapifhir.github.io/hapi-hl7v2/hapi-hl7overhttp/specification.html
 */
export function hl7v2Route(deps: {
  readonly intake: Intake
  readonly maxMessageBytes: number
}): FastifyPluginAsyncTypebox {
  return rawMessageRoute({
    path: '/hl7v2',
    summary: 'Send an HL7 v2 message',
    interaction: 'hl7v2',
    contentTypes,
    maxMessageBytes: deps.maxMessageBytes,
    take: async ({ bytes, organisation, contentType }, reply) => {
      const characterSet = characterSetOf(contentType)
      const answer = await deps.intake({
        bytes,
        organisation,
        ...(characterSet !== undefined && { characterSet })
      })
      // The one that says most: an application acknowledgement comes after the accept acknowledgement.
      const acknowledgement = answer.acknowledgements.at(-1)
      if (acknowledgement === undefined) return reply.code(statusOf(answer, 204)).send()
      return reply.code(statusOf(answer, 200)).type('application/hl7-v2+er7').send(acknowledgement)
    }
  })
}

function statusOf({ outcome }: IntakeAnswer, well: number): number {
  if (!(outcome in refusals)) return well
  return isRejected(outcome) ? 400 : 500
}

/** As a content type names it. */
export const characterSetOf = (contentType: string | undefined): string | undefined =>
  /;\s*charset="?([^";\s]+)"?/i.exec(contentType ?? '')?.[1]
