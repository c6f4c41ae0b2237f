import { applyJob } from '@chesil/contracts'
import type { Sql } from './database.ts'
import { announce } from './outbox.ts'
import { raiseRevision } from './view-writing.ts'
import { mapQueueSql, type Relation } from './work-rows.ts'

/** A message, or what was mapped of one for a person, as operators may see it. */
export interface MessageInWork {
  readonly relation: Relation
  readonly id: string
  readonly sourceId: string
  /** e.g. `ADT^A01`; null where the interface has no events. */
  readonly event: string | null
  /** MSH-10 or its like, by which its sender knows it. */
  readonly controlId: string | null
  readonly reason: string | null
  readonly attempt: number
  /** ms since 1970 */
  readonly receivedAt: number
  /** Bytes are there to try again. */
  readonly isKept: boolean
}

/** SQL: the bytes of a message are there; those of a file lie beside it, in `submission_chunk`. */
const isKept = `(body is not null or interface = 'social-care-cld')`

export type MessageState = 'waiting' | 'dead' | 'refused'

/** What `state` is called in `inbox_message` and `contribution`. */
const states: Readonly<Record<MessageState, readonly [string, string]>> = {
  waiting: ['received', 'ready'],
  dead: ['dead', 'dead'],
  refused: ['refused', 'refused']
}

/** The oldest first. @param query.sourceId Absent: of all sources. */
export async function listMessages(
  sql: Sql,
  query: { readonly state: MessageState; readonly sourceId?: string; readonly limit: number }
): Promise<readonly MessageInWork[]> {
  const [ofMessage, ofContribution] = states[query.state]
  return await sql.query<MessageInWork>(
    `select 'inbox_message' as relation, id, source_id as "sourceId", event, control_id as "controlId", reason,
            attempt, received_at as "receivedAt", ${isKept} as "isKept"
       from inbox_message where state = $1 and companion_of is null and ($3::text is null or source_id = $3)
     union all
     select 'contribution', c.id, c.source_id, m.event, m.control_id, c.reason, c.attempt, m.received_at,
            c.body is not null
       from contribution c join inbox_message m on m.id = c.inbox_message_id
      where c.state = $2 and ($3::text is null or c.source_id = $3)
      order by "receivedAt", id limit $4`,
    [ofMessage, ofContribution, query.sourceId ?? null, query.limit]
  )
}

/**
 * Tries dead messages that came unasked again, as if they had come just now. An answer of a pull is not: its source is
 * asked anew at the next read. Runs in a transaction.
 *
 * @param which Absent: any source; any row.
 * @returns how many.
 */
export async function retryMessages(
  sql: Sql,
  which: { readonly sourceId?: string; readonly id?: string; readonly limit: number }
): Promise<number> {
  const values = [which.sourceId ?? null, which.id ?? null, which.limit]
  const chosen = `state = 'dead' and pull_id is null and ($1::text is null or source_id = $1)
                  and ($2::uuid is null or id = $2)`
  const again = `attempt = 0, reason = null, settled_at = null, lease_until = null`
  const messages = await sql.query<{ id: string; queue: string }>(
    `update inbox_message set state = 'received', progress_attempt = 0, ${again}
      where id in (select id from inbox_message where ${chosen} and companion_of is null
                      and (${isKept} or interface = 'hl7v2-denied')
                    order by received_at limit $3 for update skip locked)
      returning id, ${mapQueueSql} as queue`,
    values
  )
  const contributions = await sql.query<{ id: string; messageId: string }>(
    `update contribution set state = 'ready', ${again}
      where id in (select id from contribution where ${chosen} and body is not null
                    order by created_at limit $3 for update skip locked)
      returning id, inbox_message_id as "messageId"`,
    values
  )
  await closeNotices(
    sql,
    contributions.map(({ messageId }) => messageId)
  )
  await announce(sql, [
    ...messages.map(({ id, queue }) => ({ queue, rowId: id, attempt: 0 })),
    ...contributions.map(({ id }) => ({ queue: applyJob.queue, rowId: id, attempt: 0 }))
  ])
  return messages.length + contributions.length
}

/** What readers were told when they died: if they die again, it is told again. */
async function closeNotices(sql: Sql, messageIds: readonly string[]): Promise<void> {
  if (messageIds.length === 0) return
  const closed = await sql.query<{ patientId: string }>(
    `update quarantine set closed_at = now()
      where inbox_message_id = any ($1::uuid[]) and reason = 'unprocessed-message' and closed_at is null
      returning patient_id as "patientId"`,
    [messageIds]
  )
  await raiseRevision(
    sql,
    closed.map(({ patientId }) => patientId)
  )
}
