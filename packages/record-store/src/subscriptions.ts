import type { Topic } from '@chesil/care-record'
import type { Sql } from './database.ts'
import type { KeyScheme } from './partners.ts'

export type SubscriptionFormat = 'fhir' | 'standard-webhooks'
/** `empty`: that something has happened. `id-only`: and to which record, and which of its items. */
export type SubscriptionContent = 'empty' | 'id-only'
/** As FHIR has it: requested until the endpoint has answered once; error while it does not. */
export type SubscriptionStatus = 'requested' | 'active' | 'error' | 'off'

/** That a partner is told of changes of one kind, of persons whom it names, at one of its endpoints. */
export interface Subscription {
  readonly id: string
  readonly partnerId: string
  readonly endpointId: string
  readonly url: string
  readonly topic: Topic
  readonly format: SubscriptionFormat
  readonly content: SubscriptionContent
  readonly status: SubscriptionStatus
  /** A code: why it is in error, or off. */
  readonly reason: string | null
  readonly heartbeatSeconds: number | null
  /** ms since 1970 */
  readonly endsAt: number | null
  /** The number of the event that was sent last. */
  readonly lastNumber: number
  readonly createdAt: number
}

const subscriptionColumns = `s.id, s.partner_id as "partnerId", s.endpoint_id as "endpointId", e.url, s.topic, s.format, s.content,
  s.status, s.reason, s.heartbeat_seconds as "heartbeatSeconds", s.ends_at as "endsAt", s.last_number as "lastNumber",
  s.created_at as "createdAt"`
const subscriptionFrom = 'subscription s join partner_endpoint e on e.id = s.endpoint_id'

export interface Endpoint {
  readonly id: string
  readonly partnerId: string
  readonly url: string
  /** CIDR ranges where it may be besides public addresses. */
  readonly allowedRanges: readonly string[]
  /** A code: why nothing is sent there. */
  readonly disabledReason: string | null
}

const endpointColumns = `id, partner_id as "partnerId", url, allowed_ranges as "allowedRanges",
  case when disabled_at is not null then coalesce(disabled_reason, 'disabled') end as "disabledReason"`

/** @returns false when the partner has one at that address already. */
export async function registerEndpoint(
  sql: Sql,
  { id, partnerId, url, allowedRanges }: Omit<Endpoint, 'disabledReason'>,
  by: string
): Promise<boolean> {
  const made = await sql.query(
    `insert into partner_endpoint (id, partner_id, url, allowed_ranges, registered_by)
     select $1, id, $3, $4, $5 from partner where id = $2
     on conflict (partner_id, url) do nothing returning id`,
    [id, partnerId, url, allowedRanges, by]
  )
  return made.length > 0
}

export async function listEndpoints(sql: Sql, partnerId: string): Promise<readonly Endpoint[]> {
  return await sql.query<Endpoint>(
    `select ${endpointColumns} from partner_endpoint where partner_id = $1 order by url`,
    [partnerId]
  )
}

export interface EndpointWithKeys extends Endpoint {
  /** Live ones, the newest first. */
  readonly keys: readonly { readonly id: string; readonly scheme: KeyScheme; readonly sealed: Buffer }[]
}

/** With what is sent there is signed with. */
export async function findEndpointWithKeys(sql: Sql, id: string): Promise<EndpointWithKeys | undefined> {
  const [endpoint] = await sql.query<Endpoint>(
    `select ${endpointColumns} from partner_endpoint where id = $1`,
    [id]
  )
  const keys = await sql.query<EndpointWithKeys['keys'][number]>(
    `select id, scheme, sealed from partner_key
      where endpoint_id = $1 and revoked_at is null order by created_at desc`,
    [id]
  )
  return endpoint && { ...endpoint, keys }
}

/** Lets an endpoint be sent to again, or no longer; its subscriptions stay as they are. @returns false when it was so. */
export async function setEndpointDisabled(
  sql: Sql,
  id: string,
  reason: string | undefined
): Promise<boolean> {
  const changed = await sql.query(
    `update partner_endpoint set disabled_at = case when $2::text is not null then now() end, disabled_reason = $2
      where id = $1 and (disabled_at is null) = ($2::text is not null) returning id`,
    [id, reason ?? null]
  )
  return changed.length > 0
}

export interface SubscriptionToMake {
  readonly id: string
  readonly partnerId: string
  readonly url: string
  readonly topic: Topic
  readonly format: SubscriptionFormat
  readonly content: SubscriptionContent
  readonly heartbeatSeconds: number | undefined
  /** ms since 1970 */
  readonly endsAt: number | undefined
  /** Of the handshake. */
  readonly deliveryId: string
}

/**
 * Makes a subscription at an endpoint that an operator has registered, with its handshake. Runs in a transaction.
 *
 * @returns false where no such endpoint is there, or nothing is sent to it.
 */
