import { type CouncilItemKind, councilItemKinds } from '@chesil/contracts'
import { OutcomeError } from '@chesil/fhir'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { CouncilBehaviour } from '../council/behaviour.ts'
import type { CouncilState } from '../council/council-world.ts'
import { itemSchemas } from '../council/items.ts'
import { answerOf } from '../council/routes.ts'
import type { Deps } from '../deps.ts'
import { readBody } from '../request-body.ts'
import type { PersonState } from '../world/world.ts'
import { submissionControl } from './submissions.ts'

interface OfCouncil {
  Params: {
    readonly odsCode: string
    readonly nhsNumber: string
    readonly kind: string
    readonly '*': string
  }
}

/** How councils' APIs behave, what they hold, and what extracts they send. */
export function councilControl(deps: Deps): FastifyPluginAsyncTypebox {
  const { councilWorld, world, now } = deps

  function readCouncil(odsCode: string): CouncilState {
    const state = councilWorld.findCouncil(odsCode)
    if (!state) throw new OutcomeError('notFound', 'There is no such council here')
    return state
  }

  function readItem({ odsCode, nhsNumber, kind, '*': id }: OfCouncil['Params']) {
    const state = world.findPerson(nhsNumber)
    const council = readCouncil(odsCode)
    if (!state || !council.files.read(state, now()))
      throw new OutcomeError('notFound', 'The council knows no such person')
    if (!isKind(kind)) throw new OutcomeError('notFound', 'There is no such kind of item')
    return { state, council, kind, id }
  }

  const answer = (council: CouncilState, { person }: PersonState) =>
    answerOf(council, { nhsNumber: person.nhsNumber }, { world, at: now() })

  return async (app) => {
    app.get('/', async () => councilWorld.councils.map(councilToJson))
    app.get<OfCouncil>('/:odsCode', async ({ params }) => councilToJson(readCouncil(params.odsCode)))
    app.put<OfCouncil>('/:odsCode/behaviour', async ({ params, body }) => {
      const state = readCouncil(params.odsCode)
      state.behaviour = readBody(CouncilBehaviour, body)
      return councilToJson(state)
    })

    app.get<OfCouncil>('/:odsCode/people/:nhsNumber', async ({ params }) =>
      answerOf(readCouncil(params.odsCode), params, { world, at: now() })
    )
    // An id may hold strokes: it is the rest of the path.
    app.put<OfCouncil>('/:odsCode/people/:nhsNumber/:kind/*', async ({ params, body }) => {
      const { state, council, kind, id } = readItem(params)
      const content = readBody(itemSchemas[kind], { ...(body as object), id })
      council.files.put(state, { kind, content })
      return answer(council, state)
    })
    app.delete<OfCouncil>('/:odsCode/people/:nhsNumber/:kind/*', async ({ params }, reply) => {
      const { state, council, kind, id } = readItem(params)
      if (!council.files.remove(state, kind, id))
        throw new OutcomeError('notFound', 'The council tells no such thing of the person')
      return reply.code(204).send()
    })

    app.register(submissionControl(deps, readCouncil), { prefix: '/:odsCode/submissions' })
  }
}

const isKind = (kind: string): kind is CouncilItemKind =>
  (councilItemKinds as readonly string[]).includes(kind)

const councilToJson = ({ council, behaviour, requests }: CouncilState): object => ({
  ...council,
  behaviour,
  requests
})
