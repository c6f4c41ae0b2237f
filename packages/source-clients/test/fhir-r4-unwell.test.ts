import type { ServerResponse } from 'node:http'
import { OutcomeError } from '@chesil/fhir'
import { describe, expect, test } from 'vitest'
import { drip, serveRaw } from './support/servers.ts'
import {
  base,
  type Changes,
  condition,
  connect,
  idsOn,
  search,
  searchset,
  sendJson,
  serveTrust
} from './support/trust.ts'

type Answering = (url: URL, response: ServerResponse, origin: () => string) => void

async function start(answer: Answering, changes: Changes = {}) {
  const { server, seen } = await serveTrust((url, response) => answer(url, response, () => server.url))
  return { client: connect(server, changes), seen }
}

describe('half a list is no list: a search fails', () => {
  test.each<[string, (origin: string) => unknown]>([
    ['to another host', () => 'https://elsewhere.example/fhir/R4/Condition?page=2'],
    ['to another port', () => 'http://127.0.0.1:1/fhir/R4/Condition?page=2'],
    ['to another scheme', (origin) => `${origin.replace('http', 'https')}${base}/Condition?page=2`],
    ['out of the base', (origin) => `${origin}/admin?page=2`],
    ['out of the base by steps', (origin) => `${origin}${base}/../../admin`],
    ['out of the base by hidden steps', (origin) => `${origin}${base}/%2e%2e/%2e%2e/admin`],
    ['to what only begins like the base', (origin) => `${origin}${base}-other/Condition`],
    ['with a user', (origin) => `${origin.replace('//', '//me:secret@')}${base}/Condition?page=2`],
    ['that is no URL', () => 'http://'],
    ['that is no text', () => 7]
  ])('where a page links %s', async (_case, next) => {
    const { client, seen } = await start((_, response, origin) =>
      sendJson(response, searchset([condition('c1')], next(origin()) as string))
    )
    expect(await client.search(search)).toEqual({ outcome: 'failed', code: 'foreign-link' })
    expect(seen).toHaveLength(1)
  })

  test.each([
    ['to itself', 1],
    ['round in a circle', 3]
  ])('where pages link %s', async (_case, length) => {
    const { client, seen } = await start((_, response, origin) => {
      const page = seen.length % length
      sendJson(response, searchset([], `${origin()}${base}/Condition?page=${page}`))
    })
    expect(await client.search(search)).toEqual({ outcome: 'failed', code: 'page-loop' })
    expect(seen.length).toBeLessThanOrEqual(length + 1)
  })

  test('where pages never end', async () => {
    const { client, seen } = await start(
      (_, response, origin) =>
        sendJson(response, searchset([], `${origin()}${base}/Condition?page=${seen.length}`)),
      { limits: { maxPages: 5 } }
    )
    expect(await client.search(search)).toEqual({ outcome: 'failed', code: 'too-many-pages' })
    expect(seen).toHaveLength(5)
  })

  test('where it has more entries than anybody’s record', async () => {
    const many = Array.from({ length: 20 }, (_, at) => condition(`c${at}`))
    const { client, seen } = await start(
      (_, response, origin) =>
        sendJson(response, searchset(many, `${origin()}${base}/Condition?page=${seen.length}`)),
      { limits: { maxEntries: 50 } }
    )
    expect(await client.search(search)).toEqual({ outcome: 'failed', code: 'too-many-pages' })
    expect(seen).toHaveLength(3)
  })

  test('where its pages together are larger than agreed', async () => {
    const { client } = await start(
      (_, response, origin) =>
        sendJson(
          response,
          searchset([], `${origin()}${base}/Condition?page=${Math.random()}`, { id: 'x'.repeat(4_000) })
        ),
      { maxAnswerBytes: 10_000 }
    )
    expect(await client.search(search)).toEqual({ outcome: 'failed', code: 'too-large' })
  })

  test.each<[string, (response: ServerResponse) => void, object]>([
    [
      'breaks off',
      (response) => sendJson(response, '{"resourceType":"Bundle","type":"searchset","entry":['),
      { outcome: 'failed', status: 200, code: 'truncated' }
    ],
    [
      'is cut within an entry that closes',
      (response) => sendJson(response, '{"resourceType":"Bundle","type":"searchset","entry":[{}'),
      { outcome: 'failed', status: 200, code: 'not-json' }
    ],
    ['fails', (response) => sendJson(response, {}, 500), { outcome: 'failed', status: 500 }],
    ['hangs', () => undefined, { outcome: 'timed-out' }],
    ['drips', (response) => drip(response, '{', ' '), { outcome: 'timed-out' }]
  ])('where its second page %s', async (_case, second, outcome) => {
    const { client } = await start(
      (url, response, origin) =>
        url.searchParams.has('page')
          ? second(response)
          : sendJson(response, searchset([condition('c1')], `${origin()}${base}/Condition?page=2`)),
      { timeoutMs: 150 }
    )
    expect(await client.search(search)).toEqual(outcome)
  })
})

