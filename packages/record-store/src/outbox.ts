import type { Sql } from './database.ts'
import { column, lines } from './lines.ts'

/** A row that waits on a queue: the relay tells Redis about it. */
export interface OutboxEvent {
  readonly id: number
  readonly queue: string
  readonly partition: string | undefined
  readonly rowId: string
  readonly attempt: number
}

/** Announces rows to the relay; part of the transaction that wrote them. */
export async function announce(
  sql: Sql,
  events: readonly {
    readonly queue: string
    readonly partition?: string
    readonly rowId: string
    readonly attempt: number
  }[]
): Promise<void> {
  if (events.length === 0) return
  await sql.query(
    `with announced as (
       insert into outbox_event (queue, partition, row_id, attempt)
       select ${column('$1')}, ${column('$2')}, ${column('$3', 'uuid')}, ${column('$4', 'integer')} returning queue)
     select pg_notify('chesil_work', queue) from announced group by queue`,
    [
      lines(events.map(({ queue }) => queue)),
      lines(events.map(({ partition }) => partition)),
      lines(events.map(({ rowId }) => rowId)),
      lines(events.map(({ attempt }) => attempt))
    ]
  )
}

/**
 * Hands the oldest events to `deliver` and deletes them when it answers true. Several relays share the
 * work: a row that one has in hand is skipped by the others. Events are claimed by what is there, never by
 * counting ids: ids are given out before the commit, so that one may appear after a higher one.
 *
 * @returns how many were delivered.
 */
export async function relayOutbox(
  sql: Sql,
  limit: number,
  deliver: (events: readonly OutboxEvent[]) => Promise<boolean>
): Promise<number> {
  const events = await sql.query<OutboxEvent & { partition: string | null }>(
    `select id, queue, partition, row_id as "rowId", attempt from outbox_event
      order by id limit $1 for update skip locked`,
    [limit]
  )
  if (events.length === 0) return 0
  const delivered = await deliver(
    events.map((event) => ({ ...event, partition: event.partition ?? undefined }))
  )
  if (!delivered) return 0
  await sql.query('delete from outbox_event where id = any ($1::bigint[])', [events.map(({ id }) => id)])
  return events.length
}

/** Events that Redis did not take for so long are dropped: the sweeper announces their rows anew. */
export async function dropOldEvents(sql: Sql, olderThanMs: number): Promise<void> {
  await sql.query(`delete from outbox_event where created_at < now() - $1 * interval '1 millisecond'`, [
    olderThanMs
  ])
}
