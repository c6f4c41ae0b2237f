import type { IncomingHttpHeaders, RequestListener } from 'node:http'
import { type NhsNumber, parseNhsNumber, parseOdsCode } from '@chesil/fhir'
import { expect, test } from 'vitest'
import { createPdsClient, type PdsClientOptions, type PdsContext } from '../src/index.ts'
import { drip, openOutbound, serve } from './support/servers.ts'

const number: NhsNumber = parseNhsNumber('9000000009')
const body = JSON.stringify({
  resourceType: 'Patient',
  id: number,
  meta: { security: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'U' }] }
})
const context: PdsContext = {
  requestId: '60e0b220-8136-4ca5-ae46-1d97ef59d068',
  correlationId: 'correlation-1',
  organisation: parseOdsCode('R0D'),
  roleProfileId: '555254240100'
}

async function start(listener: RequestListener, overrides: Partial<PdsClientOptions> = {}) {
  const server = await serve(listener)
  const client = createPdsClient({
    baseUrl: `${server.url}/personal-demographics/FHIR/R4`,
    outbound: openOutbound(),
    timeoutMs: 2_000,
    accessToken: async () => 'token-1',
    now: Date.now,
    ...overrides
  })
  return { client, server }
}

test('a trace asks for one person with all that PDS wants to know', async () => {
  let seen: { url: string | undefined; method: string | undefined; headers: IncomingHttpHeaders } | undefined
  const { client } = await start(({ url, method, headers }, response) => {
    seen = { url, method, headers }
    response.end(body)
  })
  expect(await client.trace(number, context)).toMatchObject({ outcome: 'found', nhsNumber: number })
  expect(seen).toMatchObject({
    method: 'GET',
    url: '/personal-demographics/FHIR/R4/Patient/9000000009',
    headers: {
      accept: 'application/fhir+json',
      authorization: 'Bearer token-1',
      'x-request-id': '60e0b220-8136-4ca5-ae46-1d97ef59d068',
      'x-correlation-id': 'correlation-1',
      'nhsd-session-urid': '555254240100',
      'nhsd-end-user-organisation-ods': 'R0D'
    }
  })
})

test('what is not known is left out of the headers', async () => {
  let headers: IncomingHttpHeaders = {}
  const { client } = await start((request, response) => {
    headers = request.headers
    response.end(body)
  })
  await client.trace(number, { requestId: context.requestId, organisation: context.organisation })
  expect(headers).not.toHaveProperty('x-correlation-id')
  expect(headers).not.toHaveProperty('nhsd-session-urid')
})

test('a superseded number is answered with the one in force', async () => {
  const { client } = await start((_, response) => response.end(body))
  expect(await client.trace(parseNhsNumber('9000000017'), context)).toMatchObject({ nhsNumber: '9000000009' })
})

test('a search asks with what is known, encoded', async () => {
  const urls: string[] = []
  const { client } = await start((request, response) => {
    urls.push(request.url ?? '')
    response.end('{"resourceType":"Bundle","type":"searchset","total":0}')
  })
  const none = { outcome: 'matches', matches: [] }
  expect(await client.search({ family: "O'Néill & Co", birthdate: '1970-01-31' }, context)).toEqual(none)
  await client.search(
    { family: 'Marsh', birthdate: '1970-01-31', given: 'Zoë', gender: 'female', postcode: 'DT1 1XX' },
    context
  )
  const [first, second] = urls.map((url) => Object.fromEntries(new URL(url, 'http://pds').searchParams))
  expect(first).toEqual({ family: "O'Néill & Co", birthdate: 'eq1970-01-31' })
  expect(second).toEqual({
    family: 'Marsh',
    birthdate: 'eq1970-01-31',
    given: 'Zoë',
    gender: 'female',
    'address-postalcode': 'DT1 1XX'
  })
})

test('a token that was withdrawn is changed for another, once', async () => {
  const tokens: (string | undefined)[] = []
  const refusals: (string | undefined)[] = []
  const { client } = await start(
    (request, response) => {
      tokens.push(request.headers.authorization)
      if (request.headers.authorization === 'Bearer new') response.end(body)
      else response.writeHead(401).end()
    },
    {
      accessToken: async (refused) => {
        refusals.push(refused)
        return refused === undefined ? 'old' : 'new'
      }
    }
  )
  expect(await client.trace(number, context)).toMatchObject({ outcome: 'found' })
  expect(tokens).toEqual(['Bearer old', 'Bearer new'])
  expect(refusals).toEqual([undefined, 'old'])
})

test('a second refusal is an answer', async () => {
  let asked = 0
  const { client } = await start((_, response) => {
    asked++
    response.writeHead(401).end()
  })
  await expect(client.trace(number, context)).rejects.toMatchObject({ kind: 'upstreamUnavailable' })
  expect(asked).toBe(2)
})

test.each<[string, RequestListener, string]>([
  ['hangs', () => undefined, 'upstreamTimeout'],
  ['drips', (_, response) => drip(response, '{', ' '), 'upstreamTimeout'],
  ['resets', (request) => request.socket.resetAndDestroy(), 'upstreamUnavailable'],
  [
    'answers with three megabytes',
    (_, response) => response.end(Buffer.alloc(3_145_728, ' ')),
    'upstreamUnavailable'
  ],
  ['redirects', (_, response) => response.writeHead(302, { location: '/' }).end(), 'upstreamUnavailable']
])('a service that %s is told apart, and asked once', async (_, listener, kind) => {
  const { client, server } = await start(listener, { timeoutMs: kind === 'upstreamTimeout' ? 150 : 10_000 })
  const startedAt = performance.now()
  await expect(client.trace(number, context)).rejects.toMatchObject({ kind })
  expect(performance.now() - startedAt).toBeLessThan(5_000)
  expect(server.connections()).toBe(1)
})

test('the caller’s deadline counts where it is the shorter', async () => {
  const { client } = await start(() => undefined)
  const hurried = { ...context, signal: AbortSignal.timeout(50) }
  await expect(client.trace(number, hurried)).rejects.toMatchObject({ kind: 'upstreamTimeout' })
})

test('a token that does not come holds nobody past the deadline', async () => {
  const { client, server } = await start((_, response) => response.end(body), {
    timeoutMs: 50,
    accessToken: () => new Promise(() => undefined)
  })
  await expect(client.trace(number, context)).rejects.toMatchObject({ kind: 'upstreamTimeout' })
  expect(server.connections()).toBe(0)
})

test('PDS is asked no more often than it allows; who cannot be served in time is told so, not asked for', async () => {
  let asked = 0
  const { client } = await start(
    (_, response) => {
      asked++
      response.end(body)
    },
    { requestsPerSecond: 3, timeoutMs: 900 }
  )
  const outcomes = await Promise.all(
    Array.from({ length: 8 }, () =>
      client.trace(number, context).then(
        ({ outcome }) => outcome,
        (error: { kind: string }) => error.kind
      )
    )
  )
  expect(outcomes.toSorted()).toEqual([...Array(3).fill('found'), ...Array(5).fill('throttled')])
  expect(asked).toBe(3)
})

test('errors hold neither the person nor the address', async () => {
  const { client } = await start((_, response) => response.writeHead(500).end('CANARY'))
  const error = (await client
    .search({ family: 'CANARY', birthdate: '1970-01-31' }, context)
    .catch((reason: unknown) => reason)) as Error
  expect(JSON.stringify([error, error.message, error.stack, error.cause])).not.toMatch(
    /CANARY|1970|127\.0\.0\.1:/
  )
})
