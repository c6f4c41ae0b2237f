import { OutcomeError } from '@chesil/fhir'
import type { HospitalMessage } from '@chesil/synthetic'
import Type, { type Static } from 'typebox'
import type { Deps } from '../deps.ts'
import { NuisanceKind } from '../trust/nuisance.ts'
import { dayOf, type TrustState } from '../trust/trust-world.ts'

const strict = { additionalProperties: false }
const address = Type.String({ maxLength: 255, description: 'Of the MLLP listener, e.g. 127.0.0.1:2575' })

const ofDay = {
  people: Type.Optional(Type.Integer({ minimum: 1, description: 'Absent: everybody' })),
  seed: Type.String({ default: 'day', maxLength: 64 }),
  day: Type.Optional(Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$', description: 'Absent: yesterday' }))
}
export const DayQuery = Type.Object({
  ...ofDay,
  people: Type.Optional(Type.String({ pattern: '^[1-9]\\d{0,5}$' }))
})

const sending = {
  address,
  ackTimeoutMs: Type.Integer({ default: 10_000, minimum: 10, maximum: 600_000 })
}

export const PlayRequest = Type.Object(
  {
    ...ofDay,
    ...sending,
    ratePerSecond: Type.Number({ default: 20, exclusiveMinimum: 0, maximum: 10_000 }),
    connections: Type.Integer({ default: 4, minimum: 1, maximum: 64 }),
    inFlight: Type.Integer({ default: 1, minimum: 1, maximum: 64, description: 'Per connection' }),
    attempts: Type.Integer({ default: 5, minimum: 1, maximum: 1_000 }),
    rounds: Type.Integer({
      default: 1,
      minimum: 1,
      maximum: 1_000,
      description: 'Days in a row, each of another seed'
    }),
    stories: Type.Optional(
      Type.Array(Type.String(), { description: 'Only these, e.g. inpatient; absent: all' })
    )
  },
  strict
)

export const SendRequest = Type.Object(
  {
    ...ofDay,
    ...sending,
    name: Type.String({ description: 'Of a message of the day, e.g. twin-22/1-A01' }),
    wrongCharset: Type.Optional(Type.Boolean({ description: 'Latin-1 bytes, whatever MSH-18 says' }))
  },
  strict
)

export const NuisanceRequest = Type.Object(
  {
    kind: NuisanceKind,
    address,
    from: Type.Optional(Type.String({ format: 'ipv4', description: 'Of this machine; absent: any' })),
    seconds: Type.Number({ default: 5, exclusiveMinimum: 0, maximum: 120 }),
    connections: Type.Integer({ default: 1, minimum: 1, maximum: 64 })
  },
  strict
)

/** More would not fit into a sandbox's memory. */
const maxMessages = 200_000

type PlayDeps = Pick<Deps, 'trustWorld' | 'playDay'>

export interface DayWanted {
  readonly people?: number
  readonly seed: string
  readonly day?: string
}

/** @throws OutcomeError `invalid` when there are fewer people. */
export function messagesOf(
  state: TrustState,
  { people, seed, day }: DayWanted,
  { trustWorld, playDay }: PlayDeps
): readonly HospitalMessage[] {
  const patients = trustWorld.patients()
  if (patients.length < (people ?? 1)) {
    throw new OutcomeError('invalid', 'There are fewer people: SANDBOX_PEOPLE sets how many')
  }
  return dayOf(state, { seed, day: day ?? playDay(), people: patients.slice(0, people) })
}

/** One day after another of the same date: visits differ, people do not. @throws OutcomeError `invalid`. */
export function messagesToPlay(
  state: TrustState,
  request: Static<typeof PlayRequest>,
  deps: PlayDeps
): readonly HospitalMessage[] {
  const { rounds, seed, stories } = request
  const messages = Array.from({ length: rounds }, (_, index) => index + 1).flatMap((round) => {
    const told = messagesOf(state, { ...request, seed: round === 1 ? seed : `${seed} ${round}` }, deps)
    const wanted = stories ? told.filter((message) => stories.includes(storyOf(message))) : told
    return round === 1
      ? wanted
      : wanted.map((message) => ({ ...message, name: `${message.name} (${round})` }))
  })
  if (messages.length > maxMessages) throw new OutcomeError('invalid', `At most ${maxMessages} messages`)
  if (messages.length === 0) throw new OutcomeError('invalid', 'There is nothing to tell')
  return messages
}

const storyOf = ({ name }: HospitalMessage): string => name.replace(/-\d+\/.*$/, '')
