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
  /** Of a receipt: the event that it is of. */
  readonly webhookEventId: string | null
  /** Of an event that was sent before. */
  readonly number: number | null
  readonly attempt: number
  readonly topic: Topic
  readonly format: SubscriptionFormat
  readonly content: SubscriptionContent
  readonly status: SubscriptionStatus
  /** Attempts of its subscription in a row that were not answered with 2xx. */
  readonly failures: number
  readonly lastNumber: number
  readonly partnerId: string
  readonly partnerName: string
  readonly odsCode: string
  readonly clientId: string | null
  readonly endpointId: string
  readonly url: string
  readonly allowedRanges: readonly string[]
  readonly keys: readonly { readonly id: string; readonly scheme: KeyScheme; readonly sealed: string }[]
}

/** SQL: something of `subscription s` may be sent, with its `partner p` and `partner_endpoint e`. @param now e.g. `$1` */
const isOpen = (now: string): string =>
  `s.status <> 'off' and e.disabled_at is null and p.suspended_at is null and (s.retry_at is null or s.retry_at <= ${now})`
const subscriptionWithPartner = `subscription s join partner p on p.id = s.partner_id
    join partner_endpoint e on e.id = s.endpoint_id`

export interface DueSubscription {
  readonly id: string
  /** It did not answer the last time. */
  readonly isFailing: boolean
}

/**
 * Subscriptions for which something is due: those that answer first, and of each kind in no order, so that nobody is
 * always the last.
 *
 * @param now ms since 1970
 * @param except Those of which enough is in hand.
 */
export async function findDueSubscriptions(
  sql: Sql,
  { now, limit, except }: { readonly now: number; readonly limit: number; readonly except: readonly string[] }
): Promise<readonly DueSubscription[]> {
  return await sql.query<DueSubscription>(
    `select s.id, s.status = 'error' as "isFailing" from ${subscriptionWithPartner}
      where ${isOpen('$1')} and s.id <> all($3::uuid[]) and exists (
        select from delivery d
         where d.subscription_id = s.id and d.state = 'waiting' and d.next_attempt_at <= $1
           and (d.lease_until is null or d.lease_until <= $1) and (s.status <> 'requested' or d.kind = 'handshake')
           and (not d.is_redelivery or s.last_redelivery_at is null
                or s.last_redelivery_at <= $1::timestamptz - interval '1 second' / ${redeliveriesPerSecond}))
      order by s.status = 'error', random() limit $2`,
    [new Date(now), limit, except]
  )
}

/** Events that are delivered again, of one subscription. */
export const redeliveriesPerSecond = 10

export interface Claim {
  /** In hand at once, of this subscription and by everybody; of one in error it is one. */
  readonly limit: number
  /** Taken now. */
  readonly most: number
  readonly leaseMs: number
  /** ms since 1970 */
  readonly now: number
}

/**
 * Takes deliveries of one subscription in hand; of one that has not been answered yet only its handshake. Nothing while
 * somebody else holds the subscription. Runs in a transaction.
 */
export async function claimDeliveries(
  sql: Sql,
  subscriptionId: string,
  { limit, most, leaseMs, now }: Claim
): Promise<readonly ClaimedDelivery[]> {
  const [open] = await sql.query(
    `select s.id from ${subscriptionWithPartner} where s.id = $1 and ${isOpen('$2')}
        for no key update of s skip locked`,
    [subscriptionId, new Date(now)]
  )
  if (!open) return []
  return await sql.query<ClaimedDelivery>(claim, [
    subscriptionId,
    limit,
    new Date(now + leaseMs),
    new Date(now),
    most
  ])
}

/** What was not redelivered in the last second is not caught up with. */
const countedFrom = `greatest(s.last_redelivery_at, $4::timestamptz - interval '1 second')`
const isDue = `d.subscription_id = $1 and d.state = 'waiting' and d.next_attempt_at <= $4
         and (d.lease_until is null or d.lease_until <= $4) and (room.status <> 'requested' or d.kind = 'handshake')`

const claim = `
  with ${notAwaited},
  room as (
    select s.status,
           least(greatest(case when s.status = 'error' then 1 else $2::integer end - (
             select count(*) from delivery busy
              where busy.subscription_id = $1 and busy.state = 'waiting' and busy.lease_until > $4), 0), $5::integer) as free,
           floor(extract(epoch from $4 - ${countedFrom}) * ${redeliveriesPerSecond}) as redeliveries
      from subscription s where s.id = $1),
  due as (
    select id from (
      (select d.id, d.next_attempt_at, d.position from room join delivery d on ${isDue} and not d.is_redelivery
        order by d.next_attempt_at, d.position limit (select free from room))
      union all
      (select d.id, d.next_attempt_at, d.position from room join delivery d on ${isDue} and d.is_redelivery
        order by d.next_attempt_at, d.position limit (select least(free, redeliveries) from room))) either
     order by next_attempt_at, position limit (select free from room)),
  claimed as (
    update delivery d set attempt = attempt + 1, lease_until = $3 from not_awaited, due where d.id = due.id
    returning d.*),
  redelivered as (
    update subscription s
       set last_redelivery_at = ${countedFrom} + again.count * interval '1 second' / ${redeliveriesPerSecond}
      from (select count(*) from claimed where is_redelivery) again where s.id = $1 and again.count > 0)
  select c.id, c.subscription_id as "subscriptionId", c.kind, c.patient_id as "patientId", c.version,
         c.webhook_event_id as "webhookEventId", change.cause,
         change.occurred_at as "occurredAt", c.number, c.attempt, s.topic, s.format, s.content, s.status, s.failures,
         s.last_number as "lastNumber", s.partner_id as "partnerId", p.name as "partnerName", p.ods_code as "odsCode",
         p.client_id as "clientId", e.id as "endpointId", e.url, e.allowed_ranges as "allowedRanges",
         coalesce((select json_agg(json_build_object('id', k.id, 'scheme', k.scheme, 'sealed', encode(k.sealed, 'base64'))
                                   order by k.created_at desc)
                     from partner_key k where k.endpoint_id = e.id and k.revoked_at is null), '[]') as keys
    from claimed c
    join ${subscriptionWithPartner} on s.id = c.subscription_id
    left join change_event change on change.id = c.change_event_id
   order by c.position`
