import { setTimeout as sleep } from 'node:timers/promises'
import type { MessageToTake, Taken } from '@chesil/record-store'

export interface BatchesOptions {
  /** Commits what it is given, or throws and has committed nothing that counts. */
  readonly take: (messages: readonly MessageToTake[]) => Promise<readonly Taken[]>
  readonly onError: (error: unknown) => void
  readonly maxMessages?: number
  readonly maxBytes?: number
  /** Milliseconds until the next commit is tried, when the database could not be reached. */
  readonly pauseMs?: number
}

interface Waiting {
  readonly message: MessageToTake
  readonly resolve: (taken: Taken) => void
  readonly reject: (reason: unknown) => void
}

/**
 * Messages that come while one commit is under way share the next: the disk is waited for once, not for each of
 * them. A message that the database will not have fails alone.
 */
export function createBatches({
  take,
  onError,
  maxMessages = 500,
  maxBytes = 16 * 2 ** 20,
  pauseMs = 200
}: BatchesOptions) {
  const waiting: Waiting[] = []
  let isCommitting = false

  function nextBatch(): readonly Waiting[] {
    let bytes = 0
    const end = waiting.findIndex(({ message }, at) => {
      bytes += message.body?.length ?? 0
      return at > 0 && (at >= maxMessages || bytes > maxBytes)
    })
    return waiting.splice(0, end < 0 ? waiting.length : end)
  }

  async function commitAll(): Promise<void> {
    isCommitting = true
    while (waiting.length > 0) await commit(nextBatch())
    isCommitting = false
  }

  async function commit(batch: readonly Waiting[]): Promise<void> {
    const taken = await take(batch.map(({ message }) => message)).catch((error: unknown) => ({ error }))
    if ('error' in taken) return await recover(batch, taken.error)
    for (const [at, { resolve }] of batch.entries()) resolve(taken[at] as Taken)
  }

  async function recover(batch: readonly Waiting[], error: unknown): Promise<void> {
    if (batch.length > 1 && isAboutData(error)) {
      for (const one of batch) await commit([one])
      return
    }
    fail(batch, error)
    // Senders send again at once: they and the log must not turn as fast as they can.
    if (!isAboutData(error)) await sleep(pauseMs)
  }

  function fail(batch: readonly Waiting[], error: unknown): void {
    onError(error)
    for (const { reject } of batch) reject(error)
  }

  return {
    /** Resolves when the message is committed. @throws what the database threw: it may be sent again. */
    take(message: MessageToTake): Promise<Taken> {
      const taken = new Promise<Taken>((resolve, reject) => waiting.push({ message, resolve, reject }))
      if (!isCommitting) void commitAll()
      return taken
    }
  }
}

/** Classes 22 and 23 of SQLSTATE: a value, not the server, is at fault. */
const isAboutData = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && /^2[23]/.test(String(error.code))
