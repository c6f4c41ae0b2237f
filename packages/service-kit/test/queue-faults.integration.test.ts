import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { createStraggler, type Straggler, type StragglerQuery } from '../src/index.ts'
import { createWork, newRow, openQueues, type Queues } from './support/queues.ts'
import { createFaultProxy, type FaultProxy, type PrivateServer, startRedis } from './support/test-servers.ts'

let server: PrivateServer
let proxy: FaultProxy
let queues: Queues
let work: ReturnType<typeof createWork>
let straggler: ReturnType<typeof createStraggler> | undefined
/** Rows that lie in Postgres, with their age in ms: what a straggler finds. */
let waiting: Map<string, { readonly since: number; readonly partition?: string }>

beforeAll(async () => {
  server = await startRedis()
})
afterAll(() => server.stop())
beforeEach(async () => {
  const target = new URL(server.url)
  proxy = await createFaultProxy({ target: { host: target.hostname, port: Number(target.port) } })
  const through = new URL(server.url)
  through.port = String(proxy.port)
  queues = await openQueues(through.href)
  work = createWork()
  waiting = new Map()
})
afterEach(async () => {
  vi.useRealTimers()
  proxy.set({ kind: 'none' })
  work.endAll()
  await straggler?.close()
  straggler = undefined
  await queues.close()
  await proxy.close()
})

const hasRedis = () => queues.redis.status === 'ready'
const enqueue = (rowId: string) => queues.enqueue(rowId)

async function find({ minAgeMs, places }: StragglerQuery): Promise<readonly Straggler[]> {
  const old = [...waiting].filter(([, { since }]) => performance.now() - since >= minAgeMs)
  return places.flatMap(({ partition, free }) =>
    old
      .filter(([, row]) => row.partition === partition)
      .slice(0, free)
      .map(([rowId]) => ({ rowId, ...(partition !== undefined && { partition }) }))
  )
}

/** Takes a row away when it is done, as its handler does in Postgres. */
async function handle(rowId: string): Promise<void> {
  await work.quick(rowId)
  waiting.delete(rowId)
}

const lookFrom = (...consumers: Parameters<typeof createStraggler>[0]['consumers']) => {
  straggler = createStraggler({
    consumers,
    find,
    redis: queues.redis,
    log: queues.log,
    graceMs: 200,
    intervalMs: 20
  })
  return straggler
}

describe('after Redis was killed and started again', () => {
  test('a consumer works on what is announced, and what Redis forgot is found in Postgres', async () => {
    const [forgotten, away, after] = [newRow(), newRow(), newRow()]
    expect(await enqueue(forgotten)).toBe(true)
    waiting.set(forgotten, { since: performance.now() })
    await server.kill9()
    await expect.poll(hasRedis).toBe(false)
    expect(await enqueue(away)).toBe(false)
    waiting.set(away, { since: performance.now() })
    lookFrom(queues.consume(handle))
    await expect.poll(() => work.begun).toEqual(expect.arrayContaining([forgotten, away]))
    await server.restart()
    await expect.poll(hasRedis, { timeout: 5_000 }).toBe(true)
    expect(await enqueue(after)).toBe(true)
    await expect.poll(() => work.begun, { timeout: 10_000 }).toContain(after)
  })

  test('a row that is in hand meanwhile goes on, and is not begun again', async () => {
    queues.consume(work.held)
    const rowId = newRow()
    await enqueue(rowId)
    await expect.poll(() => work.begun).toEqual([rowId])
    await server.kill9()
    await server.restart()
    await expect.poll(hasRedis, { timeout: 5_000 }).toBe(true)
    await enqueue(rowId)
    const other = newRow()
    await enqueue(other)
    await expect.poll(() => work.begun, { timeout: 10_000 }).toEqual([rowId, other])
    work.end(rowId)
  })

  test('and after FLUSHALL jobs are heard again', async () => {
    queues.consume(handle)
    await queues.redis.flushall()
    const rowId = newRow()
    await enqueue(rowId)
    await expect.poll(() => work.begun, { timeout: 10_000 }).toEqual([rowId])
  })
})

describe('while the way to Redis is a black hole', () => {
  test('rows are taken from Postgres, announcing gives up in time, and jobs are heard again afterwards', async () => {
    const consumer = queues.consume(handle)
    lookFrom(consumer)
    proxy.set({ kind: 'blackHole' })
    const [lost, after] = [newRow(), newRow()]
    waiting.set(lost, { since: performance.now() })
    const startedAt = performance.now()
    expect(await enqueue(lost)).toBe(false)
    expect(performance.now() - startedAt).toBeLessThan(1_000)
    await expect.poll(() => work.begun).toEqual([lost])
    proxy.set({ kind: 'none' })
    expect(await enqueue(after)).toBe(true)
    await expect.poll(() => work.begun, { timeout: 10_000 }).toContain(after)
  })
})

