import { OutcomeError } from '@chesil/fhir'
import { listSubscriptions, type Subscription } from '@chesil/record-store'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import Type, { type Static } from 'typebox'
import { gatewayBase, type SubscriptionRoutesDeps } from './deps.ts'
import { asFhir, fhirErrors, fhirSchemas, findOwn, SubscriptionInPath, sendFhir } from './fhir-answers.ts'
import { toNotificationBundle, toStatus, toStatusBundle } from './notification.ts'
import { guardPartners, partnerOf } from './partner-scope.ts'
import { mostReplayed, replay } from './replay.ts'
import { refuse } from './subscription-resource.ts'

const tags = ['subscriptions']

/** `$status` and `$events`: how it stands, and what was sent, by number. */
export const operationRoutes =
  (deps: SubscriptionRoutesDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    guardPartners(app, deps)
    app.register(statusRoutes(deps))
    app.register(eventsRoutes(deps))
  }

/** FHIR Parameters, as operations take them by POST. */
const Parameters = Type.Object(
  {
    resourceType: Type.Literal('Parameters'),
    parameter: Type.Optional(
      Type.Array(Type.Object({ name: Type.String() }, { additionalProperties: true }), { maxItems: 500 })
    )
  },
  { additionalProperties: true }
)
const OptionalParameters = Type.Optional(Type.Union([Parameters, Type.Null()]))
type GivenParameters = Static<typeof OptionalParameters>

/** Every string, id or code of that name. */
function valuesOf(body: GivenParameters, name: string): readonly string[] {
  return (body?.parameter ?? [])
    .filter((one) => one.name === name)
    .flatMap((one) =>
      Object.entries(one).flatMap(([key, value]) =>
        key.startsWith('value') && typeof value === 'string' ? [value] : []
      )
    )
}

const statusRoutes =
  (deps: SubscriptionRoutesDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { database, newId, now } = deps
    const statusBundle = (subscriptions: readonly Subscription[]) => {
      const statuses = subscriptions.map((subscription) =>
        toStatus({
          type: 'query-status',
          id: '',
          now: 0,
          subscription,
          gatewayBase: gatewayBase(deps),
          events: []
        })
      )
      return toStatusBundle(statuses, { id: newId(), ids: statuses.map(() => newId()), now: now() })
    }
    const response = { ...fhirErrors, 200: asFhir(fhirSchemas.searchset, 'A status of each') }
    const one = { tags, params: SubscriptionInPath, response, summary: 'How a subscription stands' }
    const ofOne = async (request: FastifyRequest) =>
      statusBundle([await findOwn(database, partnerOf(request).id, (request.params as { id: string }).id)])
    app.get(
      '/fhir/Subscription/:id/$status',
      { schema: one, config: { needs: 'r' } },
      async (request, reply) => sendFhir(reply, await ofOne(request))
    )
    app.post(
      '/fhir/Subscription/:id/$status',
      { schema: one, config: { needs: 'r' } },
      async (request, reply) => sendFhir(reply, await ofOne(request))
    )

    const ofMany = async (request: FastifyRequest, ids: readonly string[], states: readonly string[]) => {
      const all = await listSubscriptions(database, partnerOf(request).id)
      const wanted = all.filter(({ id, status }) =>
        ids.length > 0 ? ids.includes(id) : states.length > 0 ? states.includes(status) : status !== 'off'
      )
      return statusBundle(wanted.filter(({ status }) => states.length === 0 || states.includes(status)))
    }
    const many = {
      tags,
      response,
      summary: 'How your subscriptions stand: those named, or else those not off'
    }
    const querystring = Type.Object(
      { id: Type.Optional(Several), status: Type.Optional(Several) },
      { additionalProperties: false }
    )
    app.get(
      '/fhir/Subscription/$status',
      { schema: { ...many, querystring }, config: { needs: 's' } },
      async (request, reply) =>
        sendFhir(reply, await ofMany(request, listOf(request.query.id), listOf(request.query.status)))
    )
    app.post(
      '/fhir/Subscription/$status',
      { schema: { ...many, body: OptionalParameters }, config: { needs: 's' } },
      async (request, reply) => {
        const { body } = request
        return sendFhir(reply, await ofMany(request, valuesOf(body, 'id'), valuesOf(body, 'status')))
      }
    )
  }

