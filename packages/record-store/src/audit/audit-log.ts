import { OutcomeError } from '@chesil/fhir'
import { type AuditEntry, createChainWriter } from './chain-writer.ts'
import type { CheckpointingOptions } from './checkpointing.ts'

/** What the person's row said in the statement that committed the entry; absent for a person who is gone. */
export interface AuditReceipt {
  readonly revision: number | undefined
}

export interface AuditLogOptions extends CheckpointingOptions {
  /** At the latest so long after a row a checkpoint is signed. Default 60,000. */
  readonly checkpointEveryMs?: number
  /**
   * A chain without a new row for so long is closed, and the next row begins another: so a chain that is old
   * and not closed is one whose process was killed. Default 300,000; verification counts on less than ten minutes.
   */
  readonly endChainAfterMs?: number
}

/** So many rows go into one commit at most. */
const batchSize = 500

/**
 * The audit log of this process. Nothing is answered before its entry is committed: `commit` returns when it
 * is. Entries of requests that come together share a commit, and each brings back the revision of its person,
 * so that one round trip both audits an answer and tells that it is not out of date.
 */
export function createAuditLog(options: AuditLogOptions) {
  const { onError, checkpointEveryMs = 60_000, endChainAfterMs = 300_000 } = options
  const waiting: Waiting[] = []
  const chain = createChainWriter(options)
  let isWriting = false
  let writing: Promise<void> = Promise.resolve()
  const timer = setInterval(tick, checkpointEveryMs).unref()

  async function writeAll(): Promise<void> {
    isWriting = true
    do {
      const batch = waiting.splice(0, batchSize)
      await write(batch).catch((error: unknown) => {
        onError(error)
        const reason = new OutcomeError('unavailable', 'The access could not be audited, so nothing is shown')
        for (const { reject } of batch) reject(reason)
      })
    } while (waiting.length > 0)
    // In the same breath as finding nothing: an entry that comes later starts the writing itself.
    isWriting = false
  }

  async function write(batch: readonly Waiting[]): Promise<void> {
    if (chain.isInDoubt()) await chain.settle()
    if (batch.length === 0) return
    const revisions = await chain.write(batch.map(({ entry }) => entry))
    for (const { entry, resolve } of batch) {
      resolve({ revision: entry.patientId === undefined ? undefined : revisions.get(entry.patientId) })
    }
  }

  function tick(): void {
    if (!isWriting) {
      if (chain.isInDoubt()) writing = writeAll()
      else if (chain.isQuietFor(endChainAfterMs)) void chain.end()
    }
    chain.sign()
  }

  return {
    /** @throws OutcomeError `unavailable` when the entry could not be committed. */
    async commit(entry: AuditEntry): Promise<AuditReceipt> {
      const receipt = new Promise<AuditReceipt>((resolve, reject) => {
        waiting.push({ entry, resolve, reject })
      })
      if (!isWriting) writing = writeAll()
      return await receipt
    },

    /** Commits what waits and signs the end of the chain. */
    async close(): Promise<void> {
      clearInterval(timer)
      await writing
      if (chain.isInDoubt()) await writeAll()
      await chain.end()
    }
  }
}

export type AuditLog = ReturnType<typeof createAuditLog>

interface Waiting {
  readonly entry: AuditEntry
  readonly resolve: (receipt: AuditReceipt) => void
  readonly reject: (reason: Error) => void
}
