import type { Database } from './database.ts'
import { type ClaimedMessage, claimMessage } from './inbox.ts'
import { failRow, maxAttempts } from './work-rows.ts'

/** `postponed`: another goes first, and this one is looked at again. Or, as a constant phrase, why it could not be mapped. */
type Settled = 'mapped' | 'refused' | 'postponed' | { readonly failed: string }

/** What is done with a message, and who hears of it. */
export interface MessageWork {
  readonly database: Database
  /** How long a worker may hold a message before another takes it. */
  readonly leaseMs: number
  /** Maps the message and settles it. */
  readonly settle: (message: ClaimedMessage) => Promise<Settled>
  readonly onOutcome: (sourceId: string, outcome: 'mapped' | 'refused' | 'retried' | 'dead') => void
  /** What `settle` threw: for the log. */
  readonly onError: (error: unknown, message: ClaimedMessage) => void
}

/** Works on one message of the inbox; for one that is done, or in other hands, there is nothing to do. */
export async function workOnMessage(messageId: string, work: MessageWork): Promise<void> {
  const { database, leaseMs, onOutcome } = work
  const message = await claimMessage(database, messageId, leaseMs)
  if (!message) return
  const settled: Settled =
    message.attemptsInVain > maxAttempts
      ? { failed: 'every attempt ended its worker' }
      : await settleOrFail(message, work)
  if (settled === 'postponed') return await postpone(database, message)
  if (typeof settled === 'string') return onOutcome(message.sourceId, settled)
  // A defect of ours, or a source that the catalogue lacks: a later release may have mended it.
  const failure = { reason: settled.failed, retryable: true }
  const outcome = await database.transaction((sql) => failRow(sql, 'inbox_message', message, failure))
  onOutcome(message.sourceId, outcome)
}

/** Before its turn it has not been tried. */
const postponedMs = 2_000

async function postpone(database: Database, { id, attempt }: ClaimedMessage): Promise<void> {
  await database.query(
    `update inbox_message set attempt = attempt - 1, lease_until = now() + $3 * interval '1 millisecond'
      where id = $1 and state = 'received' and attempt = $2`,
    [id, attempt, postponedMs]
  )
}

async function settleOrFail(message: ClaimedMessage, work: MessageWork): Promise<Settled> {
  try {
    return await work.settle(message)
  } catch (error) {
    work.onError(error, message)
    return { failed: 'unexpected error while mapping' }
  }
}
