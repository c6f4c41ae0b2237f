import { randomUUID } from 'node:crypto'
import type { Bundle, CapabilityStatement, OperationOutcome, Parameters, Subscription } from '@chesil/fhir'
import { setEndpointDisabled } from '@chesil/record-store'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { useDatabase } from '../../../tests/support/store.ts'
import { mostSubscriptions } from '../src/subscriptions/deps.ts'
import { backport, topicUrl } from '../src/subscriptions/notification.ts'
import { expectDescribed } from './against-open-api.ts'
import { type AskedFor, createSubscribers, subscriptionAt } from './subscriber.ts'
import { createPartner, openGateway, tokenOf } from './support.ts'

const { database: db } = useDatabase()
const gateway = openGateway(db)
const { ask, join, subscribe, assertPerson } = createSubscribers(db, gateway)

const deliveriesOf = (subscriptionId: string) =>
  db().query<{ kind: string; state: string }>(
    'select kind, state from delivery where subscription_id = $1 order by position',
    [subscriptionId]
  )

describe('a subscription', () => {
  test('is made as requested, with a handshake on its way, and read again', async () => {
    const partner = await join()
    const answer = await ask(partner, '/fhir/Subscription', {
      method: 'POST',
      body: subscriptionAt(partner.url, { topic: 'new-result', heartbeatSeconds: 60 })
    })
    const made = answer.json<Subscription & { id: string }>()
    expect([answer.statusCode, answer.headers['location'], answer.headers['content-type']]).toEqual([
      201,
      `https://gateway.example/fhir/Subscription/${made.id}`,
      'application/fhir+json; charset=utf-8'
    ])
    expect(made).toMatchObject({
      status: 'requested',
      criteria: topicUrl('new-result'),
      channel: {
        type: 'rest-hook',
        endpoint: partner.url,
        payload: 'application/fhir+json',
        _payload: { extension: [{ url: backport.payloadContent, valueCode: 'id-only' }] }
      }
    })
    expect(made.channel?.extension).toContainEqual({ url: backport.heartbeatPeriod, valueUnsignedInt: 60 })
    expect((await ask(partner, `/fhir/Subscription/${made.id}`)).json()).toEqual(made)
    expect(await deliveriesOf(made.id)).toEqual([{ kind: 'handshake', state: 'waiting' }])
  })

  test('is sent in the form of Standard Webhooks where its payload is application/json', async () => {
    const partner = await join()
    const { id } = await subscribe(partner, { payload: 'application/json', content: 'empty' })
    const [row] = await db().query('select format, content from subscription where id = $1', [id])
    expect(row).toEqual({ format: 'standard-webhooks', content: 'empty' })
  })

  const channels: readonly (readonly [string, AskedFor, object, string])[] = [
    ['an endpoint that is not registered', {}, { endpoint: 'https://elsewhere.example/' }, 'endpoint'],
    ['an endpoint that is no address', {}, { endpoint: '\u0000' }, 'endpoint'],
    ['full-resource', { content: 'full-resource' }, {}, 'payload.extension'],
    ['another channel', {}, { type: 'email' }, 'channel.type'],
    ['headers', {}, { header: ['authorization: x'] }, 'channel.header'],
    ['another payload', { payload: 'text/plain' }, {}, 'channel.payload'],
    ['a heartbeat of a second', { heartbeatSeconds: 1 }, {}, 'channel.extension']
  ]
  test.each(channels)('is refused for %s, and it is said where', async (_, asked, channel, at) => {
    const partner = await join()
    const plain = subscriptionAt(partner.url, asked)
    const body = { ...plain, channel: { ...plain.channel, ...channel } }
    const answer = await ask(partner, '/fhir/Subscription', { method: 'POST', body })
    const { issue } = answer.json<OperationOutcome>()
    expect([answer.statusCode, issue?.[0]?.expression?.[0]]).toEqual([422, expect.stringContaining(at)])
  })

  test.each([
    ['an unknown topic', { criteria: 'Observation?code=1' }],
    ['a filter', { _criteria: { extension: [] } }],
    ['an end that is over', { end: '2020-01-01T00:00:00Z' }],
    ['an end that is no instant', { end: '2099' }],
    ['beginning as off', { status: 'off' }]
  ])('is refused for %s', async (_, change) => {
    const partner = await join()
    const body = { ...subscriptionAt(partner.url), ...change }
    expect((await ask(partner, '/fhir/Subscription', { method: 'POST', body })).statusCode).toBe(422)
  })

  test('at another partner’s endpoint is refused as at one that nobody has', async () => {
    const [one, other] = [await join(), await join()]
    const bodies = []
    for (const url of [other.url, 'https://nobody.example/'])
      bodies.push((await ask(one, '/fhir/Subscription', { method: 'POST', body: subscriptionAt(url) })).body)
    expect(bodies[0]).toBe(bodies[1])
  })

  test('of another partner is not there, whatever is asked of it', async () => {
    const [one, other] = [await join(), await join()]
    const { id } = await subscribe(one)
    await assertPerson(one, id, '9990000018')
    const body = subscriptionAt(one.url)
    const asked = [
      ['GET', (at: string) => `/fhir/Subscription/${at}`],
      ['PUT', (at: string) => `/fhir/Subscription/${at}`, body],
      ['DELETE', (at: string) => `/fhir/Subscription/${at}`],
      ['GET', (at: string) => `/fhir/Subscription/${at}/$status`],
      ['POST', (at: string) => `/fhir/Subscription/${at}/$status`],
      ['GET', (at: string) => `/fhir/Subscription/${at}/$events`],
      ['POST', (at: string) => `/fhir/Subscription/${at}/$events`],
      ['GET', (at: string) => `/subscriptions/${at}/persons`],
      [
        'POST',
        (at: string) => `/subscriptions/${at}/persons`,
        { nhsNumber: '9990000018', birthDate: '1950-04-21', relationship: 'inpatient' }
      ],
      ['DELETE', (at: string) => `/subscriptions/${at}/persons/${at}`],
      ['GET', (at: string) => `/subscriptions/${at}/deliveries`],
      ['POST', (at: string) => `/subscriptions/${at}/redeliver`, { since: '2020-01-01T00:00:00Z' }]
    ] as const
    for (const [method, url, given] of asked) {
      const question = { method, ...(given && { body: given }) }
      const foreign = await ask(other, url(id), question)
      const invented = await ask(other, url(randomUUID()), question)
      expect([url(id), foreign.statusCode, foreign.body]).toEqual([url(id), 404, invented.body])
    }
    expect((await ask(other, '/fhir/Subscription')).json<Bundle>().entry).toEqual([])
    expect((await ask(other, '/fhir/Subscription/$status')).json<Bundle>().entry).toEqual([])
    expect((await ask(one, `/fhir/Subscription/${id}`)).json<Subscription>().status).toBe('requested')
  })

  test('is ended, and switched on again with a new handshake', async () => {
    const partner = await join()
    const { id } = await subscribe(partner)
    const put = (status: string) =>
      ask(partner, `/fhir/Subscription/${id}`, {
        method: 'PUT',
        body: subscriptionAt(partner.url, { status })
      })
    expect((await put('off')).json()).toMatchObject({ status: 'off', error: 'by-partner' })
    expect((await put('off')).json()).toMatchObject({ status: 'off' })
    expect((await put('active')).json()).toMatchObject({ status: 'requested' })
    expect((await deliveriesOf(id)).map(({ state }) => state)).toEqual(['dead', 'waiting'])
    const deleted = await ask(partner, `/fhir/Subscription/${id}`, { method: 'DELETE' })
    expect([deleted.statusCode, deleted.body]).toEqual([204, ''])
    expect((await ask(partner, `/fhir/Subscription/${id}`)).json()).toMatchObject({ status: 'off' })
  })

  test('is not switched on again at an endpoint that is disabled', async () => {
    const partner = await join()
    const { id } = await subscribe(partner)
    await ask(partner, `/fhir/Subscription/${id}`, { method: 'DELETE' })
    await setEndpointDisabled(db(), partner.endpointId, 'gone')
    const body = subscriptionAt(partner.url, { status: 'requested' })
    expect((await ask(partner, `/fhir/Subscription/${id}`, { method: 'PUT', body })).statusCode).toBe(422)
  })

  test('has its end and heartbeat changed, and nothing else', async () => {
    const partner = await join()
    const { id } = await subscribe(partner)
    const put = (body: object) => ask(partner, `/fhir/Subscription/${id}`, { method: 'PUT', body })
    const changed = await put(
      subscriptionAt(partner.url, { end: '2099-01-01T00:00:00Z', heartbeatSeconds: 90 })
    )
    expect(changed.json()).toMatchObject({ status: 'requested', end: '2099-01-01T00:00:00.000Z' })
    for (const change of [
      { topic: 'correction' as const },
      { content: 'empty' },
      { payload: 'application/json' }
    ])
      expect((await put(subscriptionAt(partner.url, change))).statusCode).toBe(422)
    expect((await put({ ...subscriptionAt(partner.url), id: randomUUID() })).statusCode).toBe(422)
  })

  test('is one of so many: then one has to be ended first', async () => {
    const partner = await join()
    for (let n = 0; n < mostSubscriptions - 5; n++) await subscribe(partner)
    const question = { method: 'POST', body: subscriptionAt(partner.url) } as const
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => ask(partner, '/fhir/Subscription', question))
    )
    expect(answers.filter(({ statusCode }) => statusCode === 201)).toHaveLength(5)
    expect(answers.filter(({ statusCode }) => statusCode === 422)).toHaveLength(5)
  })

  test('is found by status, endpoint and topic, page by page, each once', async () => {
    const partner = await join()
    const made = []
    for (let n = 0; n < 7; n++) made.push((await subscribe(partner)).id)
    made.push((await subscribe(partner, { topic: 'correction' })).id)
    const listed: string[] = []
    for (let url: string | undefined = '/fhir/Subscription?_count=3'; url !== undefined; ) {
      const page: Bundle = (await ask(partner, url)).json()
      listed.push(...(page.entry ?? []).map(({ resource }) => resource?.id ?? ''))
      url = page.link?.[0]?.url?.replace('https://gateway.example', '')
    }
    expect([...listed].sort()).toEqual([...made].sort())
    const count = async (query: string) =>
      (await ask(partner, `/fhir/Subscription?${query}`)).json<Bundle>().entry?.length
    expect(await count(`criteria=${encodeURIComponent(topicUrl('correction'))}`)).toBe(1)
    expect(await count('status=active')).toBe(0)
    expect(await count(`url=${encodeURIComponent(partner.url)}&status=requested`)).toBe(8)
  })

  test('says how it stands, by itself or among others', async () => {
    const partner = await join()
    const { id } = await subscribe(partner)
    const ended = await subscribe(partner)
    await ask(partner, `/fhir/Subscription/${ended.id}`, { method: 'DELETE' })
    const named = { resourceType: 'Parameters', parameter: [{ name: 'id', valueId: id }] }
    const answers = [
      await ask(partner, `/fhir/Subscription/${id}/$status`),
      await ask(partner, `/fhir/Subscription/${id}/$status`, { method: 'POST' }),
      await ask(partner, `/fhir/Subscription/$status?id=${id}`),
      await ask(partner, '/fhir/Subscription/$status'),
      await ask(partner, '/fhir/Subscription/$status', { method: 'POST', body: named })
    ]
    for (const answer of answers) {
      const { entry = [] } = answer.json<Bundle>()
      expect(entry).toHaveLength(1)
      expect((entry[0]?.resource as Parameters | undefined)?.parameter).toEqual([
        {
          name: 'subscription',
          valueReference: { reference: `https://gateway.example/fhir/Subscription/${id}` }
        },
        { name: 'topic', valueCanonical: topicUrl('record-changed') },
        { name: 'status', valueCode: 'requested' },
        { name: 'type', valueCode: 'query-status' },
        { name: 'events-since-subscription-start', valueString: '0' }
      ])
    }
    const off = await ask(partner, '/fhir/Subscription/$status?status=off')
    expect(off.json<Bundle>().entry).toHaveLength(1)
  })
})

