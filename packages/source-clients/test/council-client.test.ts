import { parseNhsNumber } from '@chesil/fhir'
import { describe, expect, test } from 'vitest'
import { type CouncilClientOptions, createCouncilClient } from '../src/index.ts'
import { serveAndSee } from './support/practice.ts'
import { drip, openOutbound, serveRaw, type TestServer } from './support/servers.ts'

const nhsNumber = parseNhsNumber('9000000009')
const unknown = '{"known":false,"asAt":"2026-11-22T09:30:00Z"}'

function connect(
  { url }: Pick<TestServer, 'url'>,
  { maxAnswerBytes = 10_000, ...changes }: Partial<CouncilClientOptions> & { maxAnswerBytes?: number } = {}
) {
  return createCouncilClient({
    outbound: openOutbound(),
    accessToken: async () => 'token-1',
    now: Date.now,
    ...changes,
    source: { timeoutMs: 500, maxAnswerBytes, concurrency: 4, endpoint: { baseUrl: `${url}/chesil` } }
  })
}

const answering = (status: number, body: string, type = 'application/json') =>
  serveAndSee((_, response) => void response.writeHead(status, { 'content-type': type }).end(body))

describe('a question', () => {
  test('is posted under our token, with the number in no address', async () => {
    const { server, seen } = await answering(200, unknown)
    await connect(server).findPerson({ nhsNumber })
    expect(seen).toMatchObject([
      {
        method: 'POST',
        url: '/chesil/people/search',
        headers: { authorization: 'Bearer token-1', 'content-type': 'application/json' },
        body: '{"nhsNumber":"9000000009"}'
      }
    ])
  })

  test('may be about changes alone', async () => {
    const { server, seen } = await answering(200, unknown)
    await connect(server).findPerson({ nhsNumber, since: '2026-11-22T09:20:00.000Z' })
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual({ nhsNumber, since: '2026-11-22T09:20:00.000Z' })
  })
})

test('an answer is passed on as it came, to the letter', async () => {
  const text = ` ${unknown}\n`
  const { server } = await answering(200, text)
  const found = await connect(server).findPerson({ nhsNumber })
  expect('body' in found && Buffer.from(found.body).toString()).toBe(text)
})

describe('what is no answer is said so:', () => {
  test.each([
    [404, '{}', { outcome: 'not-disclosed' }],
    [403, '{}', { outcome: 'failed', status: 403 }],
    [500, '{}', { outcome: 'failed', status: 500 }],
    [302, '{}', { outcome: 'failed', status: 302, code: 'redirect' }],
    [200, '{}', { outcome: 'failed', status: 200, code: 'not-a-council-answer' }],
    [200, '{"known":"yes"}', { outcome: 'failed', status: 200, code: 'not-a-council-answer' }],
    [200, '{"known":true', { outcome: 'failed', status: 200, code: 'truncated' }],
    [200, '{"known":true,}', { outcome: 'failed', status: 200, code: 'not-a-council-answer' }],
    [200, `{"known":true,"x":"${'x'.repeat(10_000)}"}`, { outcome: 'failed', code: 'too-large' }]
  ])('%i with %s', async (status, body, outcome) => {
    const { server } = await answering(status, body)
    expect(await connect(server).findPerson({ nhsNumber })).toEqual(outcome)
  })

  test('a web page', async () => {
    const { server } = await answering(200, '<html></html>', 'text/html')
    expect(await connect(server).findPerson({ nhsNumber })).toMatchObject({ code: 'not-json' })
  })

  test('an answer that never ends', async () => {
    const server = await serveRaw((socket) =>
      drip(socket, 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{', ' ')
    )
    expect(await connect(server).findPerson({ nhsNumber })).toEqual({ outcome: 'timed-out' })
  })
})

test('a council that fails five times in a row is left alone', async () => {
  const { server, seen } = await answering(500, '{}')
  const client = connect(server)
  for (let attempt = 0; attempt < 5; attempt++) await client.findPerson({ nhsNumber })
  expect(await client.findPerson({ nhsNumber })).toEqual({ outcome: 'breaker-open' })
  expect([client.state(), seen.length]).toEqual(['open', 5])
})

test('a council that is overloaded is left alone for as long as it says', async () => {
  const { server, seen } = await serveAndSee(
    (_, response) => void response.writeHead(429, { 'retry-after': '30' }).end('{}')
  )
  const client = connect(server)
  await client.findPerson({ nhsNumber })
  expect(await client.findPerson({ nhsNumber })).toEqual({ outcome: 'breaker-open' })
  expect(seen).toHaveLength(1)
})

test('a token that is refused is changed for another, once', async () => {
  const { server, seen } = await answering(401, '{}')
  const refusals: (string | undefined)[] = []
  const client = connect(server, { accessToken: async (refused) => `token-${refusals.push(refused)}` })
  expect(await client.findPerson({ nhsNumber })).toEqual({ outcome: 'failed', status: 401 })
  expect(refusals).toEqual([undefined, 'token-1'])
  expect(seen).toHaveLength(2)
})
