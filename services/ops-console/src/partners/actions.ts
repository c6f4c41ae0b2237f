import { DeskRefusal } from '@chesil/partner-desk'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import Type, { type Static } from 'typebox'
import Value from 'typebox/value'
import type { Render } from '../render.ts'
import { nameOf } from '../sign-in/session.ts'
import type { Desks } from './routes.ts'

const forOperators = { for: 'operators' } as const
const Text = Type.String({ maxLength: 2_000 })
/** A form, whatever its fields; a field that came twice is a list. */
const Form = Type.Record(Type.String(), Type.Union([Text, Type.Array(Text, { maxItems: 200 })]))
type Form = Static<typeof Form>

interface Action {
  readonly url: string
  /** Where to go back to. */
  readonly back: (params: Readonly<Record<string, string>>) => string
  /** @returns what was done, in words. @throws DeskRefusal */
  readonly act: (of: {
    readonly params: Readonly<Record<string, string>>
    readonly field: (name: string) => string
    readonly fields: (name: string) => readonly string[]
    readonly by: string
  }) => Promise<string>
}

/** What can be done. Each leads back to where it was asked for, which says what became of it. */
export function actionRoutes(
  app: FastifyInstance,
  { desks, render }: { readonly desks: Desks; readonly render: Render }
): void {
  for (const action of [...partnerActions(desks), ...endpointActions(desks), ...subscriptionActions(desks)])
    app.post(
      action.url,
      { config: forOperators },
      async (request, reply) => await run(action, request, reply)
    )
  keyActions(app, desks, render)
}

async function run(action: Action, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const params = request.params as Readonly<Record<string, string>>
  try {
    const text = await action.act({ params, ...readForm(request), by: nameOf(request) })
    request.session.set('notice', { kind: 'done', text })
  } catch (error) {
    if (!(error instanceof DeskRefusal)) throw error
    request.session.set('notice', { kind: 'refused', text: error.message })
  }
  return reply.redirect(action.back(params), 303)
}

/** @throws DeskRefusal */
function readForm({ body = {} }: FastifyRequest) {
  if (!Value.Check(Form, body)) throw new DeskRefusal('The form cannot be read')
  const fields = (name: string): readonly string[] => {
    const value: Form[string] | undefined = body[name]
    return (Array.isArray(value) ? value : [value ?? '']).map((one) => one.trim()).filter(Boolean)
  }
  return { fields, field: (name: string) => fields(name)[0] ?? '' }
}

const lines = (text: string): readonly string[] => text.split(/[\s,]+/).filter(Boolean)
const partnerPage = ({ partner = '' }: Readonly<Record<string, string>>) =>
  `/partners/${encodeURIComponent(partner)}`

const partnerActions = ({ partners }: Desks): readonly Action[] => [
  {
    url: '/partners',
    back: () => '/partners',
    async act({ field, by }) {
      const clientId = field('client')
      const registration = {
        ...{ id: field('id'), name: field('name'), organisation: field('organisation').toUpperCase() },
        sourceIds: lines(field('sources')),
        ...(clientId !== '' && { clientId })
      }
      await partners.register(registration, by)
      return `${registration.id} is registered. Add a key on its page.`
    }
  },
  {
    url: '/partners/:partner/suspend',
    back: partnerPage,
    async act({ params: { partner = '' }, by }) {
      await partners.suspend(partner, by)
      return 'It is suspended: what it sends is refused, and it is told of nothing.'
    }
  },
  {
    url: '/partners/:partner/resume',
    back: partnerPage,
    async act({ params: { partner = '' }, by }) {
      await partners.resume(partner, by)
      return 'It may send again.'
    }
  },
  {
    url: '/partners/:partner/events/retry',
    back: (params) => `${partnerPage(params)}/events?state=dead`,
    async act({ params: { partner = '' }, fields, by }) {
      let count = 0
      const chosen = fields('event')
      if (chosen.length === 0) throw new DeskRefusal('Choose events first')
      for (const id of chosen) count += await partners.retryEvents({ partnerId: partner, id }, by)
      return `${count} are tried again.`
    }
  }
]