describe('who asks', () => {
  test('may bring a token, which must grant just that', async () => {
    const client = `client-${randomUUID()}`
    const partner = await createPartner(db(), { clientId: client })
    const get = async (scope: string, method: 'GET' | 'DELETE' = 'GET') => {
      const url = method === 'GET' ? '/fhir/Subscription' : `/fhir/Subscription/${randomUUID()}`
      const headers = {
        'chesil-partner': partner.id,
        authorization: `Bearer ${tokenOf({ sub: client, scope })}`
      }
      const answer = await gateway.app.inject({ method, url, headers })
      expectDescribed(method, url, answer)
      return answer.statusCode
    }
    expect(await get('system/Subscription.s')).toBe(200)
    expect(await get('system/Subscription.cruds', 'DELETE')).toBe(404)
    expect(await get('system/Subscription.rs', 'DELETE')).toBe(403)
    expect(await get('system/MessageHeader.c')).toBe(403)
    expect(await get('user/Subscription.cruds')).toBe(403)
  })

  test('signs the very bytes of the body', async () => {
    const partner = await join()
    const question = {
      method: 'POST',
      body: subscriptionAt(partner.url),
      headers: partner.sign('{}')
    } as const
    expect((await ask(partner, '/fhir/Subscription', question)).statusCode).toBe(401)
  })

  test('learns without credentials what there is, and nothing else', async () => {
    const metadata = await gateway.app.inject('/fhir/metadata')
    expectDescribed('GET', '/fhir/metadata', metadata)
    const [resource] = metadata.json<CapabilityStatement>().rest?.[0]?.resource ?? []
    expect(resource?.extension).toContainEqual({
      url: backport.topicCanonical,
      valueCanonical: topicUrl('correction')
    })
    const catalogue = await gateway.app.inject('/event-catalogue')
    expectDescribed('GET', '/event-catalogue', catalogue)
    expect(catalogue.json<{ events: object[] }>().events).toHaveLength(9)
  })
})

