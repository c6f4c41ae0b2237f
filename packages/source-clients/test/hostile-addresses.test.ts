import { beforeEach, describe, expect, test } from 'vitest'
import { createOutbound, findExchangeFailure, type OutboundOptions } from '../src/index.ts'
import hostile from './hostile-addresses.json' with { type: 'json' }
import { openOutbound, serve, type TestServer } from './support/servers.ts'

/** Listens on every address of this machine; nothing in this file may ever reach it. */
let canary: TestServer

beforeEach(async () => {
  const answer = serve((_, response) => response.end('{}'), { host: '::' })
  // A machine without IPv6 has only the other half to watch.
  canary = await answer.catch(() => serve((_, response) => response.end('{}'), { host: '0.0.0.0' }))
})

async function failureOf(url: string, options: OutboundOptions): Promise<unknown> {
  const outbound = createOutbound(options)
  try {
    const answer = await outbound.exchange({
      method: 'GET',
      url,
      headers: {},
      signal: AbortSignal.timeout(2_000),
      maxBytes: 1_000
    })
    return answer.status
  } catch (error) {
    return findExchangeFailure(error) ?? error
  } finally {
    await outbound.close()
  }
}

/** What the URL parser itself rejects is refused as well as what the guard does. */
const names: OutboundOptions = { resolve: async () => ['127.0.0.1'] }

test('there are more than 80 hostile addresses', () => {
  expect(hostile.hosts.length + hostile.answers.length).toBeGreaterThan(90)
})

describe.each(['http', 'https'])('over %s', (protocol) => {
  test.each(hostile.hosts)('%s is not called: %s', async (host) => {
    expect(await failureOf(`${protocol}://${host}:${canary.port}/`, names)).toBe('address-refused')
    expect(canary.connections()).toBe(0)
  })

  test.each(hostile.answers)('a name that resolves to %j is not called: %s', async (addresses) => {
    const url = `${protocol}://practice.example:${canary.port}/`
    const resolve = async () => addresses as string[]
    expect(await failureOf(url, { resolve })).toBe('address-refused')
    expect(canary.connections()).toBe(0)
  })
})

test.each(hostile.urls)('%s is not called: %s', async (template) => {
  const url = template.replace('{port}', String(canary.port))
  expect(await failureOf(url, names)).toBe('address-refused')
  expect(canary.connections()).toBe(0)
})

test('localhost is not called, whatever the machine makes of it', async () => {
  for (const host of ['localhost', 'localhost.', 'LOCALHOST', 'foo.localhost']) {
    expect(await failureOf(`http://${host}:${canary.port}/`, {})).toMatch(/^(address-refused|unreachable)$/)
  }
  expect(canary.connections()).toBe(0)
})

test('an allowed range opens that range and nothing beside it', async () => {
  const options = { allowedAddresses: ['127.0.0.2/32', '10.0.0.0/8'] }
  expect(await failureOf(`http://127.0.0.1:${canary.port}/`, options)).toBe('address-refused')
  expect(await failureOf(`http://[::1]:${canary.port}/`, options)).toBe('address-refused')
  expect(canary.connections()).toBe(0)
  expect(await failureOf(`http://127.0.0.2:${canary.port}/`, options)).toBe(200)
  expect(canary.connections()).toBe(1)
})

test('a redirect is an answer and is not followed, not even to where we might go', async () => {
  const decoy = await serve((_, response) => {
    response.writeHead(302, { location: `http://127.0.0.1:${canary.port}/` }).end()
  })
  expect(await failureOf(decoy.url, { allowedAddresses: ['127.0.0.0/8'] })).toBe(302)
  expect(decoy.connections()).toBe(1)
  expect(canary.connections()).toBe(0)
})

test('a name that changes its address between the check and the call gains nothing', async () => {
  const target = await serve((_, response) => response.setHeader('connection', 'close').end('{}'), {
    host: '127.0.0.2'
  })
  const trap = await serve((_, response) => response.end('{}'), { host: '127.0.0.1', port: target.port })
  const answers = [['127.0.0.2'], ['127.0.0.1'], ['127.0.0.2', '127.0.0.1']]
  let asked = 0
  const outbound = openOutbound({
    allowedAddresses: ['127.0.0.2/32'],
    resolve: async () => answers[asked++] ?? []
  })
  const call = () =>
    outbound.exchange({
      method: 'GET',
      url: `http://practice.example:${target.port}/`,
      headers: {},
      signal: AbortSignal.timeout(2_000),
      maxBytes: 1_000
    })

  expect(await call()).toMatchObject({ status: 200 })
  expect(asked).toBe(1)
  await expect(call()).rejects.toMatchObject({ cause: { failure: 'address-refused' } })
  await expect(call()).rejects.toMatchObject({ cause: { failure: 'address-refused' } })
  expect(asked).toBe(3)
  expect([target.connections(), trap.connections()]).toEqual([1, 0])
})
