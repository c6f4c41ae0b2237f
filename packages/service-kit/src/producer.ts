import { type JobContract, type JobPointer, jobId, queueName } from '@chesil/contracts'
import { Queue } from 'bullmq'
import type { Logger } from './log.ts'
import type { RedisConnection } from './redis.ts'

export interface QueuedRow {
  readonly contract: JobContract
  /** For a contract with a queue for each source. */
  readonly partition?: string
  readonly rowId: string
  readonly attempt: number
}

/**
 * Puts pointers to rows on queues. Only the relay does so, never a request: with Redis away a call waits
 * for ever, and no setting changes that, so each call is given up after `timeoutMs`. What was given up may
 * still arrive later; it does no harm, because a handler claims its row first.
 */
export function createProducer(options: {
  readonly redis: RedisConnection
  readonly prefix: string
  readonly log: Logger
  readonly timeoutMs?: number
}) {
  const queues = new Map<string, Queue>()
  const queue = (name: string): Queue => {
    const known = queues.get(name)
    if (known) return known
    const created = new Queue<JobPointer>(name, {
      connection: options.redis,
      prefix: options.prefix,
      skipVersionCheck: true,
      defaultJobOptions: { attempts: 1, removeOnComplete: true, removeOnFail: true }
    })
    created.on('error', (error) => options.log.debug({ err: error, queue: name }, 'queue error'))
    queues.set(name, created)
    return created
  }

  return {
    /** @returns false when Redis did not take them in time: they are still in Postgres, try again later. */
    async enqueue(rows: readonly QueuedRow[]): Promise<boolean> {
      if (options.redis.status !== 'ready') return false
      const byQueue = Map.groupBy(rows, (row) => queueName(row.contract, row.partition))
      const added = [...byQueue].map(([name, group]) =>
        queue(name).addBulk(
          group.map((row) => ({
            name: row.contract.queue,
            data: { id: row.rowId },
            opts: { jobId: jobId(row.rowId, row.attempt) }
          }))
        )
      )
      return await withinTime(Promise.all(added), options.timeoutMs ?? 1_500)
    },

    async close(): Promise<void> {
      await withinTime(Promise.all([...queues.values()].map((one) => one.close())), 2_000)
    }
  }
}

export type Producer = ReturnType<typeof createProducer>

async function withinTime(work: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms)
  })
  const done = work.then(
    () => true,
    () => false
  )
  return await Promise.race([done, late]).finally(() => clearTimeout(timer))
}
