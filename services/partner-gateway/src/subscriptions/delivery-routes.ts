import { OutcomeError } from '@chesil/fhir'
import { type DeliveryFacts, readDeliveryPage, redeliver, redeliveriesPerSecond } from '@chesil/record-store'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type, { type Static } from 'typebox'
import { answerProblems } from '../problem.ts'
import type { SubscriptionRoutesDeps } from './deps.ts'
import { findOwn, problems, SubscriptionInPath } from './fhir-answers.ts'
import { guardPartners, partnerOf } from './partner-scope.ts'

const states = ['waiting', 'delivered', 'dead'] as const
const Instant = Type.String({ format: 'date-time' })

const Delivery = Type.Object({
  id: Type.String({ format: 'uuid' }),
  kind: Type.Enum(['handshake', 'heartbeat', 'event']),
  number: Type.Optional(Type.Integer({ description: 'Of an event; absent until it is first sent' })),
  state: Type.Enum([...states], { description: '`dead`: no attempt was answered with 2xx' }),
  attempts: Type.Integer({ minimum: 0 }),
  nextAttemptAt: Type.Optional(Instant),
  lastStatus: Type.Optional(Type.Integer({ description: 'As your endpoint answered' })),
  lastReason: Type.Optional(Type.String({ description: 'A code: why the last attempt failed' })),
  createdAt: Instant,
  settledAt: Type.Optional(Instant)
})
const Listing = Type.Object({
  deliveries: Type.Array(Delivery),
  next: Type.Optional(Type.String({ format: 'uri', description: 'Older ones' }))
})
const Query = Type.Object(
  {
    state: Type.Optional(Type.Enum([...states])),
    count: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
    before: Type.Optional(Type.String({ format: 'uuid', description: 'As `next` has it' }))
  },
  { additionalProperties: false }
)
const EventNumber = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })
const Redelivery = Type.Union([
  Type.Object({ delivery: Type.String({ format: 'uuid' }) }, { additionalProperties: false }),
  Type.Object(
    { from: EventNumber, to: EventNumber },
    { additionalProperties: false, description: 'Numbers, both in it' }
  ),
  Type.Object({ since: Instant }, { additionalProperties: false, description: 'Made then or later' })
])
const RedeliveryAnswer = Type.Object({
  deliveries: Type.Integer({
    minimum: 0,
    description: 'How many of them have a number; those without are sent too, as far as they may be told'
  })
})

const tags = ['deliveries']
/** So many at one asking. */
const mostRedelivered = 10_000

/** `/subscriptions/{id}/deliveries`: what was sent, or could not be, and sending it again. */
export const deliveryRoutes =
  (deps: SubscriptionRoutesDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { database, publicUrl, now } = deps
    answerProblems(app)
    guardPartners(app, deps)
    const schema = {
      summary: 'What was sent, the latest first',
      description: 'Events without a number are not in it: whether they may be told has not been decided.',
      tags,
      params: SubscriptionInPath,
      querystring: Query,
      response: { ...problems, 200: Listing }
    }
    app.get('/subscriptions/:id/deliveries', { schema, config: { needs: 'r' } }, async (request) => {
      const { id } = await findOwn(database, partnerOf(request).id, request.params.id)
      const { state, count = 50, before } = request.query
      const page = { limit: count, ...(state && { state }), ...(before !== undefined && { before }) }
      const deliveries = await readDeliveryPage(database, { subscriptionId: id, for: 'partner', ...page })
      const last = deliveries.length === count ? deliveries.at(-1) : undefined
      const next = new URLSearchParams({
        ...(state && { state }),
        count: String(count),
        before: last?.id ?? ''
      })
      return {
        deliveries: deliveries.map(toDelivery),
        ...(last && { next: `${publicUrl()}/subscriptions/${id}/deliveries?${next}` })
      }
    })
    const again = {
      summary: 'Send events again: one, those with these numbers, or those since a time',
      description: `In their order, ${redeliveriesPerSecond} a second, at most ${mostRedelivered} at one asking, each as one that was never sent.`,
      tags,
      params: SubscriptionInPath,
      body: Redelivery,
      response: { ...problems, 202: RedeliveryAnswer }
    }
    app.post(
      '/subscriptions/:id/redeliver',
      { schema: again, config: { needs: 'u' } },
      async (request, reply) => {
        const { id, status } = await findOwn(database, partnerOf(request).id, request.params.id)
        if (status === 'off')
          throw new OutcomeError('unmappable', 'The subscription is off: switch it on again first')
        const which = { subscriptionId: id, ...readRedelivery(request.body), now: now() }
        const { numbered } = await database.transaction((sql) =>
          redeliver(sql, { ...which, limit: mostRedelivered })
        )
        return reply.code(202).send({ deliveries: numbered })
      }
    )
  }

/** @throws OutcomeError `invalid` */
function readRedelivery(body: Static<typeof Redelivery>) {
  if ('delivery' in body) return { id: body.delivery }
  if ('from' in body) {
    if (body.from > body.to) throw new OutcomeError('invalid', 'from is at most to')
    return { numbers: [body.from, body.to] as const }
  }
  const since = Date.parse(body.since)
  if (Number.isNaN(since)) throw new OutcomeError('invalid', 'since is an instant')
  return { since }
}

const toDelivery = (facts: DeliveryFacts): Static<typeof Delivery> => ({
  id: facts.id,
  kind: facts.kind,
  ...(facts.number !== null && { number: facts.number }),
  state: facts.state,
  attempts: facts.attempt,
  ...(facts.nextAttemptAt !== null && { nextAttemptAt: instant(facts.nextAttemptAt) }),
  ...(facts.lastStatus !== null && { lastStatus: facts.lastStatus }),
  ...(facts.lastReason !== null && { lastReason: facts.lastReason }),
  createdAt: instant(facts.createdAt),
  ...(facts.settledAt !== null && { settledAt: instant(facts.settledAt) })
})

const instant = (ms: number): string => new Date(ms).toISOString()
