import type { VersionGap, WebhookForm, WebhookIssue, WebhookTaker } from '@chesil/contracts'
import { webhookForms, webhookTakers } from '@chesil/contracts'
import type { Sql } from './database.ts'
import { column, lines } from './lines.ts'
import { maxAttempts, notAwaited } from './work-rows.ts'

/** What a partner sent, and its gateway verified. */
export interface WebhookToAccept {
  /** Of the receipt; where the event came before, that one's is answered. */
  readonly id: string
  readonly partnerId: string
  /** As the partner names it: `webhook-id`. */
  readonly eventId: string
  readonly form: WebhookForm
  readonly contentType: string
  readonly body: Buffer
  /** SHA-256 of the body. */
  readonly bodyHash: string
}

/**
 * - `new`: kept, and its taker is told
 * - `again`: the same event came before
 * - `different`: its partner gave the same id to another body before; nothing is kept of this one
 */
export interface AcceptedWebhook {
  readonly outcome: 'new' | 'again' | 'different'
  /** Of the receipt. */
  readonly id: string
  /** ms since 1970: when it came first. */
  readonly receivedAt: number
}

/**
 * Keeps events, each once however often it comes. Runs in a transaction; when that commits, all are safe.
 *
 * @returns what became of each, in the order given.
 */
export async function acceptWebhooks(
  sql: Sql,
  events: readonly WebhookToAccept[]
): Promise<readonly AcceptedWebhook[]> {
  // In one order, so that two processes which take the same events wait for each other and not in a ring.
  const distinct = [...new Map(events.toReversed().map((event) => [keyOf(event), event])).values()].sort(
    (a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)
  )
  const made = await sql.query<KeptEvent>(
    `with made as (
       insert into webhook_event (id, partner_id, event_id, form, content_type, body, body_hash)
       select ${column('$1', 'uuid')}, ${column('$2')}, ${column('$3')}, ${column('$4')}, ${column('$5')},
              unnest($6::bytea[]), ${column('$7')}
       on conflict (partner_id, event_id) do nothing
       returning id, partner_id, event_id, body_hash, received_at, form),
     told as (select pg_notify('chesil_work', 'webhook-' || form) from made group by form)
     -- A left join from which nothing is taken would be left out by the planner, and nobody told.
     select ${keptColumns} from made cross join (select count(*) from told) told`,
    [
      lines(distinct.map(({ id }) => id)),
      lines(distinct.map(({ partnerId }) => partnerId)),
      lines(distinct.map(({ eventId }) => eventId)),
      lines(distinct.map(({ form }) => form)),
      lines(distinct.map(({ contentType }) => contentType)),
      distinct.map(({ body }) => body),
      lines(distinct.map(({ bodyHash }) => bodyHash))
    ]
  )
  const kept = new Map(made.map((row) => [keyOf(row), row]))
  const known = await findKnown(
    sql,
    distinct.filter((event) => !kept.has(keyOf(event)))
  )
  for (const row of known) kept.set(keyOf(row), row)
  return events.map((event) => {
    const row = kept.get(keyOf(event))
    if (!row) throw new Error('An event that was kept is not there')
    const { id, receivedAt } = row
    if (row.bodyHash !== event.bodyHash) return { outcome: 'different', id, receivedAt }
    return { outcome: id === event.id ? 'new' : 'again', id, receivedAt }
  })
}

interface KeptEvent {
  readonly id: string
  readonly partnerId: string
  readonly eventId: string
  readonly bodyHash: string
  readonly receivedAt: number
}

const keptColumns = `id, partner_id as "partnerId", event_id as "eventId", body_hash as "bodyHash",
  received_at as "receivedAt"`

const keyOf = ({ partnerId, eventId }: Pick<KeptEvent, 'partnerId' | 'eventId'>): string =>
  `${partnerId}\n${eventId}`

async function findKnown(sql: Sql, events: readonly WebhookToAccept[]): Promise<readonly KeptEvent[]> {
  if (events.length === 0) return []
  return await sql.query<KeptEvent>(
    `select ${keptColumns} from webhook_event
      where (partner_id, event_id) in (select ${column('$1')}, ${column('$2')})`,
    [lines(events.map(({ partnerId }) => partnerId)), lines(events.map(({ eventId }) => eventId))]
  )
}

