import type { Sql } from './database.ts'
import type { ClaimedDelivery } from './delivery-claims.ts'
import { releaseNext } from './delivery-order.ts'
import { endSubscription, type SubscriptionStatus } from './subscriptions.ts'

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

type InHand = Pick<ClaimedDelivery, 'id' | 'subscriptionId' | 'attempt'>

/** @returns the subscription, held until the transaction ends. */
async function holdOf(sql: Sql, { subscriptionId }: InHand): Promise<SubscriptionHealth> {
  const [held] = await sql.query<SubscriptionHealth>(
    `select status, failing_since as "failingSince" from subscription where id = $1 for no key update`,
    [subscriptionId]
  )
  if (!held) throw new Error('The subscription is not there')
  return held
}

interface SubscriptionHealth {
  readonly status: SubscriptionStatus
  /** ms since 1970 */
  readonly failingSince: number | null
}

/** A delivery is over; what is next of its subject may be sent. One that somebody else took in hand since is theirs to end. */
async function end(
  sql: Sql,
  { id, subscriptionId, attempt }: InHand,
  to: {
    readonly state: 'delivered' | 'withheld' | 'dead'
    readonly status?: number | undefined
    readonly reason?: string
    readonly now: number
  }
): Promise<void> {
  const [ended] = await sql.query<{ subjectId: string | null }>(
    `update delivery set state = $3, last_status = $4, last_reason = $5, settled_at = $6, lease_until = null
      where id = $1 and state = 'waiting' and attempt = $2 returning subject_id as "subjectId"`,
    [id, attempt, to.state, to.status ?? null, to.reason ?? null, new Date(to.now)]
  )
  if (ended && ended.subjectId !== null)
    await releaseNext(sql, [{ subscriptionId, subjectId: ended.subjectId }])
}

/** It was answered with 2xx: the endpoint is well. Runs in a transaction. @param now ms since 1970 */
export async function settleDelivered(
  sql: Sql,
  delivery: InHand,
  { status, now }: { readonly status: number; readonly now: number }
): Promise<void> {
  const before = await holdOf(sql, delivery)
  await end(sql, delivery, { state: 'delivered', status, now })
  // It is well again: what waits for hours need not.
  if (before.status === 'error')
    await sql.query(
      `update delivery set next_attempt_at = $2
        where subscription_id = $1 and state = 'waiting' and next_attempt_at > $2`,
      [delivery.subscriptionId, new Date(now)]
    )
  if (before.status !== 'off')
    await sql.query(
      `update subscription set status = 'active', reason = null, failing_since = null, failures = 0, retry_at = null,
              last_sent_at = $2 where id = $1`,
      [delivery.subscriptionId, new Date(now)]
    )
}

/**
 * It may not be told: nothing was sent, and no number says that there was something. Runs in a transaction.
 *
 * @param now ms since 1970
 */
export async function settleWithheld(sql: Sql, delivery: InHand, now: number): Promise<void> {
  await holdOf(sql, delivery)
  await end(sql, delivery, { state: 'withheld', now })
}

/** It could not be told yet, for a reason of ours: the attempt does not count. @param until ms since 1970 */
export async function postponeDelivery(sql: Sql, { id, attempt }: InHand, until: number): Promise<void> {
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
  /** ms since 1970: nothing more is sent before. */
  readonly retryAt: number
  /** ms since 1970: a subscriber who has answered nothing since is given up. */
  readonly givenUpSince: number
  readonly now: number
}

/**
 * It waits for its next attempt or, after the last, is set aside; its subscription is in error. A heartbeat has one
 * attempt, and another one follows (`addHeartbeats`): whoever has answered nothing for too long is off once a heartbeat
 * fails, for single events may have been at fault before. Runs in a transaction.
 */
export async function failDelivery(
  sql: Sql,
  delivery: InHand & Pick<ClaimedDelivery, 'kind'>,
  failure: FailedAttempt
): Promise<void> {
  const { status, reason, nextAt, now } = failure
  const { subscriptionId, kind } = delivery
  const subscription = await holdOf(sql, delivery)
  if (kind === 'heartbeat') await dropHeartbeat(sql, delivery)
  else if (nextAt === undefined) await end(sql, delivery, { state: 'dead', status, reason, now })
  else
    await sql.query(
      `update delivery set last_status = $3, last_reason = $4, lease_until = null, next_attempt_at = $5
        where id = $1 and state = 'waiting' and attempt = $2`,
      [delivery.id, delivery.attempt, status ?? null, reason, new Date(nextAt)]
    )
  if (subscription.status === 'off') return
  if (subscription.status === 'requested') {
    if (nextAt === undefined) await endSubscription(sql, subscriptionId, 'handshake-failed')
    return
  }
  const failingSince = subscription.failingSince ?? now
  if (kind === 'heartbeat' && failingSince <= failure.givenUpSince) {
    await endSubscription(sql, subscriptionId, 'not-answered')
    return
  }
  await sql.query(
    `update subscription set status = 'error', reason = $2, failing_since = $3, failures = failures + 1, retry_at = $4
      where id = $1`,
    [subscriptionId, reason, new Date(failingSince), new Date(failure.retryAt)]
  )
}

/** That nobody was there is no news that anybody could want again. */
async function dropHeartbeat(sql: Sql, { id, attempt }: InHand): Promise<void> {
  await sql.query(`delete from delivery where id = $1 and state = 'waiting' and attempt = $2`, [id, attempt])
}

const atOnce = 500

/**
 * Heartbeats of subscriptions that were sent nothing for so long as they asked for; and, each hour, of those in error:
 * what waits for them may not be due for a day.
 *
 * @param now ms since 1970
 */
export async function addHeartbeats(sql: Sql, now: number, newId: () => string): Promise<void> {
  const due = await sql.query<{ id: string; dueAt: number }>(
    // In error since: it is due before whatever else waits.
    `select id, coalesce(failing_since, $1) as "dueAt" from subscription s
      where ((status in ('active', 'error') and last_sent_at <= $1::timestamptz - heartbeat_seconds * interval '1 second')
             or (status = 'error' and greatest(last_heartbeat_at, failing_since) <= $1::timestamptz - interval '1 hour'))
        and not exists (select from delivery d where d.subscription_id = s.id and d.state = 'waiting' and d.kind = 'heartbeat')
      limit $2`,
    [new Date(now), atOnce]
  )
  for (const { id, dueAt } of due)
    await sql.query(
      `with noted as (update subscription set last_heartbeat_at = $4 where id = $2)
       insert into delivery (id, subscription_id, kind, next_attempt_at) values ($1, $2, 'heartbeat', $3)
       on conflict (subscription_id, kind) where state = 'waiting' and kind <> 'event' do nothing`,
      [newId(), id, new Date(dueAt), new Date(now)]
    )
}

/** Ends subscriptions whose time is over. Runs in a transaction. @param now ms since 1970 */
export async function endOverdue(sql: Sql, now: number): Promise<void> {
  const over = await sql.query<{ id: string }>(
    `select id from subscription where status <> 'off' and ends_at <= $1 order by id limit $2 for no key update`,
    [new Date(now), atOnce]
  )
  for (const { id } of over) await endSubscription(sql, id, 'ended')
}
