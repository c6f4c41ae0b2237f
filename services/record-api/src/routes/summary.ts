import { OutcomeError } from '@chesil/fhir'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { directCare, type RouteRule } from '../access/access.ts'
import type { Deps } from '../deps.ts'
import { etagOf } from '../http/conditional.ts'
import { queryParameters, single } from '../http/parameters.ts'
import { sendValidated } from '../http/send.ts'
import { answerAboutPerson } from '../person/answer-person.ts'
import type { PersonAnswerFacts } from '../person/gather-facts.ts'
import { type Summary, summaryOf } from '../view/summary-pieces.ts'
import { parseAsOf, tellHeld } from './as-of.ts'
import { AsOf, PersonId } from './path-parameters.ts'
import { fresheningOf, nobody, pointToCompleteness } from './person-request.ts'

const rule: RouteRule = {
  interaction: '$summary',
  resourceType: 'Patient',
  needs: 'r',
  purposes: directCare
}

/**
 * `GET Patient/{id}/$summary`: what matters of the record as one document, an International Patient Summary.
 *
 * @see https://hl7.org/fhir/uv/ips/STU1.1/OperationDefinition-summary.html
 */
export function summaryRoutes(deps: Deps): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/Patient/:id/$summary',
      {
        config: { rule },
        schema: {
          operationId: 'readSummary',
          summary: 'What matters of the record, as one document',
          description:
            'An International Patient Summary with sections of UK shared records: a document Bundle. Its first section says what may be missing.',
          tags: ['Person'],
          params: Type.Object({ id: PersonId }),
          querystring: Type.Object({ _asOf: AsOf }, { additionalProperties: true })
        }
      },
      async (request, reply) => {
        const parameters = queryParameters(request)
        if (parameters.some(([name]) => name !== '_format' && name !== '_asOf')) {
          throw new OutcomeError('invalid', '$summary takes no parameters but _asOf')
        }
        const asOf = parseAsOf(single(parameters, '_asOf'))
        const { mayRead } = request.access
        const answer = await answerAboutPerson(
          request,
          {
            patientId: request.params.id,
            asOf,
            ...(asOf === undefined && { freshening: fresheningOf(request, deps) }),
            compose: (facts) => {
              const summary = summaryOf(facts, {
                catalogue: deps.catalogue,
                mayRead,
                baseUrl: deps.baseUrl(),
                newId: deps.ids.newId
              })
              return {
                content: { facts, summary },
                count: summary?.count ?? 0,
                ...(summary === undefined && { refusal: 'not shown' })
              }
            }
          },
          deps
        )
        if (!answer?.content.summary) throw nobody()
        const { facts, summary } = answer.content
        tellHeld(reply, facts.held)
        pointToCompleteness(reply, facts, deps.baseUrl())
        return sendValidated(request, reply, toValidated(facts, summary))
      }
    )
  }
}

const toValidated = (facts: PersonAnswerFacts, { piece }: Summary) => ({
  etag: etagOf([facts.key, 'summary']),
  mayStay: facts.isAllFresh,
  pieces: [piece]
})
