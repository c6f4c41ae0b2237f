import type { Database } from '@chesil/record-store'
import { createListener, findFinishedPulls } from '@chesil/record-store'
import type { Logger } from '@chesil/service-kit'

/**
 * Waits for pulls to be over. Postgres says so; because such a call can be missed, it is also looked up from
 * time to time.
 */
export function createPullWatch({
  database,
  url,
  log
}: {
  readonly database: Database
  readonly url: string
  readonly log: Logger
}) {
  const waiting = new Map<string, Set<() => void>>()
  const listener = createListener({
    url,
    channels: ['chesil_pull'],
    onNotification: (_channel, pullId) => {
      for (const wake of waiting.get(pullId) ?? []) wake()
    },
    onLost: (error) => log.warn({ err: error }, 'postgres listener lost')
  })

  return {
    /** @param deadline ms since 1970 @returns whether all of them are over. */
    async until(pullIds: readonly string[], deadline: number, now: () => number): Promise<boolean> {
      const open = new Set(pullIds)
      while (open.size > 0) {
        for (const id of await findFinishedPulls(database, [...open])) open.delete(id)
        const left = deadline - now()
        if (open.size === 0 || left <= 0) break
        await anyOf(waiting, [...open], Math.min(left, 250))
      }
      return open.size === 0
    },
    close: () => listener.close()
  }
}

export type PullWatch = ReturnType<typeof createPullWatch>

/** Until one of the pulls is announced, or for `ms`. */
async function anyOf(
  waiting: Map<string, Set<() => void>>,
  pullIds: readonly string[],
  ms: number
): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(wake, ms)
    function wake(): void {
      clearTimeout(timer)
      for (const id of pullIds) {
        const others = waiting.get(id)
        others?.delete(wake)
        if (others?.size === 0) waiting.delete(id)
      }
      resolve()
    }
    for (const id of pullIds) waiting.set(id, (waiting.get(id) ?? new Set()).add(wake))
  })
}