const Several = Type.Union([Type.String(), Type.Array(Type.String(), { maxItems: 200 })])

/** Repeated, or by commas. */
const listOf = (value: string | readonly string[] = []): readonly string[] =>
  [value].flat().flatMap((text) => text.split(',').filter(Boolean))

const EventNumber = Type.Optional(Type.String({ pattern: '^[0-9]{1,15}$' }))
const EventsQuery = Type.Object(
  {
    eventsSinceNumber: EventNumber,
    eventsUntilNumber: EventNumber,
    content: Type.Optional(
      Type.String({ maxLength: 20, description: '`empty` or `id-only`; no more than subscribed' })
    )
  },
  { additionalProperties: false }
)

const eventsRoutes =
  (deps: SubscriptionRoutesDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    const schema = {
      tags,
      summary: 'Events again, by number',
      description:
        `At most ${mostReplayed} at a time; the link \`next\` goes on. Each is judged anew: what may not be told now is there by its ` +
        'number alone. Numbers have no gaps.',
      params: SubscriptionInPath,
      response: {
        ...fhirErrors,
        200: asFhir(fhirSchemas.history, 'A status with the events, and what they name')
      }
    }
    app.get(
      '/fhir/Subscription/:id/$events',
      { schema: { ...schema, querystring: EventsQuery }, config: { needs: 'r' } },
      async (request, reply) => sendFhir(reply, await answer(request, request.params.id, request.query))
    )
    app.post(
      '/fhir/Subscription/:id/$events',
      { schema: { ...schema, body: OptionalParameters }, config: { needs: 'r' } },
      async (request, reply) => {
        const given = Object.fromEntries(
          (['eventsSinceNumber', 'eventsUntilNumber', 'content'] as const).flatMap((name) => {
            const [value] = valuesOf(request.body, name)
            return value === undefined ? [] : [[name, value]]
          })
        )
        return sendFhir(reply, await answer(request, request.params.id, given))
      }
    )

    async function answer(request: FastifyRequest, id: string, query: Static<typeof EventsQuery>) {
      const subscription = await findOwn(deps.database, partnerOf(request).id, id)
      const content = contentFor(subscription, query.content)
      const range = rangeOf(query)
      const events = await replay(request, subscription, range, deps)
      const last = events.at(-1)?.number
      // What is given a number meanwhile comes with the next page, or the next question.
      const isMore = events.length === mostReplayed && last !== undefined && last < range.until
      const bundle = toNotificationBundle({
        type: 'query-event',
        id: deps.newId(),
        now: deps.now(),
        subscription: { ...subscription, content, lastNumber: Math.max(subscription.lastNumber, last ?? 0) },
        gatewayBase: gatewayBase(deps),
        recordBase: deps.recordBase,
        events
      })
      if (!isMore) return bundle
      const parameters = new URLSearchParams({ ...query, eventsSinceNumber: String(last + 1) })
      const url = `${gatewayBase(deps)}/Subscription/${id}/$events?${parameters}`
      return { ...bundle, link: [{ relation: 'next', url }] }
    }
  }

function contentFor({ content }: Subscription, asked: string | undefined): Subscription['content'] {
  if (asked === undefined || asked === 'id-only') return content
  if (asked === 'empty') return 'empty'
  throw refuse('content is empty or id-only: full-resource is not sent')
}

function rangeOf({ eventsSinceNumber = '1', eventsUntilNumber }: Static<typeof EventsQuery>) {
  const [since, until] = [eventsSinceNumber, eventsUntilNumber ?? String(Number.MAX_SAFE_INTEGER)]
  if (!/^\d{1,16}$/.test(since) || !/^\d{1,16}$/.test(until))
    throw new OutcomeError('invalid', 'Event numbers are whole numbers, as they were sent')
  return { since: Number(since), until: Number(until) }
}
