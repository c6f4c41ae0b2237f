import { Agent, get } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { OutcomeError } from '@chesil/fhir'
import Type from 'typebox'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type App, createApp, createLogger, createMetrics } from '../src/index.ts'

const canary = '9990000018'
const secret = `Zyxcanary ${canary}`

const thrown: Record<string, () => unknown> = {
  defect: () => new Error(secret),
  'with-a-cause': () => new Error(secret, { cause: new Error(secret) }),
  'no-error': () => secret,
  nothing: () => undefined,
  'of-another-library': () => Object.assign(new Error(secret), { statusCode: 404, code: 'UPSTREAM' }),
  'of-another-library-500': () => Object.assign(new Error(secret), { statusCode: 502 }),
  'store-is-down': () => Object.assign(new Error(secret), { code: 'ECONNREFUSED' }),
  'store-shuts-down': () => Object.assign(new Error(secret), { code: '57P01', severity: 'FATAL' }),
  'store-broke-off': () => new Error('Connection terminated unexpectedly', { cause: new Error(secret) }),
  'store-refuses': () => Object.assign(new Error(secret), { code: '23505', severity: 'ERROR' }),
  foreseen: () => new OutcomeError('conflict', 'Somebody else was faster', { cause: new Error(secret) }),
  'rate-limit': () => Object.assign(new Error(`Rate limit exceeded by ${secret}`), { statusCode: 429 }),
  unauthenticated: () => new OutcomeError('unauthenticated', 'No token')
}

let lines: string[]
let app: App
beforeEach(async () => {
  lines = []
  const log = createLogger('test', 'trace', { write: (line) => void lines.push(line) })
  app = createApp({ log, bodyLimitBytes: 1_000, handlerTimeoutMs: 200, metrics: createMetrics('test') })
  app.get('/throw/:what/:id', async (request) => {
    throw thrown[(request.params as { what: string }).what]?.()
  })
  app.get('/slow/:id', () => sleep(5_000, {}, { ref: false }))
  app.get('/twice/:id', (_request, reply) => {
    reply.send({ first: true })
    reply.send({ second: true })
  })
  app.get('/parts', (_request, reply) =>
    reply
      .code(201)
      .header('X-Own', 'kept')
      .type('text/plain')
      .sendBuffers([Buffer.from('one, '), Buffer.from('two')])
  )
  app.post('/body', { schema: { body: Type.Object({ count: Type.Integer() }) } }, async () => ({ ok: true }))
  await app.ready()
})
afterEach(() => app.close())

const logged = () => lines.join('')
const json = { 'content-type': 'application/json' }

