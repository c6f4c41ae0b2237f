import type { Consumer } from './consumer.ts'
import type { Logger } from './log.ts'
import type { RedisConnection } from './redis.ts'

export interface Straggler {
  readonly rowId: string
  /** The consumer's partition, where its contract has one. */
  readonly partition?: string
}

export interface StragglerQuery {
  readonly minAgeMs: number
  readonly places: readonly { readonly partition: string | undefined; readonly free: number }[]
}

/**
 * Finds rows that no queue delivered and hands them to their consumer, so that work goes on without Redis
 * and nothing depends on it having kept what it was given.
 *
 * With Redis there a row has `graceMs` to arrive by its queue; without, it is taken at once: `wake` is
 * called when Postgres says that there is something new.
 */
export function createStraggler(options: {
  readonly consumers: readonly Consumer[]
  /** Oldest first, and for each partition no more than it has places: one source's backlog must not hide another's. */
  readonly find: (query: StragglerQuery) => Promise<readonly Straggler[]>
  readonly redis: RedisConnection
  readonly log: Logger
  readonly graceMs?: number
  readonly intervalMs?: number
}) {
  const byPartition = new Map(options.consumers.map((consumer) => [consumer.partition, consumer]))
  let timer: NodeJS.Timeout | undefined
  let looking: Promise<void> | undefined
  let lookAgain = false
  let closed = false

  async function look(): Promise<void> {
    const places = options.consumers
      .map((consumer) => ({ partition: consumer.partition, free: consumer.free() }))
      .filter(({ free }) => free > 0)
    if (places.length === 0) return
    const redisIsThere = options.redis.status === 'ready'
    const found = await options.find({ minAgeMs: redisIsThere ? (options.graceMs ?? 500) : 0, places })
    for (const { rowId, partition } of found) {
      byPartition.get(partition)?.offer(rowId, redisIsThere)
    }
  }

  function schedule(ms: number): void {
    clearTimeout(timer)
    if (!closed) timer = setTimeout(tick, ms)
  }

  function tick(): void {
    if (looking) {
      lookAgain = true
      return
    }
    lookAgain = false
    looking = look()
      .catch((error: unknown) => options.log.warn({ err: error }, 'looking for stragglers failed'))
      .finally(() => {
        looking = undefined
        schedule(lookAgain ? 0 : (options.intervalMs ?? 250))
      })
  }
  schedule(0)

  return {
    /** Something new is in Postgres. */
    wake(): void {
      if (options.redis.status !== 'ready') schedule(0)
    },
    async close(): Promise<void> {
      closed = true
      clearTimeout(timer)
      await looking
    }
  }
}
