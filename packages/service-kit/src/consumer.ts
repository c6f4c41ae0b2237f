import { type JobContract, type JobPointer, queueName } from '@chesil/contracts'
import { Worker } from 'bullmq'
import Compile from 'typebox/compile'
import type { Logger } from './log.ts'
import type { RedisConnection } from './redis.ts'

/** Does the work of one row. It claims the row first, so that a second job for it finds nothing to do. */
export type RowHandler = (rowId: string, log: Logger) => Promise<void>

export interface ConsumerOptions {
  readonly contract: JobContract
  readonly partition?: string
  readonly handle: RowHandler
  /** Rows worked on at once, whether they came by the queue or from Postgres. */
  readonly concurrency: number
  readonly redis: RedisConnection
  readonly prefix: string
  readonly log: Logger
}

/** A worker that hears nothing for this long, while rows lie there for it, is made anew. */
const deafAfterMs = 10_000

/**
 * Works on the rows of one queue. Redis is the fast way in and not the only one: `offer` takes a row
 * found in Postgres, for when the queue lost it or Redis is away (see `createStraggler`).
 *
 * What becomes of a row is written in Postgres by `handle`, never in BullMQ.
 */
export function createConsumer(options: ConsumerOptions) {
  const queue = queueName(options.contract, options.partition)
  const places = createPlaces(options.concurrency)
  let unheardSince: number | undefined

  async function work(rowId: string): Promise<void> {
    const log = options.log.child({ queue, rowId })
    await options.handle(rowId, log).catch((error: unknown) => log.error({ err: error }, 'job failed'))
  }
  const start = () =>
    startWorker(queue, options, async (rowId) => {
      unheardSince = undefined
      await places.whenFree(rowId, () => work(rowId))
    })
  let worker = start()

  return {
    queue,
    partition: options.partition,
    free: places.free,

    /**
     * Takes a row found in Postgres.
     *
     * A worker can go deaf after Redis was away, with every sign of health; `unheard` says that the queue
     * should have brought this row.
     *
     * @returns false when it is in hand already or all places are taken.
     */
    offer(rowId: string, unheard: boolean): boolean {
      const taken = places.ifFree(rowId, () => work(rowId))
      if (!taken || !unheard) return taken
      unheardSince ??= Date.now()
      if (Date.now() - unheardSince > deafAfterMs) {
        unheardSince = undefined
        options.log.warn({ queue }, 'worker is deaf; starting another')
        void worker.close(true).catch(() => undefined)
        worker = start()
      }
      return taken
    },

    /** Waits up to 10 s for rows in hand; what is left will be claimed by somebody else. */
    async close(): Promise<void> {
      await Promise.race([
        Promise.all([worker.close(), places.idle()]),
        new Promise((resolve) => setTimeout(resolve, 10_000).unref())
      ])
    }
  }
}

export type Consumer = ReturnType<typeof createConsumer>

function startWorker(queue: string, options: ConsumerOptions, take: (rowId: string) => Promise<void>) {
  const data = Compile(options.contract.data)
  const worker = new Worker<JobPointer>(
    queue,
    async (job) => {
      if (data.Check(job.data)) return await take((job.data as JobPointer).id)
      options.log.error({ queue }, 'job data does not match its contract')
    },
    {
      connection: options.redis,
      prefix: options.prefix,
      skipVersionCheck: true,
      concurrency: options.concurrency,
      lockDuration: 10_000,
      stalledInterval: 5_000,
      // Killed workers are normal; Postgres counts attempts, so BullMQ must not give up first.
      maxStalledCount: 1_000_000,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 }
    }
  )
  worker.on('error', (error) => options.log.debug({ err: error, queue }, 'worker error'))
  return worker
}

/** So many rows at once, each only once. */
function createPlaces(count: number) {
  const taken = new Set<string>()
  const waiting: (() => void)[] = []

  async function occupy(rowId: string, work: () => Promise<void>): Promise<void> {
    taken.add(rowId)
    await work().finally(() => {
      taken.delete(rowId)
      for (const wake of waiting.splice(0)) wake()
    })
  }
  return {
    free: () => count - taken.size,
    ifFree(rowId: string, work: () => Promise<void>): boolean {
      if (taken.has(rowId) || taken.size >= count) return false
      void occupy(rowId, work)
      return true
    },
    async whenFree(rowId: string, work: () => Promise<void>): Promise<void> {
      while (taken.size >= count) await new Promise<void>((resolve) => waiting.push(resolve))
      if (!taken.has(rowId)) await occupy(rowId, work)
    },
    async idle(): Promise<void> {
      while (taken.size > 0) await new Promise<void>((resolve) => waiting.push(resolve))
    }
  }
}