export async function makeSubscription(sql: Sql, to: SubscriptionToMake): Promise<boolean> {
  const made = await sql.query(
    `insert into subscription (id, partner_id, endpoint_id, topic, format, content, heartbeat_seconds, ends_at)
     select $1, partner_id, id, $4, $5, $6, $7, $8 from partner_endpoint
      where partner_id = $2 and url = $3 and disabled_at is null
     returning id`,
    [
      to.id,
      to.partnerId,
      to.url,
      to.topic,
      to.format,
      to.content,
      to.heartbeatSeconds ?? null,
      to.endsAt === undefined ? null : new Date(to.endsAt)
    ]
  )
  if (made.length === 0) return false
  await addDelivery(sql, to.id, to.deliveryId, 'handshake')
  return true
}

async function addDelivery(sql: Sql, subscriptionId: string, id: string, kind: 'handshake'): Promise<void> {
  await sql.query(
    'insert into delivery (id, subscription_id, kind, next_attempt_at) values ($1, $2, $3, now())',
    [id, subscriptionId, kind]
  )
  await sql.query(`select pg_notify('chesil_work', 'deliveries')`)
}

export interface SubscriptionPage {
  /** At most so many; all when absent. */
  readonly limit?: number
  /** Those after this one. */
  readonly after?: string
}

/** In the order of their ids. */
export async function listSubscriptions(
  sql: Sql,
  partnerId: string,
  { limit, after }: SubscriptionPage = {}
): Promise<readonly Subscription[]> {
  return await sql.query<Subscription>(
    `select ${subscriptionColumns} from ${subscriptionFrom}
      where s.partner_id = $1 and ($2::uuid is null or s.id > $2) order by s.id limit $3`,
    [partnerId, after ?? null, limit ?? null]
  )
}

export async function findSubscription(
  sql: Sql,
  partnerId: string,
  id: string
): Promise<Subscription | undefined> {
  const [found] = await sql.query<Subscription>(
    `select ${subscriptionColumns} from ${subscriptionFrom} where s.partner_id = $1 and s.id = $2`,
    [partnerId, id]
  )
  return found
}

/** Ends it: what waits is set aside, and can be delivered again. Runs in a transaction. @returns false when it was off. */
export async function endSubscription(sql: Sql, id: string, reason: string): Promise<boolean> {
  const ended = await sql.query(
    `update subscription set status = 'off', reason = $2 where id = $1 and status <> 'off' returning id`,
    [id, reason]
  )
  await sql.query(
    `delete from delivery where subscription_id = $1 and state = 'waiting' and kind = 'heartbeat'`,
    [id]
  )
  await sql.query(
    `update delivery set state = 'dead', last_reason = $2, settled_at = now(), lease_until = null
      where subscription_id = $1 and state in ('waiting', 'queued')`,
    [id, reason]
  )
  return ended.length > 0
}

/**
 * One that is off begins again with a handshake. Runs in a transaction.
 *
 * @returns false when it was not off, or nothing is sent to its endpoint.
 */
export async function resumeSubscription(sql: Sql, id: string, deliveryId: string): Promise<boolean> {
  const resumed = await sql.query(
    `update subscription set status = 'requested', reason = null, failing_since = null, failures = 0, retry_at = null
      where id = $1 and status = 'off'
        and exists (select from partner_endpoint e where e.id = endpoint_id and e.disabled_at is null)
     returning id`,
    [id]
  )
  if (resumed.length === 0) return false
  await addDelivery(sql, id, deliveryId, 'handshake')
  return true
}

/** How often it is heard of without an event, and until when. @param endsAt ms since 1970 */
export async function changeSubscription(
  sql: Sql,
  id: string,
  {
    heartbeatSeconds,
    endsAt
  }: { readonly heartbeatSeconds: number | undefined; readonly endsAt: number | undefined }
): Promise<void> {
  await sql.query('update subscription set heartbeat_seconds = $2, ends_at = $3 where id = $1', [
    id,
    heartbeatSeconds ?? null,
    endsAt === undefined ? null : new Date(endsAt)
  ])
}

/**
 * How many of a partner's subscriptions are not off. Runs in a transaction: whoever makes another one at once waits.
 *
 * @returns 0 for a partner who is not known.
 */
export async function countSubscriptions(sql: Sql, partnerId: string): Promise<number> {
  await sql.query('select id from partner where id = $1 for update', [partnerId])
  const [row] = await sql.query<{ count: number }>(
    `select count(*) from subscription where partner_id = $1 and status <> 'off'`,
    [partnerId]
  )
  return Number(row?.count ?? 0)
}

/** Of one endpoint: what waits is set aside. Runs in a transaction. @returns how many were not off. */
export async function endSubscriptionsAt(sql: Sql, endpointId: string, reason: string): Promise<number> {
  const standing = await sql.query<{ id: string }>(
    `select id from subscription where endpoint_id = $1 and status <> 'off' order by id`,
    [endpointId]
  )
  for (const { id } of standing) await endSubscription(sql, id, reason)
  return standing.length
}