const endpointActions = ({ endpoints, keys }: Desks): readonly Action[] => [
  {
    url: '/partners/:partner/endpoints',
    back: partnerPage,
    async act({ params: { partner = '' }, field, by }) {
      const allowedRanges = lines(field('ranges'))
      await endpoints.add({ partnerId: partner, url: field('url'), allowedRanges }, by)
      return 'The endpoint is registered. Add a key that what is sent there is signed with.'
    }
  },
  {
    url: '/partners/:partner/endpoints/:endpoint/disable',
    back: partnerPage,
    async act({ params: { endpoint = '' }, by }) {
      return `Nothing is sent there any more; ${await endpoints.disable(endpoint, by)} subscriptions have ended.`
    }
  },
  {
    url: '/partners/:partner/endpoints/:endpoint/enable',
    back: partnerPage,
    async act({ params: { endpoint = '' }, by }) {
      await endpoints.enable(endpoint, by)
      return 'It is enabled. Resume its subscriptions one by one.'
    }
  },
  {
    url: '/partners/:partner/endpoints/:endpoint/test',
    back: partnerPage,
    async act({ params: { endpoint = '' }, by }) {
      const answer = await endpoints.sendTestEvent(endpoint, by)
      if (typeof answer === 'string') throw new DeskRefusal(`The test event was not answered: ${answer}`)
      if (answer < 200 || answer > 299)
        throw new DeskRefusal(`The test event was answered with ${answer}, and not with 2xx`)
      return `The test event was answered with ${answer}.`
    }
  },
  {
    url: '/partners/:partner/keys/:key/revoke',
    back: partnerPage,
    async act({ params: { key = '' }, by }) {
      await keys.revoke(key, by)
      return 'The key is revoked: whatever is signed with it is refused, within seconds.'
    }
  }
]

const subscriptionPage = (params: Readonly<Record<string, string>>) =>
  `${partnerPage(params)}/subscriptions/${params['subscription']}`

const subscriptionActions = ({ subscriptions }: Desks): readonly Action[] => [
  {
    url: '/partners/:partner/subscriptions/:subscription/end',
    back: subscriptionPage,
    async act({ params: { partner = '', subscription = '' }, by }) {
      await subscriptions.end(partner, subscription, by)
      return 'It is off. What waited is set aside, and can be sent again once it is resumed.'
    }
  },
  {
    url: '/partners/:partner/subscriptions/:subscription/resume',
    back: subscriptionPage,
    async act({ params: { partner = '', subscription = '' }, by }) {
      await subscriptions.resume(partner, subscription, by)
      return 'A handshake is on its way.'
    }
  },
  {
    url: '/partners/:partner/subscriptions/:subscription/redeliver',
    back: subscriptionPage,
    async act({ params: { partner = '', subscription = '' }, fields, by }) {
      const chosen = fields('delivery')
      if (chosen.length === 0) throw new DeskRefusal('Choose deliveries first')
      let count = 0
      for (const id of chosen) count += await subscriptions.redeliver(partner, subscription, { id }, by)
      return `${count} are sent again, in their order.`
    }
  }
]

/** What they make is shown once, on a page that is kept nowhere. */
function keyActions(app: FastifyInstance, { keys }: Desks, render: Render): void {
  const show = async (
    request: FastifyRequest,
    reply: FastifyReply,
    make: (field: (name: string) => string) => Promise<object>
  ) => {
    const { partner = '' } = request.params as Readonly<Record<string, string>>
    try {
      const key = await make(readForm(request).field)
      return await render(reply, 'new-key.njk', { partner, key })
    } catch (error) {
      if (!(error instanceof DeskRefusal)) throw error
      request.session.set('notice', { kind: 'refused', text: error.message })
      return reply.redirect(partnerPage({ partner }), 303)
    }
  }
  app.post<{ Params: { partner: string } }>(
    '/partners/:partner/keys',
    { config: forOperators },
    async (request, reply) =>
      await show(request, reply, (field) =>
        keys.add(request.params.partner, field('public') || undefined, nameOf(request))
      )
  )
  app.post<{ Params: { endpoint: string } }>(
    '/partners/:partner/endpoints/:endpoint/keys',
    { config: forOperators },
    async (request, reply) =>
      await show(request, reply, (field) =>
        keys.addToEndpoint(request.params.endpoint, field('scheme') || 'v1', nameOf(request))
      )
  )
}
