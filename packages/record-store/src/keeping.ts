import type { Database } from './database.ts'
import type { Ids } from './ids.ts'
import { stopKeeping } from './purge.ts'

/**
 * Gives up, beside other work, what was kept of sources that the catalogue now has as `retention: session`.
 * Readers are not shown it any more from the moment the catalogue says so.
 *
 * @param options.onPurged How many persons' records changed; not called where nothing was kept.
 */
export function createKeepingRule(options: {
  readonly database: Database
  readonly sourceIds: readonly string[]
  readonly ids: Ids
  readonly onPurged: (persons: number) => void
  readonly onError: (error: unknown) => void
}) {
  const { database, sourceIds, ids, onPurged, onError } = options
  let closed = false

  async function enforce(): Promise<void> {
    let given = 0
    for (let persons = 1; persons > 0 && !closed; given += persons) {
      persons = await database.transaction((sql) => stopKeeping(sql, sourceIds, ids))
    }
    if (given > 0) onPurged(given)
  }

  const running = enforce().catch(onError)
  return {
    async close(): Promise<void> {
      closed = true
      await running
    }
  }
}
