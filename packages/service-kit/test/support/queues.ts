import { randomUUID } from 'node:crypto'
import { applyJob, type JobContract } from '@chesil/contracts'
import { Redis } from 'ioredis'
import { createLogger } from '../../src/index.ts'
import {
  type Consumer,
  type ConsumerOptions,
  createConsumer,
  createProducer,
  createRedis
} from '../../src/queues.ts'

export const contract: JobContract = applyJob
export const newRow = (): string => randomUUID()

/** A producer and consumers on a Redis, under a prefix of their own. */
export async function openQueues(url: string) {
  const prefix = `{test-${randomUUID()}}`
  const lines: string[] = []
  const log = createLogger('test', 'trace', { write: (line) => void lines.push(line) })
  const redis = await createRedis(url, log, () => undefined)
  const producer = createProducer({ redis, prefix, log, timeoutMs: 300 })
  const consumers: Consumer[] = []
  return {
    prefix,
    redis,
    log,
    logged: () => lines.join(''),
    producer,
    enqueue: (rowId: string, attempt = 0, partition?: string) =>
      producer.enqueue([{ contract, rowId, attempt, ...(partition !== undefined && { partition }) }]),
    consume(
      handle: ConsumerOptions['handle'],
      options: Partial<Pick<ConsumerOptions, 'concurrency' | 'partition'>> = {}
    ): Consumer {
      const consumer = createConsumer({ contract, handle, concurrency: 4, redis, prefix, log, ...options })
      consumers.push(consumer)
      return consumer
    },
    async close(): Promise<void> {
      await Promise.all(consumers.map((consumer) => consumer.close()))
      await producer.close()
      redis.disconnect()
    }
  }
}

export type Queues = Awaited<ReturnType<typeof openQueues>>

/** Rows that a handler was given, in order; each ends when the test says so. */
export function createWork() {
  const begun: string[] = []
  const ends = new Map<string, () => void>()
  let most = 0
  return {
    begun,
    /** The most rows that were in hand at once. */
    most: () => most,
    end(rowId: string): void {
      ends.get(rowId)?.()
      ends.delete(rowId)
    },
    endAll(): void {
      for (const rowId of [...ends.keys()]) this.end(rowId)
    },
    /** Ends when told. */
    async held(rowId: string): Promise<void> {
      begun.push(rowId)
      await new Promise<void>((resolve) => {
        ends.set(rowId, resolve)
        most = Math.max(most, ends.size)
      })
    },
    /** Ends at once. */
    async quick(rowId: string): Promise<void> {
      begun.push(rowId)
    }
  }
}

/** Everything that Redis holds under a prefix, as text, keys included. */
export async function contentsOf(url: string, prefix: string): Promise<string> {
  const redis = new Redis(url)
  const read: Record<string, (key: string) => Promise<unknown>> = {
    string: (key) => redis.get(key),
    hash: (key) => redis.hgetall(key),
    list: (key) => redis.lrange(key, 0, -1),
    set: (key) => redis.smembers(key),
    zset: (key) => redis.zrange(key, 0, -1),
    stream: (key) => redis.xrange(key, '-', '+')
  }
  try {
    const keys = (await redis.keys('*')).filter((key) => key.startsWith(prefix))
    const contents = await Promise.all(
      keys.map(async (key) => [key, await read[await redis.type(key)]?.(key)] as const)
    )
    return JSON.stringify(contents)
  } finally {
    redis.disconnect()
  }
}
