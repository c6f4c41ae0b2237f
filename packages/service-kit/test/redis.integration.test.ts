import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createLogger } from '../src/index.ts'
import { createRedis, type RedisConnection } from '../src/queues.ts'
import { type PrivateServer, startRedis } from './support/test-servers.ts'

let server: PrivateServer
let lines: string[]
const unfit: string[] = []
const log = createLogger('test', 'trace', { write: (line) => void lines.push(line) })
const messages = () => lines.map((line) => (JSON.parse(line) as { msg: string }).msg)
beforeAll(async () => {
  server = await startRedis()
})
afterAll(() => server.stop())
beforeEach(async () => {
  lines = []
  unfit.length = 0
  await setPolicy('noeviction')
})

async function setPolicy(policy: string): Promise<void> {
  const client = new Redis(server.url)
  await client.config('SET', 'maxmemory-policy', policy)
  client.disconnect()
}

const connect = () => createRedis(server.url, log, (reason) => void unfit.push(reason))
const isReady = (redis: RedisConnection) => () => redis.status === 'ready'

test.each(['allkeys-lru', 'volatile-ttl'])(
  'a Redis that may evict jobs (%s) is refused, and the reason says what to do',
  async (policy) => {
    await setPolicy(policy)
    await expect(connect()).rejects.toThrow(
      `Redis has maxmemory-policy ${policy}, under which queued jobs can vanish: set it to noeviction`
    )
    expect(unfit).toEqual([])
  }
)

test('a Redis that keeps everything is taken', async () => {
  const redis = await connect()
  expect(redis.status).toBe('ready')
  redis.disconnect()
})

test('one that comes back with another policy is noticed', async () => {
  const redis = await connect()
  await setPolicy('allkeys-random')
  const killer = new Redis(server.url)
  await killer.client('KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
  killer.disconnect()
  await expect.poll(() => unfit).toEqual([expect.stringContaining('allkeys-random')])
  redis.disconnect()
})

test('a connection outlives Redis: it says once that it is away, once that it is back, and never a password', async () => {
  const redis = await connect()
  await server.kill9()
  await expect.poll(messages).toContain('redis is away; work goes on from Postgres')
  await server.restart()
  await expect.poll(isReady(redis), { timeout: 5_000 }).toBe(true)
  expect(await redis.ping()).toBe('PONG')
  expect(messages()).toEqual(['redis is away; work goes on from Postgres', 'redis is back'])
  expect(lines.join('')).not.toContain(new URL(server.url).password)
  redis.disconnect()
})

test('a service starts while Redis is away, within 3 s, and has it as soon as it is there', async () => {
  await server.kill9()
  const startedAt = performance.now()
  const redis = await connect()
  expect(performance.now() - startedAt).toBeLessThan(3_000)
  expect(redis.status).not.toBe('ready')
  await server.restart()
  await expect.poll(isReady(redis), { timeout: 5_000 }).toBe(true)
  redis.disconnect()
})

test('a Redis found to be unfit only after the start is told, too', async () => {
  await server.kill9()
  const redis = await connect()
  redis.disconnect()
  await server.restart()
  await setPolicy('allkeys-lfu')
  await redis.connect()
  await expect.poll(() => unfit).toEqual([expect.stringContaining('allkeys-lfu')])
  redis.disconnect()
})
