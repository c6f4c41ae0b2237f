import type { Sql } from './database.ts'
import type { DeliveryFacts } from './deliveries.ts'

export interface DeliveryPage {
  readonly subscriptionId: string
  readonly state?: DeliveryFacts['state']
  readonly limit: number
  /** Those before the one with this id. */
  readonly before?: string
}

/**
 * The latest first; of what may not be told, or is not known to be, nothing. What has no number and is set aside is
 * there: it can be delivered again.
 */
export async function readDeliveryPage(
  sql: Sql,
  { subscriptionId, state, limit, before }: DeliveryPage
): Promise<readonly DeliveryFacts[]> {
  return await sql.query<DeliveryFacts>(
    `select id, kind, number, state, attempt, case when state = 'waiting' then next_attempt_at end as "nextAttemptAt",
            last_status as "lastStatus", last_reason as "lastReason", created_at as "createdAt", settled_at as "settledAt"
       from delivery
      where subscription_id = $1 and state <> 'withheld' and (number is not null or kind <> 'event' or state = 'dead')
        and ($2::text is null or state = $2)
        and ($3::uuid is null or position < (select position from delivery where subscription_id = $1 and id = $3))
      order by position desc limit $4`,
    [subscriptionId, state ?? null, before ?? null, limit]
  )
}
