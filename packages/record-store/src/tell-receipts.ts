import type { Sql } from './database.ts'
import { holdSubscriptions } from './delivery-order.ts'
import { column, lines } from './lines.ts'

/** An event whose partner wants to be told what became of it. */
export interface ReceiptToTell {
  /** Of the event, and so of its receipt. */
  readonly id: string
  readonly partnerId: string
}

/** Nothing may become of an event for days: it is looked at the more seldom the older it is. */
const lookedAtAgain = `least(greatest((now() - e.received_at) / 4, interval '1 second'), interval '5 minutes')`

/**
 * Those that are due to be looked at, the longest due first; each is due again later, should nothing have become of it
 * yet. Of several processes each is given others.
 */
export async function takeReceiptsToTell(sql: Sql, limit: number): Promise<readonly ReceiptToTell[]> {
  return await sql.query<ReceiptToTell>(
    `with due as (
       select webhook_event_id from receipt_to_tell where look_at <= now()
        order by look_at limit $1 for update skip locked)
     update receipt_to_tell r set look_at = now() + ${lookedAtAgain}
       from due join webhook_event e on e.id = due.webhook_event_id where r.webhook_event_id = due.webhook_event_id
     returning e.id, e.partner_id as "partnerId"`,
    [limit]
  )
}

/**
 * Nothing more will become of these events by itself: makes a delivery to each subscription of their partner that wants
 * it. Told once, whatever operators do later. Runs in a transaction.
 *
 * @param now ms since 1970
 */
export async function tellReceipts(
  sql: Sql,
  finals: readonly ReceiptToTell[],
  { newId, now }: { readonly newId: () => string; readonly now: number }
): Promise<void> {
  if (finals.length === 0) return
  const ids = lines(finals.map(({ id }) => id))
  const wanted = await sql.query<{ subscriptionId: string; eventId: string }>(
    `select s.id as "subscriptionId", e.id as "eventId" from webhook_event e join subscription s using (partner_id)
      where e.id in (select ${column('$1', 'uuid')}) and s.topic = 'receipt' and s.status <> 'off'
        and (s.ends_at is null or s.ends_at > $2) order by e.received_at, e.id`,
    [ids, new Date(now)]
  )
  const standing = await holdSubscriptions(sql, [
    ...new Set(wanted.map(({ subscriptionId }) => subscriptionId))
  ])
  const told = wanted.filter(({ subscriptionId }) => standing.has(subscriptionId))
  await sql.query(
    `insert into delivery (id, subscription_id, kind, webhook_event_id, next_attempt_at)
     select ${column('$1', 'uuid')}, ${column('$2', 'uuid')}, 'event', ${column('$3', 'uuid')}, $4
     on conflict (subscription_id, webhook_event_id) do nothing`,
    [
      lines(told.map(() => newId())),
      lines(told.map(({ subscriptionId }) => subscriptionId)),
      lines(told.map(({ eventId }) => eventId)),
      new Date(now)
    ]
  )
  await sql.query(`delete from receipt_to_tell where webhook_event_id in (select ${column('$1', 'uuid')})`, [
    ids
  ])
}