/** An accepted event in the hands of its taker. */
export interface ClaimedWebhook {
  readonly id: string
  readonly partnerId: string
  readonly eventId: string
  readonly form: WebhookForm
  readonly contentType: string
  readonly body: Buffer
  /** ms since 1970: when it came first. */
  readonly receivedAt: number
  readonly attempt: number
  /** For which sources its partner speaks. */
  readonly sourceIds: readonly string[]
}

/** As its partner is registered: whose sources these are the catalogue says. */
export type RegisteredWebhook = ClaimedWebhook & { readonly odsCode: string }

/**
 * The oldest first, and partners by turns: whoever sends much delays nobody else. Whoever dies with events in hand loses
 * them when `leaseMs` have passed; what was in hand at several deaths is taken by itself, so that it ends no more than
 * itself.
 */
export async function claimWebhooks(
  sql: Sql,
  taker: WebhookTaker,
  { limit, leaseMs }: { readonly limit: number; readonly leaseMs: number }
): Promise<readonly RegisteredWebhook[]> {
  const forms = webhookForms.filter((form) => webhookTakers[form] === taker)
  return await sql.query<RegisteredWebhook>(claim, [forms, limit, leaseMs])
}

/** Attempts after which an event is suspected of ending its worker. */
const suspectAfter = 3

const isDue = (event: string) =>
  `${event}.state = 'accepted' and (${event}.lease_until is null or ${event}.lease_until < now())`

// More are looked at than are taken: another process may be at the same ones.
const claim = `
  with ${notAwaited},
  waiting as (
    select e.id, e.received_at, e.attempt >= ${suspectAfter} as is_suspect,
           row_number() over (partition by p.id order by e.received_at) as turn
      from partner p cross join unnest($1::text[]) as taken (form)
      cross join lateral (
        select id, received_at, attempt from webhook_event e
         where partner_id = p.id and form = taken.form and ${isDue('e')}
         order by received_at limit 4 * $2) e
     where p.suspended_at is null),
  looked_at as (
    select id, turn, received_at from (
      select *, row_number() over (partition by is_suspect order by turn, received_at) as nth from waiting) w
     where not is_suspect or nth = 1 order by turn, received_at limit 4 * $2),
  due as (
    select e.id from webhook_event e join looked_at using (id)
     where ${isDue('e')} order by looked_at.turn, looked_at.received_at limit $2 for update of e skip locked),
  claimed as (
    update webhook_event e set attempt = attempt + 1, lease_until = now() + $3 * interval '1 millisecond'
      from not_awaited, due where e.id = due.id
    returning e.*)
  select c.id, c.partner_id as "partnerId", c.event_id as "eventId", c.form, c.content_type as "contentType",
         c.body, c.received_at as "receivedAt", c.attempt, p.ods_code as "odsCode", p.source_ids as "sourceIds"
    from claimed c join partner p on p.id = c.partner_id order by c.received_at`

/** What its taker made of an event. */
export type WebhookSettlement =
  | {
      readonly outcome: 'taken'
      readonly inboxMessageIds: readonly string[]
      readonly pullIds?: readonly string[]
      readonly gaps?: readonly VersionGap[]
      /** Items that their source's agreement leaves out. */
      readonly denied?: number
      /** A code: why nothing was made of it, e.g. `denied`. */
      readonly reason?: string
    }
  | {
      readonly outcome: 'rejected'
      /** A code, e.g. `not-fhir`. */
      readonly reason: string
      readonly issues: readonly WebhookIssue[]
    }

/**
 * Writes down what became of an event, and drops its bytes: what was taken lies in the inbox, and what was rejected
 * its partner has. Runs in a transaction.
 */
export async function settleWebhook(
  sql: Sql,
  { id, attempt }: Pick<ClaimedWebhook, 'id' | 'attempt'>,
  settlement: WebhookSettlement
): Promise<void> {
  const issues = settlement.outcome === 'rejected' ? settlement.issues : []
  const gaps = settlement.outcome === 'taken' ? (settlement.gaps ?? []) : []
  const {
    inboxMessageIds: messageIds,
    pullIds = [],
    denied = 0
  } = settlement.outcome === 'taken' ? settlement : { inboxMessageIds: [] }
  const settled = await sql.query(
    `update webhook_event set state = $3, reason = $4, issues = $5, gaps = $6, denied_items = $7, body = null, settled_at = now(),
                              lease_until = null
      where id = $1 and state = 'accepted' and attempt = $2 returning id`,
    [
      ...[id, attempt, settlement.outcome, settlement.reason ?? null],
      ...[JSON.stringify(issues), JSON.stringify(gaps), denied]
    ]
  )
  if (settled.length === 0) return
  await saveOrigins(sql, 'webhook_message (webhook_event_id, inbox_message_id)', id, messageIds)
  await saveOrigins(sql, 'webhook_pull (webhook_event_id, pull_id)', id, pullIds)
}

