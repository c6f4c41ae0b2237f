import { jobContracts } from '@chesil/contracts'
import { type Database, type OutboxEvent, relayOutbox } from '@chesil/record-store'
import type { Logger } from '@chesil/service-kit'
import type { Producer, QueuedRow } from '@chesil/service-kit/queues'

const contracts = new Map(jobContracts.map((contract) => [contract.queue, contract]))

/**
 * Tells Redis about rows that wait: the only way a job is made. It is woken by Postgres and looks for itself
 * every second; with Redis away the events wait, and the adapters take the rows from Postgres.
 */
export function createRelay(options: {
  readonly database: Database
  readonly producer: Producer
  readonly log: Logger
  readonly onRelayed: (count: number) => void
  readonly intervalMs?: number
  /** From being woken to looking: what is announced meanwhile travels together. Default 5. */
  readonly pauseMs?: number
  readonly batchSize?: number
}) {
  const { batchSize = 500, intervalMs = 1_000, pauseMs = 5 } = options
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined
  let isWoken = false
  let closed = false

  const deliver = (events: readonly OutboxEvent[]) => options.producer.enqueue(events.flatMap(toQueuedRow))

  async function relayAll(): Promise<void> {
    for (let relayed = batchSize; relayed === batchSize && !closed; ) {
      relayed = await options.database.transaction((sql) => relayOutbox(sql, batchSize, deliver))
      if (relayed > 0) options.onRelayed(relayed)
    }
  }

  function schedule(): void {
    clearTimeout(timer)
    if (!closed) timer = setTimeout(run, isWoken ? pauseMs : intervalMs)
  }

  function run(): void {
    isWoken = false
    running = relayAll()
      .catch((error: unknown) => options.log.warn({ err: error }, 'relaying failed'))
      .finally(() => {
        running = undefined
        schedule()
      })
  }
  run()

  return {
    /** Postgres says that something waits. */
    wake(): void {
      if (isWoken) return
      isWoken = true
      if (!running) schedule()
    },
    async close(): Promise<void> {
      closed = true
      clearTimeout(timer)
      await running
    }
  }
}

/** An event of a queue that this release does not know is passed over and deleted: its row is swept up later. */
function toQueuedRow({ queue, partition, rowId, attempt }: OutboxEvent): QueuedRow[] {
  const contract = contracts.get(queue)
  return contract ? [{ contract, rowId, attempt, ...(partition !== undefined && { partition }) }] : []
}
