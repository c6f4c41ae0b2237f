import type { ChangedItem, Topic, ViewEntryIndex } from '@chesil/care-record'
import { systems } from '@chesil/fhir'
import type { Sql } from './database.ts'
import { column, lines } from './lines.ts'
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

async function addDelivery(
  sql: Sql,
  subscriptionId: string,
  id: string,
  kind: 'handshake' | 'heartbeat'
): Promise<void> {
  await sql.query('insert into delivery (id, subscription_id, kind) values ($1, $2, $3)', [
    id,
    subscriptionId,
    kind
  ])
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
    `update delivery set state = 'dead', last_reason = $2, settled_at = now(), lease_until = null
      where subscription_id = $1 and state = 'waiting'`,
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
    `update subscription set status = 'requested', reason = null, failing_since = null
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

/** A change that has to be told, with the subscriptions that cover its person. */
interface ChangeToTell {
  readonly changeEventId: string
  readonly patientId: string
  readonly version: number
  readonly cause: string
  readonly subscriptions: readonly { readonly id: string; readonly topic: Topic }[] | null
}

export interface NewDelivery {
  readonly id: string
  readonly subscriptionId: string
  readonly changeEventId: string
  readonly patientId: string
  readonly version: number
}

/**
 * Makes deliveries of changes that were committed. Changes are claimed by what is there: one that commits after a later
 * one is found with the next look, and those of one person come in the order of their versions, for they are made under
 * the person's lock. Runs in a transaction; one process at a time.
 *
 * @param isAbout Whether a topic is about a change.
 * @returns how many changes were looked at.
 */
export async function tellChanges(
  sql: Sql,
  limit: number,
  {
    isAbout,
    newId
  }: {
    readonly isAbout: (
      topic: Topic,
      items: readonly ChangedItem[],
      change: { readonly isMove: boolean }
    ) => boolean
    readonly newId: () => string
  }
): Promise<number> {
  const [lock] = await sql.query<{ isOurs: boolean }>(
    `select pg_try_advisory_xact_lock(hashtextextended('chesil sequencer', 0)) as "isOurs"`
  )
  if (!lock?.isOurs) return 0
  const changes = await sql.query<ChangeToTell>(
    `with waiting as (select change_event_id from change_to_tell limit $1),
     gone as (delete from change_to_tell where change_event_id in (select change_event_id from waiting) returning change_event_id)
     select c.id as "changeEventId", c.patient_id as "patientId", c.version, c.cause,
            (select json_agg(distinct jsonb_build_object('id', s.id, 'topic', s.topic))
               from patient_identifier i
               join subscription_person p on p.nhs_number = i.value and p.ended_at is null
               join subscription s on s.id = p.subscription_id
              where i.patient_id = c.patient_id and i.system = $2 and s.status <> 'off'
                and (s.ends_at is null or s.ends_at > now()) and p.asserted_at <= c.occurred_at) as subscriptions
       from gone join change_event c on c.id = gone.change_event_id
      order by c.patient_id, c.version`,
    [limit, systems.nhsNumber]
  )
  const deliveries: NewDelivery[] = []
  for (const { subscriptions, cause, ...change } of changes) {
    if (!subscriptions) continue
    const items = await readChangedItems(sql, change.patientId, change.version)
    const isMove = cause === 'merge' || cause === 'unmerge'
    for (const { id: subscriptionId, topic } of subscriptions)
      if (isAbout(topic, items, { isMove })) deliveries.push({ id: newId(), subscriptionId, ...change })
  }
  await saveDeliveries(sql, deliveries)
  return changes.length
}

async function saveDeliveries(sql: Sql, deliveries: readonly NewDelivery[]): Promise<void> {
  if (deliveries.length === 0) return
  await sql.query(
    `insert into delivery (id, subscription_id, kind, change_event_id, patient_id, version)
     select ${column('$1', 'uuid')}, ${column('$2', 'uuid')}, 'event', ${column('$3', 'uuid')},
            ${column('$4', 'uuid')}, ${column('$5', 'bigint')}
     on conflict (subscription_id, change_event_id) do nothing`,
    [
      lines(deliveries.map(({ id }) => id)),
      lines(deliveries.map(({ subscriptionId }) => subscriptionId)),
      lines(deliveries.map(({ changeEventId }) => changeEventId)),
      lines(deliveries.map(({ patientId }) => patientId)),
      lines(deliveries.map(({ version }) => version))
    ]
  )
  await sql.query(`select pg_notify('chesil_work', 'deliveries')`)
}

interface ChangedItemRow {
  readonly resourceType: string
  readonly resourceId: string
  readonly before: string | null
  readonly now: string | null
}

/** What everybody is shown otherwise in a version than in the one before, apart from policy. */
export async function readChangedItems(
  sql: Sql,
  patientId: string,
  version: number
): Promise<readonly ChangedItem[]> {
  const rows = await sql.query<ChangedItemRow>(
    `select resource_type as "resourceType", resource_id as "resourceId", gone.search_index as before,
            come.search_index as now
       from (select * from view_entry where patient_id = $1 and authority = 'system' and to_version = $2) gone
       full join (select * from view_entry where patient_id = $1 and authority = 'system' and from_version = $2) come
         using (resource_type, resource_id)
      order by resource_type, resource_id`,
    [patientId, version]
  )
  return rows.map(({ resourceType, resourceId, before, now }) => ({
    resourceType,
    key: `${resourceType}/${resourceId}`,
    ...(before !== null && { before: JSON.parse(before) as ViewEntryIndex }),
    ...(now !== null && { now: JSON.parse(now) as ViewEntryIndex })
  }))
}
