import { openStack, type StackServers } from '../support/open-stack.ts'
import { spawnService } from '../support/services.ts'
import { median } from './load.ts'
import { peakMegabytes } from './peak-memory.ts'
import { pull, trace } from './pull-to-readable.ts'

export interface ReplicaBench {
  /** So many different people are read, one after another, by sixteen readers. */
  readonly people: number
  /** Entries of each record. */
  readonly entries: number
  /** Starts that are timed. */
  readonly starts: number
}

export interface ReplicaResult {
  readonly people: number
  /** ms from the start of the process until it listens; the median. */
  readonly startMs: number
  readonly perSecond: number
  /** MB, most ever, once everybody was read. */
  readonly peakMegabytes: number
}

/** One more replica of record-api: how soon it is there, and what it takes to serve many different people. */
export async function benchReplica(
  servers: StackServers,
  { people, entries, starts }: ReplicaBench
): Promise<ReplicaResult> {
  const stack = await openStack(servers, {
    env: {
      sandbox: { SANDBOX_PEOPLE: String(people), SANDBOX_PRACTICES: '12', RECORD_SIZES: String(entries) }
    },
    catalogue: (catalogue) => ({
      ...catalogue,
      sources: catalogue.sources.map((source) => ({ ...source, timeoutMs: 60_000, concurrency: 2 }))
    })
  })
  try {
    const met = await trace(stack, people)
    await pull(stack, met)
    const start = () => spawnService('record-api', stack.settings['record-api'])
    const startMs: number[] = []
    for (let count = 0; count < starts; count++) {
      const startedAt = performance.now()
      const one = await start()
      startMs.push(performance.now() - startedAt)
      await one.stop()
    }
    const replica = await start()
    const startedAt = performance.now()
    const waiting = met.values()
    const read = async () => {
      for (const { id } of waiting) {
        const { status } = await stack.ask(`${replica.url}/fhir/R4/Patient/${id}/$everything`)
        if (status !== 200) throw new Error(`${status} for $everything`)
      }
    }
    await Promise.all(Array.from({ length: 16 }, read))
    const seconds = (performance.now() - startedAt) / 1000
    const peak = peakMegabytes(replica.pid)
    await replica.stop()
    return {
      people: met.length,
      startMs: median(startMs),
      perSecond: met.length / seconds,
      peakMegabytes: peak
    }
  } finally {
    await stack.stop()
  }
}
