import {
  changeSubscription,
  countSubscriptions,
  endSubscription,
  listSubscriptions,
  makeSubscription,
  resumeSubscription,
  type Sql
} from '@chesil/record-store'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { gatewayBase, mostSubscriptions, type SubscriptionRoutesDeps } from './deps.ts'
import { asFhir, fhirErrors, fhirSchemas, findOwn, SubscriptionInPath, sendFhir } from './fhir-answers.ts'
import { topicUrl } from './notification.ts'
import { guardPartners, partnerOf } from './partner-scope.ts'
import {
  findChange,
  readSubscription,
  refuse,
  refuseEndpoint,
  SubscriptionBody,
  toSubscriptionResource
} from './subscription-resource.ts'

const tags = ['subscriptions']
const consumes = ['application/fhir+json']
const reason = 'by-partner'

/** `/fhir/Subscription`: what a partner is told of, as FHIR R4 has it with the R5 Backport. */
export const subscriptionRoutes =
  (deps: SubscriptionRoutesDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    guardPartners(app, deps)
    app.register(readingRoutes(deps))
    app.register(makingRoutes(deps))
    app.register(changingRoutes(deps))
  }

const makingRoutes =
  (deps: SubscriptionRoutesDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { database, newId, now } = deps
    const schema = {
      summary: 'Subscribe',
      description:
        'The endpoint is answered for by a handshake. Then say of whom: `/subscriptions/{id}/persons`.',
      tags,
      consumes,
      body: SubscriptionBody,
      response: {
        ...fhirErrors,
        201: asFhir(fhirSchemas.subscription, 'It is made; a handshake is on its way')
      }
    }
    app.post('/fhir/Subscription', { schema, config: { needs: 'c' } }, async (request, reply) => {
      const partner = partnerOf(request)
      const asked = readSubscription(request.body, now())
      if (asked.isOff) throw refuse('A subscription begins as requested', 'status')
      const id = newId()
      await database.transaction(async (sql) => {
        await assertRoom(sql, partner.id)
        const made = await makeSubscription(sql, { id, partnerId: partner.id, ...asked, deliveryId: newId() })
        if (!made) throw refuseEndpoint()
      })
      reply.code(201).header('Location', `${gatewayBase(deps)}/Subscription/${id}`)
      return sendFhir(reply, toSubscriptionResource(await findOwn(database, partner.id, id)))
    })
  }

/** @throws OutcomeError `unmappable` */
async function assertRoom(sql: Sql, partnerId: string): Promise<void> {
  const count = await countSubscriptions(sql, partnerId)
  if (count >= mostSubscriptions)
    throw refuse(`There are ${mostSubscriptions} subscriptions of yours: end one of them first`)
}

const Search = Type.Object(
  {
    status: Type.Optional(Type.Enum(['requested', 'active', 'error', 'off'])),
    url: Type.Optional(Type.String({ maxLength: 2_000, description: 'Endpoint' })),
    criteria: Type.Optional(Type.String({ maxLength: 2_000, description: 'Canonical of a topic' })),
    _count: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
    _after: Type.Optional(Type.String({ format: 'uuid', description: 'As the link `next` has it' }))
  },
  { additionalProperties: false }
)

const readingRoutes =
  (deps: SubscriptionRoutesDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { database, newId } = deps
    const schema = {
      summary: 'A subscription',
      tags,
      params: SubscriptionInPath,
      response: { ...fhirErrors, 200: asFhir(fhirSchemas.subscription, 'It') }
    }
    app.get('/fhir/Subscription/:id', { schema, config: { needs: 'r' } }, async (request, reply) =>
      sendFhir(
        reply,
        toSubscriptionResource(await findOwn(database, partnerOf(request).id, request.params.id))
      )
    )
    const search = {
      summary: 'Your subscriptions',
      tags,
      querystring: Search,
      response: {
        ...fhirErrors,
        200: asFhir(fhirSchemas.searchset, 'A page of them; `next` links to another')
      }
    }
    app.get('/fhir/Subscription', { schema: search, config: { needs: 's' } }, async (request, reply) => {
      const { status, url, criteria, _count = 50, _after } = request.query
      const page = { limit: _count, ...(_after !== undefined && { after: _after }) }
      const found = await listSubscriptions(database, partnerOf(request).id, page)
      const wanted = found.filter(
        (one) =>
          (status === undefined || one.status === status) &&
          (url === undefined || one.url === url) &&
          (criteria === undefined || topicUrl(one.topic) === criteria)
      )
      const base = `${gatewayBase(deps)}/Subscription`
      const last = found.length === _count ? found.at(-1) : undefined
      return sendFhir(reply, {
        resourceType: 'Bundle',
        id: newId(),
        type: 'searchset',
        ...(last && { link: [{ relation: 'next', url: nextUrl(base, request.query, last.id) }] }),
        entry: wanted.map((one) => ({
          fullUrl: `${base}/${one.id}`,
          resource: toSubscriptionResource(one),
          search: { mode: 'match' }
        }))
      })
    })
  }

/** Of what is asked, with another place to begin after. */
function nextUrl(base: string, query: object, after: string): string {
  const parameters = new URLSearchParams(
    Object.entries(query).map(([name, value]): [string, string] => [name, String(value)])
  )
  parameters.set('_after', after)
  return `${base}?${parameters}`
}

const changingRoutes =
  (deps: SubscriptionRoutesDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { database, newId, now } = deps
    const schema = {
      summary: 'End it, switch it on again, or change its end or heartbeat',
      tags,
      consumes,
      params: SubscriptionInPath,
      body: SubscriptionBody,
      response: { ...fhirErrors, 200: asFhir(fhirSchemas.subscription, 'As it stands now') }
    }
    app.put('/fhir/Subscription/:id', { schema, config: { needs: 'u' } }, async (request, reply) => {
      const partnerId = partnerOf(request).id
      const subscription = await findOwn(database, partnerId, request.params.id)
      if (request.body.id !== undefined && request.body.id !== subscription.id)
        throw refuse('id is that of the address', 'id')
      const asked = readSubscription(request.body, now())
      const changed = findChange(subscription, asked)
      if (changed !== undefined) throw refuse('This is fixed: make another subscription', changed)
      await database.transaction(async (sql) => {
        await changeSubscription(sql, subscription.id, asked)
        if (asked.isOff) await endSubscription(sql, subscription.id, reason)
        else if (subscription.status === 'off') await resume(sql, partnerId, subscription.id)
      })
      return sendFhir(reply, toSubscriptionResource(await findOwn(database, partnerId, subscription.id)))
    })

    async function resume(sql: Sql, partnerId: string, id: string): Promise<void> {
      await assertRoom(sql, partnerId)
      if (!(await resumeSubscription(sql, id, newId())))
        throw refuse('Its endpoint is disabled: have it enabled first', 'channel.endpoint')
    }

    const ending = {
      summary: 'End it',
      tags,
      params: SubscriptionInPath,
      response: { ...fhirErrors, 204: Type.Null({ description: 'It is off' }) }
    }
    app.delete(
      '/fhir/Subscription/:id',
      { schema: ending, config: { needs: 'd' } },
      async (request, reply) => {
        const { id } = await findOwn(database, partnerOf(request).id, request.params.id)
        await database.transaction((sql) => endSubscription(sql, id, reason))
        return reply.code(204).send(null)
      }
    )
  }
