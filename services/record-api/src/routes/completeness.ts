import { completenessToJson } from '@chesil/care-record'
import { OutcomeError } from '@chesil/fhir'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { directCare, identification, type RouteRule } from '../access/access.ts'
import type { Deps } from '../deps.ts'
import { answerAboutPerson } from '../person/answer-person.ts'
import { PersonId } from './path-parameters.ts'
import { fresheningOf, nobody, outcomeOf } from './person-request.ts'

const completeness: RouteRule = {
  interaction: '$completeness',
  resourceType: 'Patient',
  needs: 'r',
  purposes: identification
}
const refresh: RouteRule = {
  interaction: '$refresh',
  resourceType: 'Patient',
  needs: 'r',
  purposes: directCare
}
const Params = Type.Object({ id: PersonId })

/** How long `$refresh` waits for the sources unless the reader says otherwise. */
const refreshWaitSeconds = 5

/** What the record leaves out, and asking every source anew. */
export function completenessRoutes(deps: Deps): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/Patient/:id/$completeness',
      {
        config: { rule: completeness },
        schema: {
          operationId: 'readCompleteness',
          summary: 'What each source answered, how old it is, and what is missing',
          description: 'The same as the outcome that every Bundle ends with, as plain JSON.',
          tags: ['Person'],
          params: Params
        }
      },
      async (request, reply) => {
        const answer = await answerAboutPerson(
          request,
          {
            patientId: request.params.id,
            freshening: fresheningOf(request, deps),
            compose: (facts) => ({
              content: {
                patient: facts.state.patientId,
                version: facts.version,
                ...completenessToJson(facts.completeness, facts.now)
              },
              count: 0
            })
          },
          deps
        )
        if (!answer) throw nobody()
        return reply.header('Cache-Control', 'private, no-cache').send(answer.content)
      }
    )

    app.post(
      '/Patient/:id/$refresh',
      {
        config: { rule: refresh },
        schema: {
          operationId: 'refresh',
          summary: 'Ask every source again, however fresh it is, and wait for what comes in time',
          description:
            'Waits five seconds, or as `Prefer: wait=N` says. Takes no parameters. Read the record afterwards.',
          tags: ['Person'],
          params: Params
        }
      },
      async (request, reply) => {
        assertNothingElse(request.body)
        const freshening = fresheningOf(request, deps, {
          refresh: true,
          defaultWaitSeconds: refreshWaitSeconds
        })
        const answer = await answerAboutPerson(
          request,
          {
            patientId: request.params.id,
            freshening,
            compose: (facts) => ({ content: outcomeOf(facts), count: 0 })
          },
          deps
        )
        if (!answer) throw nobody()
        return reply.type('application/fhir+json; charset=utf-8').send(answer.content)
      }
    )
  }
}

/** No body, or Parameters without any: what would be ignored is refused. */
function assertNothingElse(body: unknown): void {
  if (body === undefined || body === null) return
  const { resourceType, parameter } = body as { resourceType?: unknown; parameter?: unknown }
  if (resourceType !== 'Parameters' || (Array.isArray(parameter) && parameter.length > 0)) {
    throw new OutcomeError('invalid', '$refresh takes no body, or a Parameters resource without parameters')
  }
}
