import { applyJob, pullJob } from '@chesil/contracts'
import { Queue } from 'bullmq'
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { contentsOf, createWork, newRow, openQueues, type Queues } from './support/queues.ts'
import type {} from './support/test-servers.ts'

const canary = { nhsNumber: '9990000018', family: 'Zyxcanary' }
let queues: Queues
let work: ReturnType<typeof createWork>
beforeEach(async () => {
  work = createWork()
  queues = await openQueues(inject('redisUrl'))
})
afterEach(async () => {
  work.endAll()
  await queues.close()
})

/** Resolves when everything that was announced before has been taken up: a row of its own is last in line. */
async function drained(): Promise<void> {
  const last = newRow()
  await queues.enqueue(last)
  await expect.poll(() => work.begun, { timeout: 5_000 }).toContain(last)
}
const timesBegun = (rowId: string) => work.begun.filter((begun) => begun === rowId).length

describe('a job', () => {
  test('that is announced twice runs once', async () => {
    const rowId = newRow()
    await queues.enqueue(rowId)
    await queues.enqueue(rowId)
    queues.consume(work.quick)
    await drained()
    expect(timesBegun(rowId)).toBe(1)
  })

  test('of another attempt is another job', async () => {
    const rowId = newRow()
    await queues.enqueue(rowId, 0)
    await queues.enqueue(rowId, 1)
    queues.consume(work.quick, { concurrency: 1 })
    await drained()
    expect(timesBegun(rowId)).toBe(2)
  })

  test('that comes while its row is in hand is passed over', async () => {
    const rowId = newRow()
    queues.consume(work.held)
    await queues.enqueue(rowId, 0)
    await expect.poll(() => work.begun).toContain(rowId)
    await queues.enqueue(rowId, 1)
    await drained()
    expect(timesBegun(rowId)).toBe(1)
  })

  test('goes to the queue of its source, and only there', async () => {
    const [here, there] = [createWork(), createWork()]
    queues.consume(here.quick, { partition: 'gp-here' })
    queues.consume(there.quick, { partition: 'gp-there' })
    const rowId = newRow()
    await queues.enqueue(rowId, 0, 'gp-here')
    await expect.poll(() => here.begun).toEqual([rowId])
    expect(there.begun).toEqual([])
  })

  test('that does not keep to its contract is reported and reaches no handler', async () => {
    queues.consume(work.quick)
    const foreign = new Queue(applyJob.queue, {
      connection: queues.redis,
      prefix: queues.prefix,
      skipVersionCheck: true
    })
    await foreign.add('apply', { id: canary.nhsNumber, name: canary.family })
    await expect.poll(queues.logged).toContain('job data does not match its contract')
    await foreign.close()
    await drained()
    expect(work.begun).toHaveLength(1)
    expect(queues.logged()).not.toMatch(/9990000018|Zyxcanary/)
  })
})

describe('Redis', () => {
  test('holds a pointer and nothing else of a job that waits', async () => {
    const rowId = newRow()
    await queues.enqueue(rowId)
    const key = `${queues.prefix}:apply:${rowId}-0`
    expect(await queues.redis.hget(key, 'data')).toBe(JSON.stringify({ id: rowId }))
  })

  test('holds nothing of a job that failed, neither what it was about nor why', async () => {
    const rowId = newRow()
    queues.consume(async (id) => {
      work.begun.push(id)
      throw Object.assign(new Error(`No bed for ${canary.family}`), { detail: canary.nhsNumber })
    })
    await queues.enqueue(rowId)
    await drained()
    await expect.poll(() => queues.redis.exists(`${queues.prefix}:apply:${rowId}-0`)).toBe(0)
    const contents = await contentsOf(inject('redisUrl'), queues.prefix)
    expect(contents).toContain(queues.prefix)
    expect(contents).not.toMatch(/Zyxcanary|9990000018|No bed/)
    expect(queues.logged()).toContain('job failed')
    expect(queues.logged()).not.toMatch(/Zyxcanary|9990000018|No bed/)
  })
})

describe('a consumer', () => {
  test('goes on after a job that failed', async () => {
    queues.consume((id) => {
      work.begun.push(id)
      return Promise.reject(new Error('always'))
    })
    await drained()
    await drained()
    expect(work.begun).toHaveLength(2)
  })

  test('has no more rows in hand than it has places, however many are announced', async () => {
    const consumer = queues.consume(work.held, { concurrency: 2 })
    const rows = Array.from({ length: 6 }, newRow)
    await Promise.all(rows.map((row) => queues.enqueue(row)))
    for (const [at] of rows.entries()) {
      await expect.poll(() => work.begun.length).toBeGreaterThan(at)
      await expect.poll(consumer.free).toBe(Math.max(0, 2 - (rows.length - at)))
      work.end(work.begun[at] as string)
    }
    await expect.poll(consumer.free).toBe(2)
    expect(new Set(work.begun)).toEqual(new Set(rows))
    expect(work.most()).toBe(2)
  })

  test('goes on with other rows while one hangs', async () => {
    const hanging = newRow()
    queues.consume((id) => (id === hanging ? work.held(id) : work.quick(id)), { concurrency: 2 })
    await queues.enqueue(hanging)
    await expect.poll(() => work.begun).toEqual([hanging])
    await drained()
    await drained()
  })

  test('takes a row from Postgres only while it has a place, and each only once', async () => {
    const consumer = queues.consume(work.held, { concurrency: 2 })
    const [first, second, third] = [newRow(), newRow(), newRow()]
    expect(consumer.offer(first, false)).toBe(true)
    expect(consumer.offer(first, false)).toBe(false)
    expect(consumer.offer(second, false)).toBe(true)
    expect(consumer.offer(third, false)).toBe(false)
    work.end(first)
    await expect.poll(() => consumer.offer(third, false)).toBe(true)
  })

  test('whose places are taken by rows from Postgres takes up a job when one is free', async () => {
    const consumer = queues.consume(work.held, { concurrency: 1 })
    const [found, announced] = [newRow(), newRow()]
    consumer.offer(found, false)
    await queues.enqueue(announced)
    const isTaken = () => queues.redis.llen(`${queues.prefix}:apply:active`)
    await expect.poll(isTaken).toBe(1)
    expect(work.begun).toEqual([found])
    work.end(found)
    await expect.poll(() => work.begun).toEqual([found, announced])
    expect(work.most()).toBe(1)
  })

  test('that closes lets what is in hand end', async () => {
    const consumer = queues.consume(work.held)
    const [announced, found] = [newRow(), newRow()]
    await queues.enqueue(announced)
    consumer.offer(found, false)
    await expect.poll(() => work.begun.length).toBe(2)
    let closed = false
    const closing = consumer.close().then(() => {
      closed = true
    })
    work.end(announced)
    await expect.poll(consumer.free).toBe(3)
    expect(closed).toBe(false)
    work.end(found)
    await closing
    expect(consumer.free()).toBe(4)
  })
})

describe('the producer', () => {
  test('takes rows of several queues at once', async () => {
    queues.consume(work.quick)
    const [one, two] = [newRow(), newRow()]
    await queues.producer.enqueue([
      { contract: applyJob, rowId: one, attempt: 0 },
      { contract: pullJob, partition: 'gp-a', rowId: two, attempt: 0 }
    ])
    expect(await queues.redis.llen(`${queues.prefix}:pull-gp-a:wait`)).toBe(1)
    await expect.poll(() => work.begun).toEqual([one])
  })
})