describe('every refusal is an OperationOutcome that says nothing of what is inside', () => {
  test.each([
    ['an unknown route', `/nothing/${canary}?family=${canary}`, 404, 'not-found'],
    ['a defect', `/throw/defect/${canary}`, 500, 'exception'],
    ['an error with a cause', `/throw/with-a-cause/${canary}`, 500, 'exception'],
    ['what is no error', `/throw/no-error/${canary}`, 500, 'exception'],
    ['nothing thrown', `/throw/nothing/${canary}`, 500, 'exception'],
    ['another library’s 404', `/throw/of-another-library/${canary}`, 404, 'not-found'],
    ['another library’s 502', `/throw/of-another-library-500/${canary}`, 500, 'exception'],
    ['a store that is down', `/throw/store-is-down/${canary}`, 503, 'transient'],
    ['a store that is shutting down', `/throw/store-shuts-down/${canary}`, 503, 'transient'],
    ['a store that broke off', `/throw/store-broke-off/${canary}`, 503, 'transient'],
    ['a statement that the store refuses', `/throw/store-refuses/${canary}`, 500, 'exception'],
    ['a foreseen error', `/throw/foreseen/${canary}`, 409, 'conflict'],
    ['too many requests', `/throw/rate-limit/${canary}`, 429, 'throttled'],
    ['too slow an answer', `/slow/${canary}`, 503, 'transient'],
    ['an address that cannot be read', `/throw/${canary}%E0%A4%A/x`, 400, 'invalid'],
    ['an address whose part is too long', `/throw/${canary}/${'x'.repeat(300)}`, 400, 'invalid']
  ])('%s', async (_case, url, status, code) => {
    const response = await app.inject(url)
    expect(response.statusCode).toBe(status)
    expect(response.headers['content-type']).toMatch(/^application\/fhir\+json/)
    expect(response.json()).toMatchObject({ resourceType: 'OperationOutcome', issue: [{ code }] })
    expect(JSON.stringify(response.headers) + response.body).not.toMatch(/Zyxcanary|9990000018/)
    expect(logged()).not.toMatch(/Zyxcanary|9990000018/)
  })

  test.each([
    ['malformed JSON', json, `{"name":"${secret}`, 400, 'invalid'],
    ['an empty body', json, '', 400, 'invalid'],
    ['a member that would poison objects', json, `{"__proto__":{"${canary}":1}}`, 400, 'invalid'],
    ['a body that is too large', json, JSON.stringify({ name: canary.repeat(200) }), 413, 'too-long'],
    [
      'a body of another kind',
      { 'content-type': 'text/xml' },
      `<name>${secret}</name>`,
      415,
      'not-supported'
    ],
    ['a body against its schema', json, JSON.stringify({ count: secret }), 400, 'invalid']
  ])('%s', async (_case, headers, payload, status, code) => {
    const response = await app.inject({ method: 'POST', url: '/body', headers, payload })
    expect(response.statusCode).toBe(status)
    expect(response.json()).toMatchObject({ resourceType: 'OperationOutcome', issue: [{ code }] })
    expect(response.body + logged()).not.toMatch(/Zyxcanary|9990000018/)
  })
})

test('a body of just the allowed size is taken', async () => {
  const payload = JSON.stringify({ count: 1 }).padEnd(1_000)
  expect((await app.inject({ method: 'POST', url: '/body', headers: json, payload })).statusCode).toBe(200)
})

test('a handler that answers twice does not put the address into the log', async () => {
  expect((await app.inject(`/twice/${canary}`)).json()).toEqual({ first: true })
  expect(logged()).toContain('FST_ERR_REP_ALREADY_SENT')
  expect(logged()).not.toContain(canary)
})

test.each([
  ['/slow/1', 'retry-after', '5'],
  ['/throw/rate-limit/1', 'retry-after', '5'],
  ['/throw/unauthenticated/1', 'www-authenticate', 'Bearer']
])('%s says in its headers what to do', async (url, header, value) => {
  expect((await app.inject(url)).headers[header]).toBe(value)
})

