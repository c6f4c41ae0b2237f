import closeWithGrace from 'close-with-grace'
import type { Logger } from './log.ts'

export interface Closeable {
  close(): Promise<unknown>
}

/**
 * Closes `resources` in order on SIGTERM, SIGINT or a crash: stop taking work first, drop connections
 * last. After 20 s the process ends as it is: what was not finished is still in Postgres.
 */
export function closeOnExit(log: Logger, resources: readonly Closeable[]): void {
  closeWithGrace({ delay: 20_000, logger: null }, async ({ err, signal }) => {
    if (err) log.fatal({ err }, 'crashed')
    else log.info({ signal }, 'shutting down')
    for (const resource of resources) {
      await resource.close().catch((error: unknown) => log.error({ err: error }, 'closing failed'))
    }
  })
}

/** Stops this process in order, as a signal would: what it depends on turned out not to be fit. */
export const stopProcess =
  (log: Logger) =>
  (reason: string): void => {
    log.fatal({ reason }, 'stopping')
    process.kill(process.pid, 'SIGTERM')
  }
