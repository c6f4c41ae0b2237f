import { randomUUID } from 'node:crypto'
import { OutcomeError } from '@chesil/fhir'
import type { Sql } from '../database.ts'
import { column, lines } from '../lines.ts'
import { type CheckpointSigner, chainStart, linkHash } from './chain.ts'
import type { CheckpointFolder } from './checkpoint-folder.ts'

export interface AuditEntry {
  /** FHIR AuditEvent as JSON. */
  readonly body: string
  /** The person it is about; absent for what concerns nobody, such as a refused token. */
  readonly patientId?: string
}

/** What the person's row said in the statement that committed the entry; absent for a person who is gone. */
export interface AuditReceipt {
  readonly revision: number | undefined
}

export interface AuditLogOptions {
  readonly sql: Sql
  readonly signer: CheckpointSigner
  readonly secondPlace: Pick<CheckpointFolder, 'append'>
  readonly now: () => number
  /** A checkpoint is signed after so many rows, and at the latest after `checkpointEveryMs`. Default 1,000. */
  readonly checkpointEveryRows?: number
  /** Default 60,000. */
  readonly checkpointEveryMs?: number
  readonly onError: (error: unknown) => void
}

/** So many rows go into one commit at most. */
const batchSize = 500

/**
 * The audit log of this process. Nothing is answered before its entry is committed: `commit` returns when it
 * is. Entries of requests that come together share a commit, and each brings back the revision of its person,
 * so that one round trip both audits an answer and tells that it is not out of date.
 */
export function createAuditLog(options: AuditLogOptions) {
  const waiting: Waiting[] = []
  const checkpoints = createCheckpointing(options)
  let chain = newChain()
  let isWriting = false
  let writing: Promise<void> = Promise.resolve()

  async function writeAll(): Promise<void> {
    isWriting = true
    while (waiting.length > 0) {
      const batch = waiting.splice(0, batchSize)
      try {
        chain = await writeBatch(options, chain, batch)
        checkpoints.after(chain)
      } catch (error) {
        options.onError(error)
        // Whether the rows were committed is not known: a new chain cannot contradict them.
        chain = newChain()
        const reason = new OutcomeError('unavailable', 'The access could not be audited, so nothing is shown')
        for (const { reject } of batch) reject(reason)
      }
    }
    // In the same breath as finding nothing: an entry that comes later starts the writing itself.
    isWriting = false
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
      await writing
      await checkpoints.close(chain)
    }
  }
}

export type AuditLog = ReturnType<typeof createAuditLog>

interface Waiting {
  readonly entry: AuditEntry
  readonly resolve: (receipt: AuditReceipt) => void
  readonly reject: (reason: Error) => void
}

interface Chain {
  readonly chainId: string
  readonly sequence: number
  readonly hash: string
}

const newChain = (): Chain => ({ chainId: randomUUID(), sequence: 0, hash: chainStart })

async function writeBatch(
  { sql, now }: AuditLogOptions,
  chain: Chain,
  batch: readonly Waiting[]
): Promise<Chain> {
  const { chainId } = chain
  let { sequence, hash } = chain
  const sequences: number[] = []
  const hashes: string[] = []
  for (const { entry } of batch) {
    sequence += 1
    hash = linkHash(hash, { chainId, sequence, body: entry.body })
    sequences.push(sequence)
    hashes.push(hash)
  }
  const revisions = await sql.query<{ id: string; revision: number }>(
    `with written as (
       insert into audit_event (chain_id, sequence, recorded_at, patient_id, body, hash)
       select $1, ${column('$2', 'bigint')}, $3, ${column('$4', 'uuid')}, ${column('$5')}, ${column('$6')})
     select id, revision from patient where id in (select ${column('$4', 'uuid')})`,
    [
      chainId,
      lines(sequences),
      new Date(now()),
      lines(batch.map(({ entry }) => entry.patientId)),
      lines(batch.map(({ entry }) => entry.body)),
      lines(hashes)
    ]
  )
  const byPerson = new Map(revisions.map(({ id, revision }) => [id, revision]))
  for (const { entry, resolve } of batch) {
    resolve({ revision: entry.patientId === undefined ? undefined : byPerson.get(entry.patientId) })
  }
  return { chainId, sequence, hash }
}

/** Signs where the chain stands: soon after its first row, then by rows and by time, and at its end. */
function createCheckpointing(options: AuditLogOptions) {
  const everyRows = options.checkpointEveryRows ?? 1_000
  const everyMs = options.checkpointEveryMs ?? 60_000
  let latest: Chain | undefined
  let signed: Chain | undefined
  let timer: NodeJS.Timeout | undefined
  let saving: Promise<void> = Promise.resolve()

  function save(chain: Chain, closing: boolean): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    if (chain.sequence === 0) return saving
    signed = chain
    const checkpoint = options.signer.sign({
      chainId: chain.chainId,
      sequence: chain.sequence,
      hash: chain.hash,
      signedAt: new Date(options.now()).toISOString(),
      closing
    })
    saving = saving
      .then(() => options.secondPlace.append(checkpoint))
      .then(() => insertCheckpoint(options.sql, checkpoint))
      .catch(options.onError)
    return saving
  }

  return {
    after(chain: Chain): void {
      latest = chain
      const isNew = signed?.chainId !== chain.chainId
      const unsigned = chain.sequence - (isNew ? 0 : (signed?.sequence ?? 0))
      if (isNew || unsigned >= everyRows) void save(chain, false)
      else timer ??= setTimeout(() => void save(latest ?? chain, false), everyMs).unref()
    },
    close: (chain: Chain) => save(chain, true)
  }
}

async function insertCheckpoint(sql: Sql, checkpoint: ReturnType<CheckpointSigner['sign']>): Promise<void> {
  await sql.query(
    `insert into audit_checkpoint (chain_id, sequence, hash, signed_at, closing, key_id, signature)
     values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing`,
    [
      checkpoint.chainId,
      checkpoint.sequence,
      checkpoint.hash,
      checkpoint.signedAt,
      checkpoint.closing,
      checkpoint.keyId,
      checkpoint.signature
    ]
  )
}
