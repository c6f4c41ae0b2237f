import type { Topic } from '@chesil/care-record'
import type { Sql } from './database.ts'
import type { KeyScheme } from './partners.ts'
import type { SubscriptionContent, SubscriptionFormat, SubscriptionStatus } from './subscriptions.ts'
import { notAwaited } from './work-rows.ts'

/** A delivery in hand, with all that sending it needs. */
export interface ClaimedDelivery {
  readonly id: string
  readonly subscriptionId: string
  readonly kind: 'handshake' | 'heartbeat' | 'event'
  /** Of an event. */
  readonly patientId: string | null
  readonly version: number | null
  readonly cause: string | null
  /** ms since 1970: when the change took effect here. */
  readonly occurredAt: number | null
  /** Of an event that was sent before. */
  readonly number: number | null
  readonly attempt: number
  readonly topic: Topic
  readonly format: SubscriptionFormat
  readonly content: SubscriptionContent
  readonly status: SubscriptionStatus
  readonly lastNumber: number
  readonly partnerId: string
  readonly isPartnerSuspended: boolean
  readonly endpointId: string
  readonly url: string
  readonly allowedRanges: readonly string[]
  readonly keys: readonly { readonly id: string; readonly scheme: KeyScheme; readonly sealed: string }[]
}

/** @returns subscriptions for which something is due. @param now ms since 1970 */
export async function findDueSubscriptions(sql: Sql, now: number): Promise<readonly string[]> {
  const rows = await sql.query<{ id: string }>(
    `select s.id from subscription s
      where s.status <> 'off'
        and exists (select from delivery d where d.subscription_id = s.id and d.state = 'waiting' and d.next_attempt_at <= $1)`,
    [new Date(now)]
  )
  return rows.map(({ id }) => id)
}

/**
 * Takes deliveries of one subscription in hand: of one person the earliest that is not over, and no second one until it
 * is; of a subscription that has not been answered yet only its handshake; of one in error one at a time.
 *
 * @param now ms since 1970
 */
export async function claimDeliveries(
  sql: Sql,
  subscriptionId: string,
  { limit, leaseMs, now }: { readonly limit: number; readonly leaseMs: number; readonly now: number }
): Promise<readonly ClaimedDelivery[]> {
  return await sql.query<ClaimedDelivery>(claim, [
    subscriptionId,
    limit,
    new Date(now + leaseMs),
    new Date(now)
  ])
}

const claim = `
  with ${notAwaited},
  due as (
    select d.id from delivery d join subscription s on s.id = d.subscription_id
     where d.subscription_id = $1 and d.state = 'waiting' and d.next_attempt_at <= $4
       and (d.lease_until is null or d.lease_until <= $4)
       and (s.status in ('active', 'error') or (s.status = 'requested' and d.kind = 'handshake'))
       and not exists (
         select from delivery earlier
          where earlier.subscription_id = d.subscription_id and earlier.state = 'waiting' and earlier.position < d.position
            and earlier.patient_id is not distinct from d.patient_id)
       and (s.status <> 'error' or not exists (
         select from delivery busy where busy.subscription_id = $1 and busy.state = 'waiting' and busy.lease_until > $4))
     order by d.position
     limit (select case when status = 'error' then 1 else $2::integer end from subscription where id = $1)
     for update of d skip locked),
  claimed as (
    update delivery d set attempt = attempt + 1, lease_until = $3 from not_awaited, due where d.id = due.id
    returning d.*)
  select c.id, c.subscription_id as "subscriptionId", c.kind, c.patient_id as "patientId", c.version, change.cause,
         change.occurred_at as "occurredAt", c.number, c.attempt, s.topic, s.format, s.content, s.status,
         s.last_number as "lastNumber", s.partner_id as "partnerId", p.suspended_at is not null as "isPartnerSuspended",
         e.id as "endpointId", e.url, e.allowed_ranges as "allowedRanges",
         coalesce((select json_agg(json_build_object('id', k.id, 'scheme', k.scheme, 'sealed', encode(k.sealed, 'base64'))
                                   order by k.created_at desc)
                     from partner_key k where k.endpoint_id = e.id and k.revoked_at is null), '[]') as keys
    from claimed c
    join subscription s on s.id = c.subscription_id
    join partner p on p.id = s.partner_id
    join partner_endpoint e on e.id = s.endpoint_id
    left join change_event change on change.id = c.change_event_id
   order by c.position`

/** Why a partner may be told of a person. */
export interface Assertion {
  readonly nhsNumber: string
  /** YYYY-MM-DD */
  readonly birthDate: string
}