describe('an endpoint that is overloaded', () => {
  const busy =
    (status: number, retryAfter?: string): Answering =>
    (_, response) =>
      void response.writeHead(status, retryAfter === undefined ? {} : { 'retry-after': retryAfter }).end('{}')

  test.each([
    [429, '30', 30_000],
    [503, '30', 30_000],
    [429, new Date(1_800_000_030_000).toUTCString(), 30_000],
    // Two minutes at most, whatever it wishes.
    [429, '86400', 120_000]
  ])('%i: it is left alone for as long as it says (%s)', async (status, retryAfter, ms) => {
    let now = 1_800_000_000_000
    const { client, seen } = await start(busy(status, retryAfter), { now: () => now })
    expect(await client.search(search)).toEqual({ outcome: 'failed', status })
    now += ms - 1
    expect(await client.search(search)).toEqual({ outcome: 'breaker-open' })
    expect(seen).toHaveLength(1)
    now += 1
    await client.search(search)
    expect(seen).toHaveLength(2)
  })

  test.each([undefined, 'soon', '-5'])(
    'is asked again when it does not say when (%s)',
    async (retryAfter) => {
      const { client, seen } = await start(busy(429, retryAfter))
      await client.search(search)
      await client.search(search)
      expect(seen).toHaveLength(2)
    }
  )

  test('is left alone after five failures in a row', async () => {
    const { client, seen } = await start(busy(500))
    for (let attempt = 0; attempt < 5; attempt++) await client.search(search)
    expect(await client.search(search)).toEqual({ outcome: 'breaker-open' })
    expect([client.state(), seen.length]).toEqual(['open', 5])
  })
})

test('no more requests are under way at once than agreed; the others wait their turn', async () => {
  let [underWay, most] = [0, 0]
  const { client } = await start(
    (_, response) => {
      most = Math.max(most, ++underWay)
      setTimeout(() => {
        underWay--
        sendJson(response, searchset([condition('c1')]))
      }, 20)
    },
    { concurrency: 2 }
  )
  const answers = await Promise.all(Array.from({ length: 10 }, () => client.search(search)))
  expect(answers.flatMap(idsOn)).toHaveLength(10)
  expect(most).toBe(2)
})

test('a caller’s own deadline ends a search', async () => {
  const { client } = await start(() => undefined)
  expect(await client.search({ ...search, signal: AbortSignal.timeout(50) })).toEqual({
    outcome: 'timed-out'
  })
})

describe('the token', () => {
  test('is changed for another, once, when it is refused', async () => {
    const refusals: (string | undefined)[] = []
    const { client, seen } = await start((_, response) => void response.writeHead(401).end(), {
      accessToken: async (refused) => `token-${refusals.push(refused)}`
    })
    expect(await client.search(search)).toEqual({ outcome: 'failed', status: 401 })
    expect(refusals).toEqual([undefined, 'token-1'])
    expect(seen).toHaveLength(2)
  })

  test.each([
    ['upstreamUnavailable', { outcome: 'failed', code: 'no-token' }],
    ['upstreamTimeout', { outcome: 'timed-out' }]
  ] as const)('that cannot be had (%s) is said so, and nothing is asked', async (kind, outcome) => {
    const { client, seen } = await start((_, response) => sendJson(response, searchset([])), {
      accessToken: async () => {
        throw new OutcomeError(kind, 'No token')
      }
    })
    expect(await client.search(search)).toEqual(outcome)
    expect(seen).toEqual([])
  })
})

test('a connection that is cut within a page is a failure', async () => {
  const server = await serveRaw((socket) => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/fhir+json\r\ncontent-length: 999\r\n\r\n{"a":')
    setTimeout(() => socket.destroy(), 20)
  })
  expect(await connect(server).search(search)).toEqual({ outcome: 'failed', code: 'unreachable' })
})

test('no outcome holds the person, the address or the answer', async () => {
  const { client } = await start((_, response) =>
    sendJson(response, { resourceType: 'OperationOutcome', issue: [{ diagnostics: 'CANARY p1' }] }, 400)
  )
  expect(JSON.stringify(await client.search(search))).toBe('{"outcome":"failed","status":400}')
})
