import type { SourceCatalogue } from '@chesil/contracts'
import { type Database, type Ids, stopKeeping } from '@chesil/record-store'
import type { Logger } from '@chesil/service-kit'

/**
 * Gives up, beside other work, what was kept of practices that the catalogue now has as `retention: session`.
 * Readers are not shown it any more from the moment the catalogue says so.
 */
export function createKeepingRule(options: {
  readonly database: Database
  readonly catalogue: SourceCatalogue
  readonly ids: Ids
  readonly log: Logger
}) {
  const { database, ids, log } = options
  const sourceIds = options.catalogue.sources
    .filter(({ kind, retention }) => kind === 'gp-connect' && retention === 'session')
    .map(({ id }) => id)
  let closed = false

  async function enforce(): Promise<void> {
    let given = 0
    for (let persons = 1; persons > 0 && !closed; given += persons) {
      persons = await database.transaction((sql) => stopKeeping(sql, sourceIds, ids))
    }
    if (given > 0) log.warn({ persons: given }, 'what may no longer be kept was purged')
  }

  const running = enforce().catch((error: unknown) => log.error({ err: error }, 'purging failed'))
  return {
    async close(): Promise<void> {
      closed = true
      await running
    }
  }
}