/** @returns the standing assertions of a subscription that mean the person who has this id now. */
export async function findAssertions(
  sql: Sql,
  subscriptionId: string,
  patientId: string
): Promise<readonly Assertion[]> {
  return await sql.query<Assertion>(
    `select a.nhs_number as "nhsNumber", a.birth_date as "birthDate"
       from subscription_person a join patient_identifier i on i.value = a.nhs_number
      where a.subscription_id = $1 and a.ended_at is null and i.patient_id = $2`,
    [subscriptionId, patientId]
  )
}

/** Gives an event its number, the next of its subscription; at every attempt the same. */
export async function numberDelivery(
  sql: Sql,
  { id, subscriptionId }: Pick<ClaimedDelivery, 'id' | 'subscriptionId'>
) {
  const [row] = await sql.query<{ number: number }>(
    `with next as (
       update subscription set last_number = last_number + 1
        where id = $2 and exists (select from delivery where id = $1 and number is null) returning last_number),
     given as (
       update delivery set number = (select last_number from next) where id = $1 and number is null returning number)
     select coalesce((select number from given), (select number from delivery where id = $1)) as number`,
    [id, subscriptionId]
  )
  if (!row) throw new Error('The delivery is not there')
  return row.number
}

/** It was answered with 2xx: the endpoint is well. Runs in a transaction. @param now ms since 1970 */
export async function settleDelivered(
  sql: Sql,
  { id, subscriptionId, attempt }: Pick<ClaimedDelivery, 'id' | 'subscriptionId' | 'attempt'>,
  { status, now }: { readonly status: number; readonly now: number }
): Promise<void> {
  await sql.query(
    `update delivery set state = 'delivered', last_status = $3, last_reason = null, settled_at = $4, lease_until = null
      where id = $1 and state = 'waiting' and attempt = $2`,
    [id, attempt, status, new Date(now)]
  )
  // It is well again: what waits for hours need not.
  await sql.query(
    `update delivery d set next_attempt_at = least(next_attempt_at, $2) from subscription s
      where s.id = $1 and s.status = 'error' and d.subscription_id = s.id and d.state = 'waiting'`,
    [subscriptionId, new Date(now)]
  )
  await sql.query(
    `update subscription set status = case when status = 'off' then status else 'active' end, failing_since = null,
            reason = case when status = 'off' then reason end, last_sent_at = $2
      where id = $1`,
    [subscriptionId, new Date(now)]
  )
}

/** It may not be told: nothing was sent, and no number says that there was something. */
export async function settleWithheld(
  sql: Sql,
  { id, attempt }: Pick<ClaimedDelivery, 'id' | 'attempt'>,
  now: number
): Promise<void> {
  await sql.query(
    `update delivery set state = 'withheld', settled_at = $3, lease_until = null
      where id = $1 and state = 'waiting' and attempt = $2`,
    [id, attempt, new Date(now)]
  )
}

/** It could not be told yet, for a reason of ours: the attempt does not count. @param until ms since 1970 */
export async function postponeDelivery(
  sql: Sql,
  { id, attempt }: Pick<ClaimedDelivery, 'id' | 'attempt'>,
  until: number
): Promise<void> {
  await sql.query(
    `update delivery set attempt = attempt - 1, next_attempt_at = $3, lease_until = null
      where id = $1 and state = 'waiting' and attempt = $2`,
    [id, attempt, new Date(until)]
  )
}

export interface FailedAttempt {
  /** HTTP status; absent where nobody answered. */
  readonly status?: number
  /** A code. */
  readonly reason: string
  /** ms since 1970; absent: it was the last. */
  readonly nextAt?: number
  readonly now: number
}

/** It waits for its next attempt or, after the last, is set aside. Runs in a transaction. */
export async function failDelivery(
  sql: Sql,
  { id, subscriptionId, attempt }: Pick<ClaimedDelivery, 'id' | 'subscriptionId' | 'attempt'>,
  { status, reason, nextAt, now }: FailedAttempt
): Promise<void> {
  await sql.query(
    `update delivery set last_status = $3, last_reason = $4, lease_until = null,
            state = case when $5::timestamptz is null then 'dead' else state end,
            next_attempt_at = coalesce($5, next_attempt_at), settled_at = case when $5::timestamptz is null then $6::timestamptz end
      where id = $1 and state = 'waiting' and attempt = $2`,
    [id, attempt, status ?? null, reason, nextAt === undefined ? null : new Date(nextAt), new Date(now)]
  )
  await sql.query(
    `update subscription set status = 'error', reason = $2, failing_since = coalesce(failing_since, $3)
      where id = $1 and status in ('active', 'error') `,
    [subscriptionId, reason, new Date(now)]
  )
}

