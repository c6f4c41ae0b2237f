import {
  announceAgain,
  buryTheExhausted,
  type Database,
  dropOldEvents,
  type Ids,
  purgeDocuments,
  purgeExpired,
  purgeWithdrawnVisits
} from '@chesil/record-store'
import type { Logger } from '@chesil/service-kit'

export type SweepCount = 'announced' | 'buried' | 'purged' | 'withdrawn' | 'files'

/** A message whose file nobody knows may wait so long to be applied. */
const fileWaitsMs = 30 * 24 * 60 * 60_000

/**
 * Looks after what was accepted and is not done: announces it again, sets aside what kills its workers, and
 * purges what may no longer be kept. Several may run; each does no more than its part.
 */
export function createSweeper(options: {
  readonly database: Database
  readonly ids: Ids
  readonly log: Logger
  readonly onSwept: (what: SweepCount, count: number) => void
  readonly intervalMs: number
  /** A row that waits longer than this is announced again. */
  readonly overdueMs: number
}) {
  const { database } = options
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined
  let closed = false

  async function sweep(): Promise<void> {
    const sweeps = {
      buried: () => database.transaction((sql) => buryTheExhausted(sql, 100)),
      announced: () =>
        database.transaction((sql) => announceAgain(sql, { olderThanMs: options.overdueMs, limit: 1_000 })),
      purged: () => database.transaction((sql) => purgeExpired(sql, options.ids)),
      withdrawn: () => database.transaction((sql) => purgeWithdrawnVisits(sql, { limit: 20 }, options.ids)),
      files: () =>
        database.transaction((sql) =>
          purgeDocuments(sql, { unusedForMs: fileWaitsMs, limit: 100 }, options.ids)
        )
    } satisfies Record<SweepCount, () => Promise<number>>
    for (const [what, one] of Object.entries(sweeps)) {
      // What fails must not keep the others back: least of all the purge.
      const count = await one().catch((error: unknown) => {
        options.log.warn({ err: error, what }, 'sweeping failed')
        return 0
      })
      if (count > 0) options.log.info({ what, count }, 'swept')
      options.onSwept(what as SweepCount, count)
    }
    await dropOldEvents(database, 600_000)
  }

  function run(): void {
    running = sweep()
      .catch((error: unknown) => options.log.warn({ err: error }, 'sweeping failed'))
      .finally(() => {
        if (!closed) timer = setTimeout(run, options.intervalMs)
      })
  }
  run()

  return {
    async close(): Promise<void> {
      closed = true
      clearTimeout(timer)
      await running
    }
  }
}
