import { applyJob, type LocalIdentifier } from '@chesil/contracts'
import type { Sql } from './database.ts'
import { type DocumentToSave, saveDocuments } from './documents.ts'
import { meetLocalPersons } from './identity/local-persons.ts'
import { personIdOf } from './ids.ts'
import type { ClaimedMessage } from './inbox.ts'
import { settle } from './inbox.ts'
import { announce } from './outbox.ts'

/** What one message says about one person, ready to be applied. */
export interface PartToSettle {
  readonly contributionId: string
  /** Whom its sender's number names. */
  readonly local: LocalIdentifier
  /** gzip of a `MessagePart` as JSON, without its documents. */
  readonly body: Uint8Array
  readonly contentHash: string
}

/**
 * Keeps what a message that came unasked was mapped to, a contribution for each person it is about, and announces
 * them for applying. Persons who are met for the first time exist from here on. Runs in a transaction.
 *
 * @param mapped `sourceTime`: ISO instant, by the source's clock.
 */
export async function settleParts(
  sql: Sql,
  message: Pick<ClaimedMessage, 'id' | 'sourceId' | 'authority'>,
  mapped: {
    readonly sourceTime: string
    readonly sourceSequence: number
    readonly parts: readonly PartToSettle[]
    readonly documents: readonly DocumentToSave[]
  }
): Promise<void> {
  if (!(await settle(sql, message.id, 'mapped', undefined))) return
  await meetLocalPersons(
    sql,
    mapped.parts.map(({ local }) => local)
  )
  if (mapped.documents.length > 0) await saveDocuments(sql, message.sourceId, mapped.documents)
  for (const [at, { contributionId, local, body, contentHash }] of mapped.parts.entries()) {
    await sql.query(
      `insert into contribution (id, inbox_message_id, part, source_id, authority, patient_id, source_time,
                                 source_sequence, content_hash, body)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      [
        contributionId,
        message.id,
        at,
        message.sourceId,
        message.authority,
        personIdOf(local),
        mapped.sourceTime,
        mapped.sourceSequence,
        contentHash,
        body
      ]
    )
  }
  await announce(
    sql,
    mapped.parts.map(({ contributionId }) => ({ queue: applyJob.queue, rowId: contributionId, attempt: 0 }))
  )
}
