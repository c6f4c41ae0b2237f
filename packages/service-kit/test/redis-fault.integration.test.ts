import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { findRedisFault } from '../src/queues.ts'
import { type PrivateServer, startRedis } from './support/test-servers.ts'

let server: PrivateServer
const pretended: Server[] = []
beforeAll(async () => {
  server = await startRedis()
})
afterEach(() => {
  for (const one of pretended.splice(0)) one.close()
})
afterAll(() => server.stop())

const portOf = (one: Server) => (one.address() as AddressInfo).port
const withPassword = (password: string) => {
  const url = new URL(server.url)
  url.password = password
  return url.href
}

/** What answers each command of the Redis protocol with `+OK`, and INFO with this text. @returns its URL. */
async function pretendRedis(info: string): Promise<string> {
  const one = createServer((socket) => {
    socket.setEncoding('latin1').on('data', (sent) => {
      for (const [, word = ''] of String(sent).matchAll(/\*\d+\r\n\$\d+\r\n([A-Za-z]+)\r\n/g)) {
        const isInfo = word.toLowerCase() === 'info'
        socket.write(isInfo ? `$${info.length}\r\n${info}\r\n` : '+OK\r\n')
      }
    })
    socket.on('error', () => undefined)
  }).listen(0, '127.0.0.1')
  pretended.push(one)
  await once(one, 'listening')
  return `redis://127.0.0.1:${portOf(one)}`
}

test('a Redis that keeps everything and takes the password has no fault', async () => {
  expect(await findRedisFault(server.url)).toBeUndefined()
})

test('a password that is missing is the fault', async () => {
  expect(await findRedisFault(withPassword(''))).toBe('NOAUTH')
})

test('a password that is wrong is the fault, and is not told', async () => {
  expect(await findRedisFault(withPassword('hunter2'))).toBe('WRONGPASS')
})

test.each(['allkeys-lru', 'volatile-ttl'])('that it may evict jobs (%s) is the fault', async (policy) => {
  const client = new Redis(server.url)
  await client.config('SET', 'maxmemory-policy', policy)
  const fault = await findRedisFault(server.url)
  await client.config('SET', 'maxmemory-policy', 'noeviction')
  client.disconnect()
  expect(fault).toBe(
    `Redis has maxmemory-policy ${policy}, under which queued jobs can vanish: set it to noeviction`
  )
})

test.each([
  ['redis_version:6.2.0', undefined],
  ['redis_version:7.0.15', undefined],
  ['redis_version:10.0.0', undefined],
  ['redis_version:6.0.16', 'it is Redis 6.0, and 6.2 or later is needed'],
  ['redis_version:5.0.14', 'it is Redis 5.0, and 6.2 or later is needed']
])('of %s the fault is: %s', async (version, fault) => {
  expect(
    await findRedisFault(await pretendRedis(`# Server\r\n${version}\r\nmaxmemory_policy:noeviction`))
  ).toBe(fault)
})

test('a Redis that is not there is the fault, at once', async () => {
  const url = await pretendRedis('')
  for (const one of pretended.splice(0)) one.close()
  const startedAt = performance.now()
  expect(await findRedisFault(url)).toBe('ECONNREFUSED')
  expect(performance.now() - startedAt).toBeLessThan(2_000)
})
