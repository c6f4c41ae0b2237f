import type { Sql } from './database.ts'
import { holdSubscriptions, releaseNext } from './delivery-order.ts'

export interface Redelivery {
  readonly subscriptionId: string
  /** One; or else those with these numbers, both in it; or else those made since (ms since 1970). */
  readonly id?: string
  readonly numbers?: readonly [from: number, to: number]
  readonly since?: number
  /** At most so many, the earliest. */
  readonly limit: number
  /** ms since 1970 */
  readonly now: number
}

export interface Redelivered {
  readonly count: number
  readonly numbered: number
}

/**
 * Puts events back that were delivered or set aside, before whatever waits of the same person and is not in hand. They
 * are taken in hand at a limited rate (`claimDeliveries`). Runs in a transaction.
 *
 * @returns how many, and how many of them have a number, which partners know of; of a subscription that is off none.
 */
export async function redeliver(
  sql: Sql,
  { subscriptionId, id, numbers, since, limit, now }: Redelivery
): Promise<Redelivered> {
  const standing = await holdSubscriptions(sql, [subscriptionId])
  if (!standing.has(subscriptionId)) return { count: 0, numbered: 0 }
  const again = await sql.query<{ subjectId: string | null; number: number | null }>(
    `with chosen as (
       select id from delivery
        where subscription_id = $1 and kind = 'event' and state in ('dead', 'delivered')
          and ($2::uuid is null or id = $2)
          and ($3::bigint is null or number between $3 and $4)
          and ($5::timestamptz is null or created_at >= $5)
        order by position limit $6)
     update delivery d set state = case when d.subject_id is null then 'waiting' else 'queued' end, is_redelivery = true, attempt = 0, settled_at = null, lease_until = null,
            next_attempt_at = $7
       from chosen where d.id = chosen.id returning d.subject_id as "subjectId", d.number`,
    [
      subscriptionId,
      id ?? null,
      numbers?.[0] ?? null,
      numbers?.[1] ?? null,
      since === undefined ? null : new Date(since),
      limit,
      new Date(now)
    ]
  )
  const redelivered = { count: again.length, numbered: again.filter(({ number }) => number !== null).length }
  if (again.length === 0) return redelivered
  const subjectIds = [...new Set(again.flatMap(({ subjectId }) => subjectId ?? []))]
  await sql.query(
    `update delivery set state = 'queued'
      where subscription_id = $1 and state = 'waiting' and subject_id = any($2::uuid[])
        and (lease_until is null or lease_until <= $3)`,
    [subscriptionId, subjectIds, new Date(now)]
  )
  await releaseNext(
    sql,
    subjectIds.map((subjectId) => ({ subscriptionId, subjectId }))
  )
  await sql.query(`select pg_notify('chesil_work', 'deliveries')`)
  return redelivered
}
