import { OutcomeError } from '@chesil/fhir'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Static } from 'typebox'
import type { Deps } from '../deps.ts'
import { TrustBehaviour } from '../fhir-r4/behaviour.ts'
import { readBody } from '../request-body.ts'
import { readAcknowledgement } from '../trust/acknowledgement.ts'
import { parseAddress } from '../trust/address.ts'
import { createMllpLink } from '../trust/mllp-link.ts'
import { startNuisance } from '../trust/nuisance.ts'
import { startPlay, toBytes } from '../trust/play.ts'
import type { TrustState } from '../trust/trust-world.ts'
import { dischargeControl } from './discharges.ts'
import {
  DayQuery,
  messagesOf,
  messagesToPlay,
  NuisanceRequest,
  PlayRequest,
  SendRequest
} from './play-request.ts'
import { trustRecordControl } from './trust-records.ts'

interface OfTrust {
  Params: { readonly odsCode: string }
}

/** What trusts send, how their FHIR endpoints behave, and what these hold. */
export function trustControl(deps: Deps): FastifyPluginAsyncTypebox {
  const { trustWorld } = deps

  function readTrust(odsCode: string): TrustState {
    const state = trustWorld.findTrust(odsCode)
    if (!state) throw new OutcomeError('notFound', 'There is no such trust here')
    return state
  }

  return async (app) => {
    app.get('/', async () => trustWorld.trusts.map(trustToJson))
    app.get<OfTrust>('/:odsCode', async ({ params }) => trustToJson(readTrust(params.odsCode)))
    app.put<OfTrust>('/:odsCode/behaviour', async ({ params, body }) => {
      const state = readTrust(params.odsCode)
      state.behaviour = readBody(TrustBehaviour, body)
      return trustToJson(state)
    })

    app.get<OfTrust>('/:odsCode/day', async ({ params, query }) => {
      const { people, ...day } = readBody(DayQuery, query)
      return messagesOf(readTrust(params.odsCode), people ? { ...day, people: Number(people) } : day, deps)
    })

    app.post<OfTrust>('/:odsCode/play', async ({ params, body }, reply) => {
      const state = readTrust(params.odsCode)
      const request = readBody(PlayRequest, body)
      if (state.play?.report().state === 'running') throw new OutcomeError('conflict', 'A play is running')
      const messages = messagesToPlay(state, request, deps)
      state.play = startPlay({ ...request, address: parseAddress(request.address), messages })
      return reply.code(202).send(state.play.report())
    })
    app.get<OfTrust>('/:odsCode/play', async ({ params }) => readPlay(readTrust(params.odsCode)).report())
    app.get<OfTrust>('/:odsCode/play/answers', async ({ params }) =>
      readPlay(readTrust(params.odsCode)).answers()
    )
    app.delete<OfTrust>('/:odsCode/play', async ({ params }) => {
      const play = readPlay(readTrust(params.odsCode))
      await play.stop()
      return play.report()
    })

    app.post<OfTrust>('/:odsCode/send', async ({ params, body }) => {
      const state = readTrust(params.odsCode)
      return sendOne(state, readBody(SendRequest, body), deps)
    })

    app.post<OfTrust>('/:odsCode/nuisance', async ({ params, body }, reply) => {
      const state = readTrust(params.odsCode)
      const request = readBody(NuisanceRequest, body)
      if (state.nuisance?.report().state === 'running') throw new OutcomeError('conflict', 'One is running')
      const [message] = messagesOf(state, { seed: 'nuisance', people: 1 }, deps)
      if (!message) throw new OutcomeError('invalid', 'There is nothing to tell')
      state.nuisance = startNuisance({ ...request, address: parseAddress(request.address), message })
      return reply.code(202).send(state.nuisance.report())
    })
    app.get<OfTrust>('/:odsCode/nuisance', async ({ params }) => {
      const { nuisance } = readTrust(params.odsCode)
      if (!nuisance) throw new OutcomeError('notFound', 'Nothing of the kind was started')
      return nuisance.report()
    })

    app.register(dischargeControl(deps, readTrust), { prefix: '/:odsCode/people/:nhsNumber/discharge' })
    app.register(trustRecordControl(deps, readTrust), { prefix: '/:odsCode/people/:nhsNumber/record' })
  }
}

function readPlay({ play }: TrustState) {
  if (!play) throw new OutcomeError('notFound', 'No play was started')
  return play
}

/** @throws OutcomeError `notFound` for an unknown name, `upstreamUnavailable` without an answer. */
async function sendOne(state: TrustState, request: Static<typeof SendRequest>, deps: Deps): Promise<object> {
  const message = messagesOf(state, request, deps).find(({ name }) => name === request.name)
  if (!message) throw new OutcomeError('notFound', 'The day has no such message')
  const link = createMllpLink(parseAddress(request.address), request.ackTimeoutMs)
  try {
    const bytes = toBytes(request.wrongCharset ? { ...message, charset: 'latin1' } : message)
    const reply = await link.send(bytes)
    const code = readAcknowledgement(reply, message.controlId)
    return { name: message.name, code, reply: reply.toString('utf8'), expectation: message.expectation }
  } catch (cause) {
    throw new OutcomeError('upstreamUnavailable', 'The listener did not answer', { cause })
  } finally {
    await link.close()
  }
}

const trustToJson = ({ trust, behaviour, requests, play, nuisance }: TrustState): object => ({
  ...trust,
  behaviour,
  requests,
  ...(play && { play: play.report() }),
  ...(nuisance && { nuisance: nuisance.report() })
})
