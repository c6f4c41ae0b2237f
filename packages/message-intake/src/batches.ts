import type { MessageToTake, Taken } from '@chesil/record-store'
import { isAboutServer } from './database-away.ts'
import { Late, within } from './deadline.ts'
import { type Batchable, createTurns } from './turns.ts'

export interface SharedCommitsOptions<Message extends Batchable, Result> {
  /** Commits what it is given, or throws and has committed nothing that counts. */
  readonly take: (messages: readonly Message[]) => Promise<readonly Result[]>
  /** Whose turn a message takes. */
  readonly senderOf: (message: Message) => string
  readonly onError: (error: unknown) => void
  /** Of one commit. */
  readonly maxMessages?: number
  readonly maxBytes?: number
  /** Of all that waits, what one sender may have at most half of; more is turned away at once. */
  readonly maxWaitingBytes?: number
  /** Milliseconds until the next commit is tried, when the database could not be reached. */
  readonly pauseMs?: number
  /** Milliseconds that a message waits for its commit, and that one commit may take. */
  readonly deadlineMs?: number
}

interface Waiting<Message, Result> {
  readonly message: Message
  readonly sender: string
  readonly since: number
  readonly resolve: (result: Result) => void
  readonly reject: (reason: unknown) => void
}

/** Of commits that were given up and hold their connections until TCP or the server gives them up, too. */
const maxGivenUp = 3

/**
 * Messages that come while one commit is under way share the next: the disk is waited for once, not for each of
 * them. Senders take turns. A message that the database will not have fails alone. Nobody waits longer than the
 * deadline: a commit that is given up may still succeed, and what it keeps is found when its sender sends again.
 */
export function createSharedCommits<Message extends Batchable, Result>(
  options: SharedCommitsOptions<Message, Result>
) {
  type Item = Waiting<Message, Result>
  const {
    take,
    senderOf,
    onError,
    pauseMs = 200,
    deadlineMs = 10_000,
    maxWaitingBytes = 64 * 2 ** 20
  } = options
  const turns = createTurns<Item>(options)
  const underWay = new Set<Item>()
  const patience = createPatience(deadlineMs)
  let isCommitting = false

  async function commitAll(): Promise<void> {
    isCommitting = true
    try {
      while (turns.count() > 0) await (patience.isLeft() ? commit(turns.nextBatch()) : pause(pauseMs))
    } finally {
      isCommitting = false
    }
  }

  async function commit(batch: readonly Item[]): Promise<void> {
    for (const one of batch) underWay.add(one)
    const answer = await patience.wait(async () => take(batch.map(({ message }) => message)))
    for (const one of batch) underWay.delete(one)
    if ('error' in answer) return await recover(batch, answer.error)
    for (const [at, { resolve }] of batch.entries()) resolve(answer.taken[at] as Result)
  }

  /** Halves until what is at fault stands alone: of 500, that is some ten commits and not 500. */
  async function recover(batch: readonly Item[], error: unknown): Promise<void> {
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
    async take(message: Message): Promise<Result> {
      const sender = senderOf(message)
      if (!turns.hasRoom(sender, message, maxWaitingBytes)) throw new Error('Too much waits already')
      return await new Promise<Result>((resolve, reject) => {
        turns.add({ message, sender, since: Date.now(), resolve, reject })
        if (!isCommitting) void commitAll()
      })
    },
    waiting,
    /** Whether the last commit was given up, or one is about to be. */
    isStuck: () => patience.wasLate() || waiting().oldestMs > deadlineMs / 2
  }
}

/** Waits for commits, each for so long, and gives up only so many of them at a time. */
function createPatience(deadlineMs: number) {
  let givenUp = 0
  let wasLate = false
  return {
    isLeft: () => givenUp < maxGivenUp,
    wasLate: () => wasLate,
    async wait<Taken>(commit: () => Promise<Taken>) {
      const work = commit()
      const result = await within(deadlineMs, work)
      wasLate = 'error' in result && result.error instanceof Late
      if (wasLate) givenUp++
      if (wasLate) void work.catch(() => undefined).then(() => givenUp--)
      return result
    }
  }
}

export type BatchesOptions = Omit<SharedCommitsOptions<MessageToTake, Taken>, 'senderOf'>

/** Messages for the inbox share commits; their sources take turns. */
export const createBatches = (options: BatchesOptions) =>
  createSharedCommits({ ...options, senderOf: ({ sourceId }) => sourceId })

/** @param since When the oldest came; infinity when there is none. */
const ageOf = (since: number): number => (Number.isFinite(since) ? Date.now() - since : 0)

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