describe('a worker that hears nothing, while rows lie there for it', () => {
  const wasMadeAnew = () => queues.logged().includes('worker is deaf; starting another')
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'] })
  })
  const pass = (ms: number) => vi.setSystemTime(Date.now() + ms)

  test('is made anew after 10 s, and the new one hears', async () => {
    const consumer = queues.consume(handle)
    consumer.offer(newRow(), true)
    pass(10_001)
    consumer.offer(newRow(), true)
    expect(wasMadeAnew()).toBe(true)
    const rowId = newRow()
    await enqueue(rowId)
    await expect.poll(() => work.begun, { timeout: 5_000 }).toContain(rowId)
  })

  test('is left alone when it heard something in between', async () => {
    const consumer = queues.consume(handle)
    consumer.offer(newRow(), true)
    pass(10_001)
    const rowId = newRow()
    await enqueue(rowId)
    await expect.poll(() => work.begun, { timeout: 5_000 }).toContain(rowId)
    consumer.offer(newRow(), true)
    expect(wasMadeAnew()).toBe(false)
  })

  test('is left alone when Redis was known to be away', () => {
    const consumer = queues.consume(handle)
    consumer.offer(newRow(), false)
    pass(10_001)
    consumer.offer(newRow(), false)
    expect(wasMadeAnew()).toBe(false)
  })
})

describe('the straggler', () => {
  test('leaves a row its time to arrive by the queue, as long as Redis is there', async () => {
    lookFrom(queues.consume(handle))
    const rowId = newRow()
    const since = performance.now()
    waiting.set(rowId, { since })
    await expect.poll(() => work.begun).toEqual([rowId])
    expect(performance.now() - since).toBeGreaterThanOrEqual(200)
  })

  test('gives each source’s rows to its own consumer, and asks for no more than it has places', async () => {
    const [here, there] = [createWork(), createWork()]
    const asked: StragglerQuery['places'][] = []
    const consumers = [
      queues.consume(here.held, { partition: 'gp-here', concurrency: 1 }),
      queues.consume(there.held, { partition: 'gp-there', concurrency: 2 })
    ]
    const since = performance.now() - 1_000
    const rows = Array.from({ length: 3 }, newRow)
    for (const row of rows) waiting.set(row, { since, partition: 'gp-here' })
    const other = newRow()
    waiting.set(other, { since, partition: 'gp-there' })
    straggler = createStraggler({
      consumers,
      find: (query) => {
        asked.push(query.places)
        return find(query)
      },
      redis: queues.redis,
      log: queues.log,
      intervalMs: 20
    })
    await expect.poll(() => there.begun).toEqual([other])
    expect(here.begun).toEqual([rows[0]])
    await expect.poll(() => asked.at(-1)).toEqual([{ partition: 'gp-there', free: 1 }])
    here.endAll()
    there.endAll()
  })

  test('goes on looking after Postgres could not be asked, and does not log what it said', async () => {
    let failures = 2
    straggler = createStraggler({
      consumers: [queues.consume(handle)],
      find: (query) => (failures-- > 0 ? Promise.reject(new Error('Zyxcanary')) : find(query)),
      redis: queues.redis,
      log: queues.log,
      intervalMs: 20
    })
    const rowId = newRow()
    waiting.set(rowId, { since: performance.now() - 1_000 })
    await expect.poll(() => work.begun).toEqual([rowId])
    expect(queues.logged()).toContain('looking for stragglers failed')
    expect(queues.logged()).not.toContain('Zyxcanary')
  })

  test('looks at once when it is woken while Redis is away, and no more once it is closed', async () => {
    const consumer = queues.consume(handle)
    await server.kill9()
    await expect.poll(hasRedis).toBe(false)
    straggler = createStraggler({
      consumers: [consumer],
      find,
      redis: queues.redis,
      log: queues.log,
      intervalMs: 60_000
    })
    await sleep(20) // the first look
    const [rowId, late] = [newRow(), newRow()]
    waiting.set(rowId, { since: performance.now() })
    straggler.wake()
    await expect.poll(() => work.begun).toEqual([rowId])
    await straggler.close()
    waiting.set(late, { since: performance.now() })
    straggler.wake()
    await sleep(50)
    expect(work.begun).toEqual([rowId])
    await server.restart()
  })
})
