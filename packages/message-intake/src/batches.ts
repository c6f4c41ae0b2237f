import type { MessageToTake, Taken } from '@chesil/record-store'
import { isAboutServer } from './database-away.ts'
import { Late, within } from './deadline.ts'
import { createTurns } from './turns.ts'

export interface BatchesOptions {
  /** Commits what it is given, or throws and has committed nothing that counts. */
  readonly take: (messages: readonly MessageToTake[]) => Promise<readonly Taken[]>
  readonly onError: (error: unknown) => void
  /** Of one commit. */
  readonly maxMessages?: number
  readonly maxBytes?: number
  /** Of all that waits, what one source may have at most half of; more is turned away at once. */
  readonly maxWaitingBytes?: number
  /** Milliseconds until the next commit is tried, when the database could not be reached. */
  readonly pauseMs?: number
  /** Milliseconds that a message waits for its commit, and that one commit may take. */
  readonly deadlineMs?: number
}

interface Waiting {
  readonly message: MessageToTake
  readonly since: number
  readonly resolve: (taken: Taken) => void
  readonly reject: (reason: unknown) => void
}

/** Of commits that were given up and hold their connections until TCP or the server gives them up, too. */
const maxGivenUp = 3

/**
 * Messages that come while one commit is under way share the next: the disk is waited for once, not for each of
 * them. Sources take turns. A message that the database will not have fails alone. Nobody waits longer than the
 * deadline: a commit that is given up may still succeed, and what it keeps is found when its sender sends again.
 */
export function createBatches(options: BatchesOptions) {
  const { take, onError, pauseMs = 200, deadlineMs = 10_000, maxWaitingBytes = 64 * 2 ** 20 } = options
  const turns = createTurns<Waiting>(options)
  const underWay = new Set<Waiting>()
  let givenUp = 0
  let isCommitting = false
  let wasLate = false

  async function commitAll(): Promise<void> {
    isCommitting = true
    try {
      while (turns.count() > 0) await (givenUp < maxGivenUp ? commit(turns.nextBatch()) : pause(pauseMs))
    } finally {
      isCommitting = false
    }
  }

  async function commit(batch: readonly Waiting[]): Promise<void> {
    for (const one of batch) underWay.add(one)
    const answer = await attempt(batch)
    for (const one of batch) underWay.delete(one)
    if ('error' in answer) return await recover(batch, answer.error)
    for (const [at, { resolve }] of batch.entries()) resolve(answer.taken[at] as Taken)
  }

  async function attempt(batch: readonly Waiting[]) {
    const work = (async () => take(batch.map(({ message }) => message)))()
    const result = await within(deadlineMs, work)
    wasLate = 'error' in result && result.error instanceof Late
    if (wasLate) givenUp++
    if (wasLate) void work.catch(() => undefined).then(() => givenUp--)
    return result
  }

  /** Halves until what is at fault stands alone: of 500, that is some ten commits and not 500. */
  async function recover(batch: readonly Waiting[], error: unknown): Promise<void> {
    const isAway = error instanceof Late || isAboutServer(error)
    if (batch.length > 1 && !isAway) {
      const half = batch.length >> 1
      await commit(batch.slice(0, half))
      await commit(batch.slice(half))
      return
    }
    onError(error)
    for (const { reject } of batch) reject(error)
    // Senders send again at once: they and the log must not turn as fast as they can.
    if (isAway) await pause(pauseMs)
  }

  function dropLate(): void {
    for (const { reject } of turns.removeOlder(Date.now() - deadlineMs)) reject(new Late())
  }
  setInterval(dropLate, Math.min(1_000, deadlineMs / 4)).unref()

  /** Messages that no commit has settled yet, and for how many ms the oldest of them has waited. */
  function waiting() {
    const oldest = Math.min(turns.oldest(), ...[...underWay].map(({ since }) => since))
    return { count: turns.count() + underWay.size, oldestMs: ageOf(oldest) }
  }

  return {
    /** Resolves when the message is committed. @throws what the database threw: it may be sent again. */
    async take(message: MessageToTake): Promise<Taken> {
      if (!turns.hasRoom(message, maxWaitingBytes)) throw new Error('Too much waits already')
      return await new Promise<Taken>((resolve, reject) => {
        turns.add({ message, since: Date.now(), resolve, reject })
        if (!isCommitting) void commitAll()
      })
    },
    waiting,
    /** Whether the last commit was given up, or one is about to be. */
    isStuck: () => wasLate || waiting().oldestMs > deadlineMs / 2
  }
}

/** @param since When the oldest came; infinity when there is none. */
const ageOf = (since: number): number => (Number.isFinite(since) ? Date.now() - since : 0)

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
