import { OutcomeError } from '@chesil/fhir'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import type { Deps } from '../deps.ts'
import { Behaviour } from '../gp-connect/behaviour.ts'
import { PdsBehaviour } from '../pds/behaviour.ts'
import { readBody } from '../request-body.ts'
import type { PracticeState } from '../world/world.ts'
import { sourceCatalogue } from './catalogue.ts'
import { councilControl } from './councils.ts'
import { peopleControl } from './people.ts'
import { trustControl } from './trusts.ts'

interface OfPractice {
  Params: { readonly odsCode: string }
}

const CatalogueQuery = Type.Object({
  baseUrl: Type.Optional(Type.String({ pattern: '^https?://[^/]+.*[^/]$' }))
})

/** How a test, a demo or a curious person steers what is simulated. Nothing here exists in a real source. */
export function controlRoutes(deps: Deps): FastifyPluginAsyncTypebox {
  const { world, trustWorld, councilWorld, publicUrl } = deps

  function readPractice(odsCode: string): PracticeState {
    const practice = world.findPractice(odsCode)
    if (!practice) throw new OutcomeError('notFound', 'There is no such practice here')
    return practice
  }

  return async (app) => {
    app.register(peopleControl(deps), { prefix: '/people' })
    app.register(trustControl(deps), { prefix: '/trusts' })
    app.register(councilControl(deps), { prefix: '/councils' })

    app.get('/practices', async () => world.practices.map(practiceToJson))
    app.get<OfPractice>('/practices/:odsCode', async ({ params }) =>
      practiceToJson(readPractice(params.odsCode))
    )
    app.put<OfPractice>('/practices/:odsCode/behaviour', async ({ params, body }) => {
      const state = readPractice(params.odsCode)
      state.behaviour = readBody(Behaviour, body)
      return practiceToJson(state)
    })

    app.get('/pds', async () => world.pds)
    app.put('/pds/behaviour', async ({ body }) => {
      world.pds.behaviour = readBody(PdsBehaviour, body)
      return world.pds
    })

    app.get('/catalogue', { schema: { querystring: CatalogueQuery } }, async ({ query }) =>
      sourceCatalogue(deps, query.baseUrl ?? publicUrl())
    )

    app.post('/reset', async (_request, reply) => {
      world.reset()
      await trustWorld.reset()
      councilWorld.reset()
      return reply.code(204).send()
    })
  }
}

const practiceToJson = ({ practice, behaviour, requests }: PracticeState): object => ({
  ...practice,
  behaviour,
  requests
})