test('requests are measured by route, not by address', async () => {
  const metrics = createMetrics('test')
  const measured = createApp({ log: createLogger('test', 'silent'), metrics })
  measured.get('/Patient/:id', async () => ({}))
  await measured.inject(`/Patient/${canary}`)
  await measured.inject(`/nothing/${canary}`)
  const text = await metrics.registry.metrics()
  expect(text).toMatch(
    /chesil_http_request_seconds_count\{.*method="GET",route="\/Patient\/:id",status="200"/
  )
  expect(text).toMatch(/route="\(no route\)",status="404"/)
  expect(text).not.toContain(canary)
})

describe('the id of a request', () => {
  const given = '0F1E2D3C-4b5a-6978-8796-a5b4c3d2e1f0'
  const ask = (headers: Record<string, string>, url = '/nothing') => app.inject({ url, headers })
  const idsLogged = () => new Set([...logged().matchAll(/"reqId":"([^"]*)"/g)].map(([, id]) => id))

  test('is taken over from a UUID, stands on every line of its log, and is mirrored as it came', async () => {
    const response = await ask({ 'x-request-id': given, 'x-correlation-id': 'batch-7' })
    expect(response.headers).toMatchObject({ 'x-request-id': given, 'x-correlation-id': 'batch-7' })
    expect(idsLogged()).toEqual(new Set([given.toLowerCase()]))
  })

  test('is made where there is none, and told', async () => {
    const response = await ask({})
    expect(idsLogged()).toEqual(new Set([response.headers['x-request-id']]))
    expect(response.headers).not.toHaveProperty('x-correlation-id')
  })

  test('is mirrored on errors, too', async () => {
    expect((await ask({ 'x-request-id': given }, '/throw/defect/1')).headers['x-request-id']).toBe(given)
    expect((await ask({ 'x-request-id': given }, '/%E0%A4%A')).headers['x-request-id']).toBe(given)
  })

  test('that is no UUID is mirrored but not logged: it may be a name', async () => {
    const response = await ask({ 'x-request-id': canary })
    expect(response.headers['x-request-id']).toBe(canary)
    expect(logged()).not.toContain(canary)
  })

  test.each([
    ['markup', '<script>alert(1)</script>'],
    ['a space', 'a b'],
    ['several', 'a, b'],
    ['a quotation mark', 'a"b'],
    ['too much', 'x'.repeat(129)],
    ['nothing', '']
  ])('and that of a correlation are not mirrored when they are hostile: %s', async (_case, hostile) => {
    const response = await ask({ 'x-request-id': hostile, 'x-correlation-id': hostile })
    expect(response.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
    expect(response.headers).not.toHaveProperty('x-correlation-id')
  })
})

test('an app that closes answers what is under way and waits for no idle connection', async () => {
  const log = createLogger('test', 'silent')
  const own = createApp({ log })
  own.get('/slow', () => sleep(300, { ok: true }))
  await own.listen({ port: 0 })
  const { port } = own.server.address() as AddressInfo
  const agent = new Agent({ keepAlive: true })
  const answered = new Promise<number | undefined>((resolve) => {
    get({ port, path: '/slow', agent }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode))
    })
  })
  await sleep(100)
  const startedAt = performance.now()
  await own.close()
  expect(performance.now() - startedAt).toBeLessThan(5_000)
  expect(await answered).toBe(200)
  agent.destroy()
})

test.each([
  ['junk', 'rubbish\r\n\r\n', 400],
  ['headers without end', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(40_000)}\r\n\r\n`, 431]
])(
  'what is no HTTP (%s) is answered as an OperationOutcome, and the connection ends',
  async (_case, sent, status) => {
    const own = createApp({ log: createLogger('test', 'silent') })
    await own.listen({ port: 0 })
    const { port } = own.server.address() as AddressInfo
    const socket = connect(port, '127.0.0.1')
    socket.write(sent)
    const answer = await text(socket)
    await own.close()
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    expect(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).toMatchObject({ resourceType: 'OperationOutcome' })
  }
)

describe('an answer in parts', () => {
  test('is the parts one behind the other, with the headers that every answer has', async () => {
    const { statusCode, headers, body } = await app.inject({
      url: '/parts',
      headers: { 'x-request-id': 'asked', 'x-correlation-id': 'together' }
    })
    expect([statusCode, body]).toEqual([201, 'one, two'])
    expect(headers).toMatchObject({
      'content-length': '8',
      'content-type': expect.stringContaining('text/plain'),
      'x-own': 'kept',
      'x-request-id': 'asked',
      'x-correlation-id': 'together'
    })
  })

  test('to HEAD has no parts, and says how long they are', async () => {
    const { statusCode, headers, body } = await app.inject({ method: 'HEAD', url: '/parts' })
    expect([statusCode, body, headers['content-length']]).toEqual([201, '', '8'])
  })

  test('is logged and measured like any other', async () => {
    await app.inject({ url: '/parts' })
    const completed = lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'request completed')
    expect(completed).toEqual([
      expect.objectContaining({
        req: { method: 'GET', route: '/parts' },
        res: { statusCode: 201 },
        responseTime: expect.any(Number)
      })
    ])
  })

  test('on one connection leaves it to the next', async () => {
    const url = await app.listen({ host: '127.0.0.1', port: 0 })
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const ask = () =>
      new Promise<string>((resolve, reject) => {
        get(`${url}/parts`, { agent }, (response) => resolve(text(response))).once('error', reject)
      })
    expect(await Promise.all([ask(), ask(), ask()])).toEqual(['one, two', 'one, two', 'one, two'])
    agent.destroy()
  })
})
