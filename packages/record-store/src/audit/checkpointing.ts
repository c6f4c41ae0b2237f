import type { Sql } from '../database.ts'
import type { ChainHead, Checkpoint, CheckpointSigner } from './chain.ts'
import type { CheckpointFolder } from './checkpoint-folder.ts'

export interface CheckpointingOptions {
  readonly sql: Sql
  readonly signer: CheckpointSigner
  readonly secondPlace: Pick<CheckpointFolder, 'append'>
  readonly now: () => number
  readonly onError: (error: unknown) => void
  /** A checkpoint is signed after so many rows. Default 1,000. */
  readonly checkpointEveryRows?: number
}

/** Signs where a chain stands and keeps that in both places, neither of which waits for the other. */
export function createCheckpointing(options: CheckpointingOptions) {
  const everyRows = options.checkpointEveryRows ?? 1_000
  const places = [
    createPlace((checkpoint) => options.secondPlace.append(checkpoint), options.onError),
    createPlace((checkpoint) => insertCheckpoint(options.sql, checkpoint), options.onError)
  ]
  let signed: ChainHead | undefined

  const unsignedRows = (chain: ChainHead): number =>
    chain.sequence - (signed?.chainId === chain.chainId ? signed.sequence : 0)

  function sign(chain: ChainHead, closing: boolean): void {
    if (chain.sequence === 0) return
    signed = chain
    const signedAt = new Date(options.now()).toISOString()
    const checkpoint = options.signer.sign({ ...chain, signedAt, closing })
    for (const place of places) place.add(checkpoint)
  }

  return {
    /** The chain has grown: signs soon after its first row, and then by rows. */
    after(chain: ChainHead): void {
      if (signed?.chainId !== chain.chainId || unsignedRows(chain) >= everyRows) sign(chain, false)
    },

    /** Some time has gone by: signs what came since, and tries again what could not be saved. */
    tick(chain: ChainHead): void {
      if (unsignedRows(chain) > 0) sign(chain, false)
      for (const place of places) void place.saveAll()
    },

    /** Signs where the chain stands now; with `closing`, that it ends there. */
    async end(chain: ChainHead, closing: boolean): Promise<void> {
      if (closing || unsignedRows(chain) > 0) sign(chain, closing)
      await Promise.all(places.map((place) => place.saveAll()))
    }
  }
}

/** Saves one checkpoint after the other, in the order in which they were signed. */
function createPlace(save: (checkpoint: Checkpoint) => Promise<void>, onError: (error: unknown) => void) {
  const unsaved = new Set<Checkpoint>()
  let hasFailed = false
  let saving: Promise<void> = Promise.resolve()

  async function saveUnsaved(): Promise<void> {
    try {
      for (const checkpoint of unsaved) {
        await save(checkpoint)
        unsaved.delete(checkpoint)
      }
      hasFailed = false
    } catch (error) {
      hasFailed = true
      onError(error)
    }
  }

  function saveAll(): Promise<void> {
    saving = saving.then(saveUnsaved)
    return saving
  }

  return {
    saveAll,
    /** Saved soon, unless the last one could not be: then at the next `saveAll`. */
    add(checkpoint: Checkpoint): void {
      unsaved.add(checkpoint)
      if (!hasFailed) void saveAll()
    }
  }
}

async function insertCheckpoint(sql: Sql, checkpoint: Checkpoint): Promise<void> {
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