/** Heartbeats of subscriptions that were sent nothing for so long. @returns how many. @param now ms since 1970 */
export async function addHeartbeats(sql: Sql, now: number, newId: () => string): Promise<number> {
  const due = await sql.query<{ id: string }>(
    `select id from subscription s
      where status in ('active', 'error') and heartbeat_seconds is not null
        and last_sent_at <= $1::timestamptz - heartbeat_seconds * interval '1 second'
        and not exists (select from delivery d where d.subscription_id = s.id and d.state = 'waiting' and d.kind = 'heartbeat')
      limit 500`,
    [new Date(now)]
  )
  for (const { id } of due)
    await sql.query(
      `insert into delivery (id, subscription_id, kind, next_attempt_at) values ($1, $2, 'heartbeat', $3)`,
      [newId(), id, new Date(now)]
    )
  return due.length
}

/** Ends subscriptions whose time is over. @param now ms since 1970 */
export async function endOverdue(sql: Sql, now: number): Promise<void> {
  await sql.query(
    `with ended as (
       update subscription set status = 'off', reason = 'ended' where status <> 'off' and ends_at <= $1 returning id)
     update delivery set state = 'dead', last_reason = 'ended', settled_at = $1
      where subscription_id in (select id from ended) and state = 'waiting'`,
    [new Date(now)]
  )
}

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

/** The latest first; of what may not be told nothing. */
export async function listDeliveries(
  sql: Sql,
  query: {
    readonly subscriptionId: string
    readonly state?: DeliveryFacts['state']
    readonly limit: number
  }
): Promise<readonly DeliveryFacts[]> {
  return await sql.query<DeliveryFacts>(
    `select id, kind, number, state, attempt, case when state = 'waiting' then next_attempt_at end as "nextAttemptAt",
            last_status as "lastStatus", last_reason as "lastReason", created_at as "createdAt", settled_at as "settledAt"
       from delivery
      where subscription_id = $1 and state <> 'withheld' and (number is not null or kind <> 'event' or state = 'dead')
        and ($2::text is null or state = $2)
      order by position desc limit $3`,
    [query.subscriptionId, query.state ?? null, query.limit]
  )
}

/** Of events that were given a number. */
export interface NumberedEvent {
  readonly number: number
  readonly patientId: string
  readonly version: number
  readonly cause: string
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
    `select d.number, d.patient_id as "patientId", d.version, c.cause, c.occurred_at as "occurredAt"
       from delivery d join change_event c on c.id = d.change_event_id
      where d.subscription_id = $1 and d.number between $2 and $3 order by d.number limit $4`,
    [subscriptionId, since, until, limit]
  )
}

export interface Redelivery {
  readonly subscriptionId: string
  /** One; or else those with these numbers, both in it; or else those made since (ms since 1970). */
  readonly id?: string
  readonly numbers?: readonly [from: number, to: number]
  readonly since?: number
  /** At most so many, a second apart by `perSecond`. */
  readonly limit: number
  readonly perSecond: number
  /** ms since 1970 */
  readonly now: number
}

/** Delivers events again that were delivered or set aside, in their order and at a limited rate. @returns how many. */
export async function redeliver(
  sql: Sql,
  { subscriptionId, id, numbers, since, limit, perSecond, now }: Redelivery
): Promise<number> {
  const again = await sql.query(
    `with chosen as (
       select id, row_number() over (order by position) - 1 as place from delivery
        where subscription_id = $1 and kind = 'event' and state in ('dead', 'delivered')
          and ($2::uuid is null or id = $2)
          and ($3::bigint is null or number between $3 and $4)
          and ($5::timestamptz is null or created_at >= $5)
        order by position limit $6)
     update delivery d set state = 'waiting', attempt = 0, settled_at = null, lease_until = null,
            next_attempt_at = $7::timestamptz + chosen.place * $8::double precision * interval '1 millisecond'
       from chosen where d.id = chosen.id returning d.id`,
    [
      subscriptionId,
      id ?? null,
      numbers?.[0] ?? null,
      numbers?.[1] ?? null,
      since === undefined ? null : new Date(since),
      limit,
      new Date(now),
      1_000 / perSecond
    ]
  )
  if (again.length > 0) await sql.query(`select pg_notify('chesil_work', 'deliveries')`)
  return again.length
}
