import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createTokenSource, type Fetch } from '../src/index.ts'
import { now } from './support.ts'

let server: Server
let tokenUrl: string
let requests: { body: string; type: string | undefined }[]
let answer: RequestListener

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-03-02T09:00:00Z') })
  requests = []
  answer = (_, response) => {
    const token = { access_token: `token-${requests.length}`, token_type: 'Bearer', expires_in: '599' }
    response.setHeader('content-type', 'application/json').end(JSON.stringify(token))
  }
  server = createServer(async (request, response) => {
    const chunks = await request.toArray()
    requests.push({ body: Buffer.concat(chunks).toString(), type: request.headers['content-type'] })
    answer(request, response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  tokenUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`
})
afterEach(() => {
  vi.useRealTimers()
  server.close()
  server.closeAllConnections()
})

const createSource = (overrides: object = {}) =>
  createTokenSource({ tokenUrl, assertion: async () => 'a.b.c', fetch: fetch as Fetch, now, ...overrides })

test('asks by the client-credentials grant with an assertion', async () => {
  await expect(createSource({ scope: 'system/Patient.rs' })()).resolves.toBe('token-1')
  expect(requests[0]?.type).toBe('application/x-www-form-urlencoded')
  expect(Object.fromEntries(new URLSearchParams(requests[0]?.body))).toEqual({
    grant_type: 'client_credentials',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: 'a.b.c',
    scope: 'system/Patient.rs'
  })
})

test('asks once for many at the same time, and keeps the token until half a minute before its end', async () => {
  const accessToken = createSource()
  const tokens = await Promise.all(Array.from({ length: 20 }, () => accessToken()))
  expect(new Set(tokens)).toEqual(new Set(['token-1']))
  vi.setSystemTime(now() + 568_999)
  expect(await accessToken()).toBe('token-1')
  vi.setSystemTime(now() + 1)
  expect(await accessToken()).toBe('token-2')
  expect(requests).toHaveLength(2)
})

test('a token that lives for less than a minute is kept for half its life', async () => {
  answer = (_, response) => {
    response.end(
      JSON.stringify({ access_token: `t${requests.length}`, token_type: 'bearer', expires_in: 10 })
    )
  }
  const accessToken = createSource()
  await accessToken()
  vi.setSystemTime(now() + 4_999)
  expect(await accessToken()).toBe('t1')
  vi.setSystemTime(now() + 1)
  expect(await accessToken()).toBe('t2')
})

test('gives another token for one that was refused, once for all who say so', async () => {
  const accessToken = createSource()
  const refused = await accessToken()
  const renewed = await Promise.all([accessToken(refused), accessToken(refused), accessToken(refused)])
  expect(new Set(renewed)).toEqual(new Set(['token-2']))
  expect(await accessToken(refused)).toBe('token-2')
  expect(requests).toHaveLength(2)
})

test('a failure is not kept', async () => {
  const working = answer
  answer = (_, response) => response.writeHead(503).end()
  const accessToken = createSource()
  await expect(accessToken()).rejects.toMatchObject({ kind: 'upstreamUnavailable' })
  answer = working
  await expect(accessToken()).resolves.toBe('token-2')
})

test.each<[string, RequestListener]>([
  ['a refusal', (_, response) => response.writeHead(401).end('{"error":"invalid_client","CANARY":1}')],
  ['a redirect', (_, response) => response.writeHead(302, { location: '/other' }).end()],
  ['HTML', (_, response) => response.end('<html>CANARY')],
  ['null', (_, response) => response.end('null')],
  ['no token', (_, response) => response.end('{"token_type":"Bearer"}')],
  [
    'a token with a line break',
    (_, response) => response.end('{"access_token":"a\\r\\nX: CANARY","token_type":"Bearer"}')
  ],
  ['another kind of token', (_, response) => response.end('{"access_token":"a","token_type":"MAC"}')],
  ['a cut', (_, response) => void response.destroy()]
])('answers %s with upstreamUnavailable and nothing of what was said', async (_, listener) => {
  answer = listener
  const error = await createSource()().catch((reason: unknown) => reason)
  expect(error).toMatchObject({
    kind: 'upstreamUnavailable',
    message: 'The token endpoint gave no token',
    cause: undefined
  })
  expect(requests).toHaveLength(1)
})

test('does not wait for an endpoint that hangs', async () => {
  answer = () => undefined
  await expect(createSource({ timeoutMs: 50 })()).rejects.toMatchObject({ kind: 'upstreamTimeout' })
})
