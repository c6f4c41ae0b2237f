import { OutcomeError } from '@chesil/fhir'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { directCare, type RouteRule } from '../access/access.ts'
import type { Deps } from '../deps.ts'
import { bundlePieces } from '../http/bundle.ts'
import { etagOf } from '../http/conditional.ts'
import { queryParameters } from '../http/parameters.ts'
import { sendValidated } from '../http/send.ts'
import { answerAboutPerson } from '../person/answer-person.ts'
import type { PersonAnswerFacts } from '../person/gather-facts.ts'
import { type Piece, toPiece } from '../view/gzip-stream.ts'
import { itemListsOf } from '../view/item-lists.ts'
import type { ViewItem } from '../view/view-item.ts'
import { PersonId } from './path-parameters.ts'
import { closingOf, fresheningOf, nobody } from './person-request.ts'

const rule: RouteRule = {
  interaction: '$conflicts',
  resourceType: 'Patient',
  needs: 'r',
  purposes: directCare
}
const Params = Type.Object({ id: PersonId })

/** `GET Patient/{id}/$conflicts`: where sources contradict each other, with what each of them says. */
export function conflictsRoutes(deps: Deps): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/Patient/:id/$conflicts',
      {
        config: { rule },
        schema: {
          operationId: 'readConflicts',
          summary: 'Where sources contradict each other',
          description:
            'Lists of what is one thing and is told differently, or of what sources differ about; then every item that they name. Takes no parameters.',
          tags: ['Person'],
          params: Params
        }
      },
      async (request, reply) => {
        if (queryParameters(request).some(([name]) => name !== '_format'))
          throw new OutcomeError('invalid', '$conflicts takes no parameters')
        const answer = await answerAboutPerson(
          request,
          {
            patientId: request.params.id,
            freshening: fresheningOf(request, deps),
            compose: (facts) => composeConflicts(facts, deps)
          },
          deps
        )
        if (!answer) throw nobody()
        return sendValidated(request, reply, answer.content)
      }
    )
  }
}

function composeConflicts(facts: PersonAnswerFacts, deps: Deps) {
  const { selection, state } = facts
  const baseUrl = deps.baseUrl()
  const lists = itemListsOf(selection, state).filter(({ hasConflict }) => hasConflict)
  const named = new Set(lists.flatMap(({ members }) => members))
  const included = selection.items.filter(({ key }) => named.has(key))
  const head = {
    type: 'searchset' as const,
    id: deps.ids.newId(),
    lastUpdated: facts.now,
    total: lists.length,
    links: [{ relation: 'self' as const, url: `${baseUrl}/Patient/${state.patientId}/$conflicts` }]
  }
  const pieces = [...lists.map(({ piece }) => piece), ...included.map((item) => asIncluded(item, baseUrl))]
  return {
    content: {
      etag: etagOf([facts.key, 'conflicts', ...lists.map(({ body }) => body)]),
      mayStay: facts.isAllFresh,
      pieces: bundlePieces(head, pieces, closingOf(facts))
    },
    count: included.length
  }
}

const asIncluded = ({ key, body }: ViewItem, baseUrl: string): Piece =>
  toPiece(
    Buffer.concat([
      Buffer.from(`{"fullUrl":"${baseUrl}/${key}","resource":`),
      body,
      Buffer.from(',"search":{"mode":"include"}},')
    ])
  )
