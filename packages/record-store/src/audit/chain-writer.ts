import { randomUUID } from 'node:crypto'
import type { Sql } from '../database.ts'
import { column, lines } from '../lines.ts'
import { type ChainHead, type ChainLink, chainStart, linkHash } from './chain.ts'
import { type CheckpointingOptions, createCheckpointing } from './checkpointing.ts'

export interface AuditEntry {
  /** FHIR AuditEvent as JSON. */
  readonly body: string
  /** The person it is about; absent for what concerns nobody, such as a refused token. */
  readonly patientId?: string
}

/** A statement that began so long ago has ended one way or the other: Postgres gives it up after a quarter of it. */
const surelyOverMs = 120_000

/**
 * Writes this process's chain, one batch after the other; never two at once.
 *
 * Of a batch that failed it is not known whether it was committed: the connection may have been lost after it.
 * So the next batch begins at the same row. The primary key lets only one of them in, and which one it was is
 * looked up before anything is written or signed after it.
 */
export function createChainWriter(options: CheckpointingOptions) {
  const { sql, now } = options
  const checkpoints = createCheckpointing(options)
  let chain = newChain()
  let grownAt = now()
  /** Where the chain stands if a batch that failed was committed after all. */
  let doubtful: { readonly end: ChainHead; readonly at: number }[] = []

  function grow(end: ChainHead): void {
    chain = end
    grownAt = now()
    // This batch is there, so none that failed at its place can come any more.
    doubtful = []
    checkpoints.after(chain)
  }

  /** Begins a new chain and signs the end of this one. */
  function end(): Promise<void> {
    const ended = chain
    chain = newChain()
    // While a commit may still arrive, nobody can say that the chain ends here.
    return checkpoints.end(ended, doubtful.length === 0)
  }

  return {
    end,

    /** @returns the revision of each person whom the entries are about. @throws when the commit is not confirmed. */
    async write(entries: readonly AuditEntry[]): Promise<ReadonlyMap<string, number>> {
      const at = now()
      const rows = linkRows(chain, entries, at)
      const { chainId, sequence, hash } = rows.at(-1) as ChainLink
      const attempt = { end: { chainId, sequence, hash }, at }
      doubtful.push(attempt)
      const revisions = await insertRows(sql, rows)
      grow(attempt.end)
      return revisions
    },

    isInDoubt: () => doubtful.length > 0,

    /** Finds out which of the batches that failed was committed after all. */
    async settle(): Promise<void> {
      const [last] = await sql.query<{ hash: string }>(
        'select hash from audit_event where chain_id = $1 and sequence > $2 order by sequence desc limit 1',
        [chain.chainId, chain.sequence]
      )
      const committed = doubtful.find((attempt) => attempt.end.hash === last?.hash)
      if (committed) grow(committed.end)
      else if (last) {
        // Somebody else's rows: what is signed here contradicts them.
        doubtful = []
        void end()
      } else doubtful = doubtful.filter(({ at }) => now() - at < surelyOverMs)
    },

    /** Signs what came since, and tries again what could not be kept. */
    sign: () => checkpoints.tick(chain),

    /** @returns whether a chain is open and has had no new row for so long. */
    isQuietFor: (ms: number): boolean => chain.sequence > 0 && now() - grownAt >= ms
  }
}

const newChain = (): ChainHead => ({ chainId: randomUUID(), sequence: 0, hash: chainStart })

function linkRows(
  chain: ChainHead,
  entries: readonly AuditEntry[],
  recordedAt: number
): readonly ChainLink[] {
  let { sequence, hash } = chain
  return entries.map(({ body, patientId }) => {
    sequence += 1
    const link = { chainId: chain.chainId, sequence, recordedAt, patientId, body }
    hash = linkHash(hash, link)
    return { ...link, hash }
  })
}

async function insertRows(sql: Sql, rows: readonly ChainLink[]): Promise<ReadonlyMap<string, number>> {
  const revisions = await sql.query<{ id: string; revision: number }>(
    `with written as (
       insert into audit_event (chain_id, sequence, recorded_at, patient_id, body, hash)
       select $1, ${column('$2', 'bigint')}, $3, ${column('$4', 'uuid')}, ${column('$5')}, ${column('$6')})
     select id, revision from patient where id in (select ${column('$4', 'uuid')})`,
    [
      rows[0]?.chainId,
      lines(rows.map(({ sequence }) => sequence)),
      new Date(rows[0]?.recordedAt ?? Number.NaN),
      lines(rows.map(({ patientId }) => patientId)),
      lines(rows.map(({ body }) => body)),
      lines(rows.map(({ hash }) => hash))
    ]
  )
  return new Map(revisions.map(({ id, revision }) => [id, revision]))
}