/** JSON of any kind, and Subscriptions with something of any kind in them. */
const hostile = (url: string) =>
  fc.oneof(
    fc.json(),
    fc.string(),
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    fc
      .tuple(
        fc.constantFrom('criteria', 'status', 'end', 'channel', 'id', '_criteria', 'resourceType'),
        fc.jsonValue()
      )
      .map(([name, value]) => JSON.stringify({ ...subscriptionAt(url), [name]: value })),
    fc
      .tuple(
        fc.constantFrom('type', 'endpoint', 'payload', '_payload', 'header', 'extension'),
        fc.oneof(fc.jsonValue(), fc.string({ unit: 'binary' }), fc.constant('\u0000'))
      )
      .map(([name, value]) => {
        const body = subscriptionAt(url)
        return JSON.stringify({ ...body, channel: { ...body.channel, [name]: value } })
      }),
    fc
      .record({ nhsNumber: fc.anything(), birthDate: fc.anything(), relationship: fc.anything() })
      .map((body) => JSON.stringify(body) ?? ''),
    fc.record({ since: fc.string({ unit: 'binary' }) }).map((body) => JSON.stringify(body))
  )

test('no body, signed though it is, is answered with 5xx', { timeout: 60_000 }, async () => {
  const partner = await join()
  const { id } = await subscribe(partner)
  const targets = [
    ['POST', '/fhir/Subscription'],
    ['PUT', `/fhir/Subscription/${id}`],
    ['POST', '/fhir/Subscription/$status'],
    ['POST', `/fhir/Subscription/${id}/$events`],
    ['POST', `/subscriptions/${id}/persons`],
    ['POST', `/subscriptions/${id}/redeliver`]
  ] as const
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...targets), hostile(partner.url), async ([method, url], body) => {
      const answer = await ask(partner, url, { method, body })
      expect(answer.statusCode).toBeLessThan(500)
    }),
    { numRuns: Number(process.env['RUNS'] ?? 300) }
  )
})

test.each([
  '/fhir/Subscription/%00',
  '/fhir/Subscription/x/$events',
  '/fhir/Subscription?_after=x',
  '/fhir/Subscription?_count=0',
  '/fhir/Subscription?url=%00',
  '/fhir/Subscription?other=1',
  '/fhir/Subscription/$status?id=%00',
  '/subscriptions/x/persons',
  '/subscriptions/%00/deliveries?state=lost'
])('%s is no address that is answered with 5xx', async (url) => {
  const answer = await ask(await join(), url)
  expect(answer.statusCode).toBeLessThan(500)
})
