import { type CouncilAnswer, CouncilQuestion } from '@chesil/contracts'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import Value from 'typebox/value'
import type { Deps } from '../deps.ts'
import { createAccesses } from '../source-access.ts'
import { sourceTokenRoutes } from '../source-token.ts'
import { sendWebPage, stall } from '../stall.ts'
import type { PersonState, World } from '../world/world.ts'
import { councilRoot, councilTokenUrl } from './addresses.ts'
import { changesAnswer, fullAnswer } from './answer.ts'
import type { CouncilState } from './council-world.ts'

interface OfCouncil {
  Params: { readonly odsCode: string }
}

/** Every council's API and its tokens, each below its ODS code. */
export function councilRoutes(deps: Deps): FastifyPluginAsyncTypebox {
  const { councilWorld, world, publicUrl, now } = deps
  const accessOf = createAccesses(
    (odsCode) => ({
      root: councilRoot(publicUrl(), odsCode),
      tokenUrl: councilTokenUrl(publicUrl(), odsCode)
    }),
    deps
  )

  return async (app) => {
    app.register(sourceTokenRoutes((odsCode) => councilWorld.findCouncil(odsCode) !== undefined, accessOf))

    app.post<OfCouncil>('/:odsCode/people/search', async (request, reply) => {
      const council = councilWorld.findCouncil(request.params.odsCode)
      if (!council) return refuse(reply, 404)
      council.requests += 1
      if (await misbehave(council, reply)) return reply
      if (!(await isAllowed(request, council))) return refuse(reply, 401)
      if (!Value.Check(CouncilQuestion, request.body)) return refuse(reply, 400)
      return answerOf(council, request.body, { world, at: now() })
    })
  }

  async function isAllowed({ headers }: FastifyRequest<OfCouncil>, state: CouncilState): Promise<boolean> {
    const { behaviour, council } = state
    return behaviour.kind !== 'unauthorised' && accessOf(council.odsCode).isAuthorised(headers.authorization)
  }
}

const refuse = (reply: FastifyReply, status: number): FastifyReply =>
  reply.code(status).send({ error: `status ${status}` })

const half = '{"known":true,"asAt":"20'

/** @returns whether that was all. */
async function misbehave({ behaviour }: CouncilState, reply: FastifyReply): Promise<boolean> {
  switch (behaviour.kind) {
    case 'fail':
      await refuse(reply, behaviour.status)
      return true
    case 'garbage':
      if (behaviour.content === 'html') await sendWebPage(reply)
      else await reply.type('application/json').send(half)
      return true
    default:
      return await stall(behaviour, reply)
  }
}

/** @param at ms since 1970. */
export function answerOf(
  council: CouncilState,
  { nhsNumber, since }: CouncilQuestion,
  { world, at }: { readonly world: World; readonly at: number }
): CouncilAnswer {
  const { files } = council
  const state = whomItTakes(council, nhsNumber, world, at)
  const file = state && files.read(state, at)
  const asAt = new Date(at).toISOString()
  if (!state || !file) return { known: false, asAt }
  const client = { person: state.person, ...file }
  const before = since === undefined ? undefined : files.read(state, Date.parse(since))
  return before ? changesAnswer(client, before.items, asAt) : fullAnswer(client, asAt)
}

/** Whom the council takes the number for just now. */
function whomItTakes(
  { behaviour, files }: CouncilState,
  nhsNumber: string,
  world: World,
  at: number
): PersonState | undefined {
  const state = world.findPerson(nhsNumber)
  if (!state || behaviour.kind === 'not-known') return undefined
  if (behaviour.kind !== 'another-person') return state
  return world.people.find((other) => other !== state && files.read(other, at) !== undefined)
}