async function saveOrigins(sql: Sql, relation: string, id: string, rowIds: readonly string[]): Promise<void> {
  if (rowIds.length === 0) return
  await sql.query(`insert into ${relation} select $1::uuid, ${column('$2', 'uuid')} on conflict do nothing`, [
    id,
    lines([...new Set(rowIds)])
  ])
}

/** Something else is away, and no fault of the event's: the attempt does not count. */
export async function postponeWebhook(
  sql: Sql,
  { id, attempt }: Pick<ClaimedWebhook, 'id' | 'attempt'>,
  reason: string
): Promise<'retried'> {
  await sql.query(
    `update webhook_event set attempt = attempt - 1, reason = $3, lease_until = now() + $4 * interval '1 millisecond'
      where id = $1 and state = 'accepted' and attempt = $2`,
    [id, attempt, reason, postponedMs]
  )
  return 'retried'
}

const postponedMs = 5_000

/** It waits for its next attempt; after the last it is set aside with its bytes, for an operator. */
export async function failWebhook(
  sql: Sql,
  { id, attempt }: Pick<ClaimedWebhook, 'id' | 'attempt'>,
  reason: string
): Promise<'retried' | 'dead'> {
  const isOver = attempt >= maxAttempts
  const backoffMs = Math.min(1_000 * 2 ** attempt, 60_000)
  await sql.query(
    `update webhook_event set reason = $3, state = case when $4 then 'dead' else state end,
            settled_at = case when $4 then now() end,
            lease_until = case when not $4 then now() + $5 * interval '1 millisecond' end
      where id = $1 and state = 'accepted' and attempt = $2`,
    [id, attempt, reason, isOver, backoffMs]
  )
  return isOver ? 'dead' : 'retried'
}

/** Tries dead events again, as if they had come just now. @returns how many. */
export async function retryWebhooks(
  sql: Sql,
  { partnerId, id }: { readonly partnerId?: string; readonly id?: string }
): Promise<number> {
  const revived = await sql.query<{ form: string }>(
    `update webhook_event set state = 'accepted', attempt = 0, reason = null, settled_at = null, lease_until = null
      where state = 'dead' and ($1::text is null or partner_id = $1) and ($2::uuid is null or id = $2)
      returning form`,
    [partnerId ?? null, id ?? null]
  )
  for (const form of new Set(revived.map((row) => row.form)))
    await sql.query(`select pg_notify('chesil_work', $1)`, [`webhook-${form}`])
  return revived.length
}

/**
 * Notes which versions of items an event tells of. Runs in a transaction.
 *
 * @returns for each of these items what is missing between the first and the last version that came.
 */
export async function noteItemVersions(
  sql: Sql,
  sourceId: string,
  told: readonly { readonly item: string; readonly version: number }[]
): Promise<readonly VersionGap[]> {
  if (told.length === 0) return []
  const values = [sourceId, lines(told.map(({ item }) => item)), lines(told.map(({ version }) => version))]
  await sql.query(
    `insert into item_version_told (source_id, item, version)
     select $1, ${column('$2')}, ${column('$3', 'bigint')} order by 2, 3 on conflict do nothing`,
    values
  )
  return await sql.query<VersionGap>(
    `select item, json_agg(missing order by missing) as missing from (
       select item, missing, row_number() over (partition by item order by missing desc) as nth from (
       select item, generate_series(greatest(version + 1, next - ${mostGaps}), next - 1) as missing from (
         select item, version, lead(version) over (partition by item order by version) as next
           from item_version_told where source_id = $1 and item in (select ${column('$2')})) told
        where next > version + 1) gap) latest
      where nth <= ${mostGaps} group by item order by item limit ${mostGaps}`,
    values.slice(0, 2)
  )
}

/** Of an item, the latest ones, and of items: a source that counts by time has gaps of millions. */
const mostGaps = 20
