import { DeskRefusal } from '@chesil/partner-desk'
import {
  type Database,
  findPartner,
  listEndpoints,
  listEvents,
  listOperatorActions,
  listPartnerKeys,
  listPartnersAtAGlance,
  listSubscriptions,
  readDeliveryPage
} from '@chesil/record-store'
import type { FastifyInstance } from 'fastify'
import Type, { type Static } from 'typebox'
import { notFound, type Render } from '../render.ts'
import type { Desks } from './routes.ts'

const forOperators = { for: 'operators' } as const
const pageLength = 50
const actionsShown = 20
const eventStates = ['accepted', 'taken', 'rejected', 'dead'] as const
const deliveryStates = ['waiting', 'delivered', 'dead'] as const

const Id = Type.String({ format: 'uuid' })
const EventQuery = Type.Object({
  state: Type.Optional(Type.Enum([...eventStates, ''])),
  before: Type.Optional(Id)
})
const DeliveryQuery = Type.Object({
  state: Type.Optional(Type.Enum([...deliveryStates, ''])),
  before: Type.Optional(Id)
})
const PartnerPath = Type.Object({ partner: Type.String({ maxLength: 41 }) })
const SubscriptionPath = Type.Object({ partner: Type.String({ maxLength: 41 }), subscription: Id })

/** What is to be seen. Nowhere is a person, nor anything of what was sent or told. */
export function pageRoutes(
  app: FastifyInstance,
  deps: { readonly database: Database; readonly render: Render; readonly desks: Desks }
): void {
  const { database, render } = deps
  app.get('/partners', { config: forOperators }, async (_request, reply) => {
    return await render(reply, 'partners.njk', { partners: await listPartnersAtAGlance(database) })
  })
  partnerPage(app, deps)
  app.get<{ Params: Static<typeof PartnerPath>; Querystring: Static<typeof EventQuery> }>(
    '/partners/:partner/events',
    { config: forOperators, schema: { params: PartnerPath, querystring: EventQuery } },
    async ({ params: { partner: partnerId }, query: { state, before } }, reply) => {
      const partner = await findPartner(database, partnerId)
      if (!partner) return await render(reply.code(404), 'message.njk', notFound)
      const events = await listEvents(database, {
        ...{ partnerId, limit: pageLength },
        ...(state && { state }),
        ...(before !== undefined && { before })
      })
      const next = events.length === pageLength ? events.at(-1)?.id : undefined
      return await render(reply, 'events.njk', { partner, events, state, next, states: eventStates })
    }
  )
  subscriptionPage(app, deps)
}

function partnerPage(
  app: FastifyInstance,
  { database, render }: { readonly database: Database; readonly render: Render }
): void {
  app.get<{ Params: Static<typeof PartnerPath> }>(
    '/partners/:partner',
    { config: forOperators, schema: { params: PartnerPath } },
    async ({ params: { partner: id } }, reply) => {
      const partner = await findPartner(database, id)
      if (!partner) return await render(reply.code(404), 'message.njk', notFound)
      const [keys, endpoints, subscriptions, actions] = await Promise.all([
        listPartnerKeys(database, id),
        listEndpoints(database, id),
        listSubscriptions(database, id, { limit: 200 }),
        listOperatorActions(database, id, actionsShown)
      ])
      return await render(reply, 'partner.njk', { partner, keys, endpoints, subscriptions, actions })
    }
  )
}

function subscriptionPage(
  app: FastifyInstance,
  { database, render, desks }: { readonly database: Database; readonly render: Render; readonly desks: Desks }
): void {
  app.get<{ Params: Static<typeof SubscriptionPath>; Querystring: Static<typeof DeliveryQuery> }>(
    '/partners/:partner/subscriptions/:subscription',
    { config: forOperators, schema: { params: SubscriptionPath, querystring: DeliveryQuery } },
    async ({ params: { partner, subscription: id }, query: { state, before } }, reply) => {
      const subscription = await desks.subscriptions.find(partner, id).catch((error: unknown) => {
        if (error instanceof DeskRefusal) return undefined
        throw error
      })
      if (!subscription) return await render(reply.code(404), 'message.njk', notFound)
      const deliveries = await readDeliveryPage(database, {
        ...{ subscriptionId: id, for: 'staff' as const, limit: pageLength },
        ...(state && { state }),
        ...(before !== undefined && { before })
      })
      const next = deliveries.length === pageLength ? deliveries.at(-1)?.id : undefined
      const values = { subscription, deliveries, state, next, states: deliveryStates }
      return await render(reply, 'subscription.njk', values)
    }
  )
}
