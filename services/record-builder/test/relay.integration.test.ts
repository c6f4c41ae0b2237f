import { randomUUID } from 'node:crypto'
import { applyJob, type JobContract, mapGpJob, pullJob } from '@chesil/contracts'
import { createLogger } from '@chesil/service-kit'
import {
  createConsumer,
  createProducer,
  createRedis,
  type Producer,
  type RedisConnection
} from '@chesil/service-kit/queues'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { createRelay } from '../src/relay.ts'
import { type PrivateServer, startRedis, useDatabase } from './support/test-servers.ts'

const { database: db } = useDatabase()
const log = createLogger('record-builder', 'silent')
let server: PrivateServer
beforeAll(async () => {
  server = await startRedis()
})
afterAll(() => server.stop())

let redis: RedisConnection
let queue: { readonly redis: RedisConnection; readonly prefix: string; readonly log: typeof log }
let producer: Producer
let heard: string[]
let closing: { close(): Promise<unknown> }[]
beforeEach(async () => {
  await db().query('delete from outbox_event')
  redis = await createRedis(server.url, log, () => undefined)
  queue = { redis, prefix: `{test-${randomUUID()}}`, log }
  producer = createProducer(queue)
  heard = []
  closing = []
})
afterEach(async () => {
  for (const one of closing) await one.close()
  await producer.close()
  redis.disconnect()
})

function listenTo(contract: JobContract, partition?: string): void {
  const handle = async (rowId: string) => void heard.push(rowId)
  const consumer = createConsumer({
    ...queue,
    contract,
    handle,
    concurrency: 4,
    ...(partition !== undefined && { partition })
  })
  closing.push(consumer)
}

function openRelay(changes: Partial<Parameters<typeof createRelay>[0]> = {}) {
  const relayed: number[] = []
  const relay = createRelay({
    database: db(),
    producer,
    log,
    onRelayed: (count) => void relayed.push(count),
    intervalMs: 60_000,
    ...changes
  })
  closing.unshift(relay)
  return { relay, relayed }
}

async function announce(queueName: string, partition?: string): Promise<string> {
  const rowId = randomUUID()
  await db().query('insert into outbox_event (queue, partition, row_id) values ($1, $2, $3)', [
    queueName,
    partition ?? null,
    rowId
  ])
  return rowId
}
const waiting = async () => (await db().query('select 1 from outbox_event')).length

test('each event becomes a job of its queue, a pull’s that of its source, and is deleted', async () => {
  listenTo(applyJob)
  listenTo(mapGpJob)
  listenTo(pullJob, 'gp-test')
  const rows = [await announce('apply'), await announce('map-gp'), await announce('pull', 'gp-test')]
  const { relayed } = openRelay()
  await expect.poll(() => [...heard].sort()).toEqual(rows.sort())
  expect(await waiting()).toBe(0)
  expect(relayed).toEqual([3])
})

test('an event of a queue that this release does not know is passed over, and holds up no other', async () => {
  listenTo(applyJob)
  await announce('compose')
  const rowId = await announce('apply')
  openRelay()
  await expect.poll(() => heard).toEqual([rowId])
  await expect.poll(waiting).toBe(0)
})

test('more events than fit a batch are relayed without waiting in between', async () => {
  await db().query(
    `insert into outbox_event (queue, row_id) select 'apply', gen_random_uuid() from generate_series(1, 25)`
  )
  const { relayed } = openRelay({ batchSize: 10 })
  await expect.poll(waiting).toBe(0)
  await expect.poll(() => relayed).toEqual([10, 10, 5])
})

test('what comes while it is at work is relayed when it is woken, not a minute later', async () => {
  const { relay } = openRelay()
  for (let n = 0; n < 3; n++) {
    await announce('apply')
    relay.wake()
    relay.wake()
    await expect.poll(waiting).toBe(0)
  }
})

test('what Redis has not taken stays in Postgres, and goes out once it is back', async () => {
  listenTo(applyJob)
  await server.kill9()
  await expect.poll(() => redis.status).not.toBe('ready')
  const { relay, relayed } = openRelay({ intervalMs: 20 })
  const rows = [await announce('apply'), await announce('apply')]
  relay.wake()
  await relay.close()
  expect(await waiting()).toBe(2)
  expect(relayed).toEqual([])
  openRelay({ intervalMs: 20 })
  await server.restart()
  await expect.poll(() => [...heard].sort(), { timeout: 10_000 }).toEqual(rows.sort())
  await expect.poll(waiting).toBe(0)
})

test('goes on after Postgres could not be asked', async () => {
  let failures = 2
  const database: ReturnType<typeof db> = {
    ...db(),
    transaction: (work) => (failures-- > 0 ? Promise.reject(new Error('away')) : db().transaction(work))
  }
  await announce('apply')
  openRelay({ database, intervalMs: 10 })
  await expect.poll(waiting).toBe(0)
})

test('an event whose deletion was lost is announced twice and makes one job', async () => {
  const rowId = await announce('apply')
  let lost = false
  const database: ReturnType<typeof db> = {
    ...db(),
    transaction: (work) =>
      db().transaction(async (sql) => {
        const result = await work(sql)
        if (result === 1 && !lost) {
          lost = true
          throw new Error('the connection broke before the commit')
        }
        return result
      })
  }
  openRelay({ database, intervalMs: 10 })
  await expect.poll(waiting).toBe(0)
  expect(lost).toBe(true)
  expect(await redis.llen(`${queue.prefix}:apply:wait`)).toBe(1)
  listenTo(applyJob)
  await expect.poll(() => heard).toEqual([rowId])
})

test('once closed it relays nothing, also when it is woken', async () => {
  const { relay } = openRelay()
  await relay.close()
  await announce('apply')
  relay.wake()
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(await waiting()).toBe(1)
})
