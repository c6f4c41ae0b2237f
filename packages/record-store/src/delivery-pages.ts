import type { Sql } from './database.ts'

/** What was sent, or not, as its partner may see it. */
export interface DeliveryFacts {
  readonly id: string
  readonly kind: 'handshake' | 'heartbeat' | 'event'
  readonly number: number | null
  readonly state: 'waiting' | 'delivered' | 'dead'
  readonly attempt: number
  /** ms since 1970; null once it is over. */
  readonly nextAttemptAt: number | null
  readonly lastStatus: number | null
  readonly lastReason: string | null
  readonly createdAt: number
  readonly settledAt: number | null
}

export interface DeliveryPage {
  readonly subscriptionId: string
  readonly state?: DeliveryFacts['state']
  readonly limit: number
  /** Those before the one with this id. */
  readonly before?: string
  /**
   * Partners see no event without a number: whether it may be told has not been decided, and that there is one may be
   * all there is to hide. Staff, who do not see whom it is about, see those that were set aside.
   */
  readonly for: 'partner' | 'staff'
}

/** The latest first. */
export async function readDeliveryPage(
  sql: Sql,
  { subscriptionId, state, limit, before, for: reader }: DeliveryPage
): Promise<readonly DeliveryFacts[]> {
  return await sql.query<DeliveryFacts>(
    `select id, kind, number, case when state = 'queued' then 'waiting' else state end as state, attempt, case when state in ('waiting', 'queued') then next_attempt_at end as "nextAttemptAt",
            last_status as "lastStatus", last_reason as "lastReason", created_at as "createdAt", settled_at as "settledAt"
       from delivery
      where subscription_id = $1 and state <> 'withheld' and (number is not null or kind <> 'event' or ($5 and state = 'dead'))
        and ($2::text is null or state = $2 or ($2 = 'waiting' and state = 'queued'))
        and ($3::uuid is null or position < (select position from delivery where subscription_id = $1 and id = $3))
      order by position desc limit $4`,
    [subscriptionId, state ?? null, before ?? null, limit, reader === 'staff']
  )
}

/** Of events that were given a number. */
export interface NumberedEvent {
  readonly number: number
  /** Null of a receipt, which is about no record. */
  readonly change: { readonly patientId: string; readonly version: number; readonly cause: string } | null
  /** ms since 1970 */
  readonly occurredAt: number
}

/** Both numbers are in it. */
export async function readNumberedEvents(
  sql: Sql,
  subscriptionId: string,
  { since, until, limit }: { readonly since: number; readonly until: number; readonly limit: number }
): Promise<readonly NumberedEvent[]> {
  return await sql.query<NumberedEvent>(
    `select d.number, coalesce(c.occurred_at, d.created_at) as "occurredAt",
            case when c.id is not null then json_build_object('patientId', d.patient_id, 'version', d.version, 'cause', c.cause) end as change
       from delivery d left join change_event c on c.id = d.change_event_id
      where d.subscription_id = $1 and d.number between $2 and $3 order by d.number limit $4`,
    [subscriptionId, since, until, limit]
  )
}
