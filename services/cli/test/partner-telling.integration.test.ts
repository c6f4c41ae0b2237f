import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { makeSubscription, systemIds, tellChanges } from '@chesil/record-store'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { chesil } from './support/chesil.ts'
import { useDatabase } from './support/test-servers.ts'

const { database: db, url } = useDatabase()
const run = (...args: readonly string[]) =>
  chesil(['partner', ...args], {
    DATABASE_URL: url(),
    PARTNER_KEYS_SECRET: 'env:SECRET',
    SECRET: 'a secret of thirty-two characters or more'
  })
const by = ['--by', 'INC-7'] as const

const received: { headers: Record<string, string>; body: string }[] = []
let status = 204
const server = createServer(async (request, response) => {
  let body = ''
  for await (const chunk of request) body += chunk
  received.push({ headers: request.headers as Record<string, string>, body })
  response.writeHead(status).end()
})
let hook = ''
let endpoint = ''
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  hook = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
  const named = ['--name', 'Engine', '--organisation', 'RXX', '--source', 'rxx-fhir']
  await run('register', 'engine', ...named, ...by)
  const added = await run('endpoint', 'add', 'engine', hook, '--allow-range', '127.0.0.0/8', ...by)
  endpoint = added.stdout.slice(0, 36)
})
afterAll(() => server.close())

const uuid = /^[0-9a-f-]{36}$/

test('an endpoint is registered once, listed, disabled and enabled', async () => {
  expect(endpoint).toMatch(uuid)
  expect(await run('endpoint', 'add', 'engine', hook, '--allow-range', '127.0.0.0/8', ...by)).toMatchObject({
    code: 1
  })
  expect((await run('endpoint', 'list', 'engine')).stdout).toContain(`${endpoint}  ${hook}  127.0.0.0/8`)
  expect(await run('endpoint', 'disable', endpoint, ...by)).toMatchObject({ code: 0 })
  expect((await run('endpoint', 'list', 'engine')).stdout).toContain('disabled: by-operator')
  expect(await run('endpoint', 'disable', endpoint, ...by)).toMatchObject({ code: 1 })
  expect(await run('endpoint', 'enable', endpoint, ...by)).toMatchObject({ code: 0 })
})

test('a test event is signed with the key that was shown once, and its answer is said', async () => {
  expect((await run('endpoint', 'test', endpoint, ...by)).stderr).toContain('no key')
  const { stdout } = await run('endpoint', 'key', endpoint, ...by)
  const secret = /whsec_\S+/.exec(stdout)?.[0] ?? ''
  expect(await run('endpoint', 'test', endpoint, ...by)).toMatchObject({
    code: 0,
    stdout: 'It was answered with 204\n'
  })
  const [event] = received
  expect(new Webhook(secret).verify(event?.body ?? '', event?.headers ?? {})).toMatchObject({
    type: 'subscription.test'
  })
  status = 500
  expect(await run('endpoint', 'test', endpoint, ...by)).toMatchObject({ code: 1 })
  status = 204
})

test('a test event goes nowhere that no range allows', async () => {
  const added = await run('endpoint', 'add', 'engine', hook.replace('http:', 'https:'), ...by)
  const id = added.stdout.slice(0, 36)
  await run('endpoint', 'key', id, ...by)
  const count = received.length
  expect((await run('endpoint', 'test', id, ...by)).stderr).toContain('address-refused')
  expect(received).toHaveLength(count)
})

test('a subscription is listed, shown, ended and resumed; what was sent is listed and sent again', async () => {
  const id = systemIds.newId()
  const made = { id, partnerId: 'engine', url: hook, topic: 'record-changed', format: 'fhir' } as const
  const more = { content: 'empty', heartbeatSeconds: undefined, endsAt: undefined } as const
  await db().transaction((sql) => makeSubscription(sql, { ...made, ...more, deliveryId: systemIds.newId() }))
  expect((await run('subscription', 'list', 'engine')).stdout).toContain(`${id}  record-changed`)
  expect((await run('subscription', 'show', 'engine', id)).stdout).toContain('status  requested')
  expect((await run('subscription', 'show', 'somebody-else', id)).stderr).toContain('no such subscription')
  expect((await run('delivery', 'list', 'engine', id)).stdout).toContain('handshake  waiting')
  expect(await run('subscription', 'end', 'engine', id, ...by)).toMatchObject({ code: 0 })
  expect((await run('delivery', 'list', 'engine', id, '--state', 'dead')).stdout).toContain('by-operator')
  expect(
    (await run('delivery', 'redeliver', 'engine', id, '--since', '2020-01-01T00:00:00Z', ...by)).stderr
  ).toContain('resume it first')
  expect(await run('subscription', 'resume', 'engine', id, ...by)).toMatchObject({ code: 0 })
  expect(await run('delivery', 'redeliver', 'engine', id, '--from', '1', '--to', '3', ...by)).toMatchObject({
    code: 0,
    stdout: '0 are sent again\n'
  })
  const rules = { isAbout: () => true, newId: systemIds.newId, now: Date.now() }
  expect(await db().transaction((sql) => tellChanges(sql, 10, rules))).toBe(0)
})

test('whatever staff do is written down with who decided so', async () => {
  const { stdout } = await run('history', 'engine', '--json')
  const actions = JSON.parse(stdout) as { action: string; by: string }[]
  expect(new Set(actions.map((one) => one.by))).toEqual(new Set(['INC-7']))
  expect(new Set(actions.map(({ action }) => action))).toEqual(
    new Set([
      'partner-registered',
      'endpoint-added',
      'endpoint-disabled',
      'endpoint-enabled',
      'key-added',
      'test-event-sent',
      'subscription-ended',
      'subscription-resumed',
      'deliveries-redelivered'
    ])
  )
})

test('the event catalogue names what partners can be told of', async () => {
  expect((await run('event-catalogue')).stdout).toContain('record-changed  Anything in the record')
})

test.each([
  [['endpoint', 'add', 'engine', 'http://example.org/', ...by], 'https address'],
  [['endpoint', 'add', 'engine', 'https://u:p@example.org/', ...by], 'without user'],
  [['endpoint', 'add', 'engine', 'https://example.org/', '--allow-range', '10.0.0.0/99', ...by], 'range'],
  [['endpoint', 'add', 'nobody', 'https://example.org/', ...by], 'no such partner'],
  [['endpoint', 'key', 'x', ...by], 'no id'],
  [['endpoint', 'key', '3f0c7a4e-0000-4000-8000-000000000000', ...by], 'no such endpoint'],
  [['delivery', 'redeliver', 'engine', 'x', '--id', 'y', ...by], 'no id'],
  [['delivery', 'redeliver', 'engine', 'x', ...by], 'Say which'],
  [['delivery', 'list', 'engine', 'x', '--state', 'lost'], '--state'],
  [['subscription', 'end', 'engine', 'x', '--by', ' '], 'no id']
])('what is wrong with %j is said', async (args, words) => {
  const { code, stderr } = await run(...args)
  expect(code).toBe(1)
  expect(stderr).toContain(words)
})
