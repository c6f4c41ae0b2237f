import type { VersionGap, WebhookForm, WebhookIssue } from '@chesil/contracts'
import type { Sql } from './database.ts'
import { column, lines } from './lines.ts'

/** All that is known of what became of an event that a partner sent. */
export interface WebhookFacts {
  readonly id: string
  readonly eventId: string
  readonly form: WebhookForm
  readonly state: 'accepted' | 'taken' | 'rejected' | 'dead'
  readonly reason: string | null
  readonly issues: readonly WebhookIssue[]
  readonly gaps: readonly VersionGap[]
  /** Items that their source's agreement leaves out. */
  readonly deniedItems: number
  /** ms since 1970 */
  readonly receivedAt: number
  readonly settledAt: number | null
  /** As its partner was first told; null: not yet. */
  readonly toldPersons: readonly ToldPerson[] | null
  readonly messages: readonly WebhookMessageFacts[]
  /** Of a notice that somebody's record has changed: whether their sources have answered. */
  readonly pulls: readonly WebhookPullFacts[]
}

/** A person whose record shows what an event brought. */
export interface ToldPerson {
  readonly patient: string
  readonly version: number
  readonly items: Readonly<Record<string, { readonly shown: number; readonly withdrawn: number }>>
}

export interface WebhookPullFacts {
  readonly sourceId: string
  readonly isOver: boolean
  /** Once it is over: `applied`, or why not. */
  readonly outcome: string | null
  /** ms since 1970 */
  readonly finishedAt: number | null
}

/** A message of the inbox that came of it. */
export interface WebhookMessageFacts {
  readonly state: 'received' | 'mapped' | 'refused' | 'dead'
  readonly reason: string | null
  /** ms since 1970 */
  readonly settledAt: number | null
  /** Items kept out: of these messages, and for as long as that stands. */
  readonly quarantined: readonly {
    readonly reason: string
    readonly section: string
    readonly items: number
  }[]
  /** What it says about each person. */
  readonly parts: readonly WebhookPartFacts[]
}

export interface WebhookPartFacts {
  readonly state: 'ready' | 'applied' | 'refused' | 'dead'
  readonly settledAt: number | null
  /** The person as the source knows them. */
  readonly patientId: string
  /** 0: nothing of it was let in. */
  readonly appliedVersion: number | null
  /** By type: items that appeared or changed, and those that were withdrawn. Null where nothing is shown otherwise. */
  readonly items: Readonly<Record<string, { readonly shown?: number; readonly withdrawn?: number }>> | null
}

export interface ReceiptQuery {
  readonly partnerId: string
  /** One; absent: all. */
  readonly id?: string
  readonly eventId?: string
  /** ms since 1970 */
  readonly since?: number
  /** Id of one of the partner's events: those accepted before it. */
  readonly before?: string
  readonly limit: number
}

/** The latest first. */
export async function readWebhookFacts(
  sql: Sql,
  { partnerId, id, eventId, since, before, limit }: ReceiptQuery
): Promise<readonly WebhookFacts[]> {
  return await sql.query<WebhookFacts>(factsQuery, [
    partnerId,
    id ?? null,
    eventId ?? null,
    since === undefined ? null : new Date(since),
    before ?? null,
    limit
  ])
}

/** Whoever is told another time is told the same. */
export async function keepToldPersons(
  sql: Sql,
  receipts: readonly { readonly id: string; readonly persons: readonly ToldPerson[] }[]
): Promise<void> {
  if (receipts.length === 0) return
  await sql.query(
    `update webhook_event e set told_persons = told.persons::jsonb
       from (select ${column('$1', 'uuid')} as id, ${column('$2')} as persons) told
      where e.id = told.id and e.told_persons is null`,
    [lines(receipts.map(({ id }) => id)), lines(receipts.map(({ persons }) => JSON.stringify(persons)))]
  )
}

const ms = (expression: string) => `floor(extract(epoch from ${expression}) * 1000)::bigint`

/** Whoever the person has been merged into may be the one whose version it is. */
const itemsOfPart = `(
  with recursive held (id) as (
    select c.patient_id
    union all select p.merged_into from patient p join held on p.id = held.id where p.merged_into is not null)
  select change.counts from change_event change join held on held.id = change.patient_id
   where change.version = c.applied_version and change.source_id = c.source_id and c.applied_version > 0 limit 1)`

const factsQuery = `
  select e.id, e.event_id as "eventId", e.form, e.state, e.reason, e.issues, e.gaps, e.denied_items as "deniedItems",
         ${ms('e.received_at')} as "receivedAt", ${ms('e.settled_at')} as "settledAt", e.told_persons as "toldPersons",
         coalesce((
           select json_agg(json_build_object(
               'state', m.state, 'reason', m.reason, 'settledAt', ${ms('m.settled_at')},
               'quarantined', coalesce((
                 select json_agg(json_build_object('reason', q.reason, 'section', q.section, 'items', q.items)
                                 order by q.section, q.reason)
                   from (select reason, section, count(distinct coalesce(resource_type || '/' || source_resource_id, id::text)) as items
                           from quarantine where inbox_message_id = m.id and closed_at is null group by 1, 2) q), '[]'),
               'parts', coalesce((
                 select json_agg(json_build_object('state', c.state, 'settledAt', ${ms('c.settled_at')},
                                                   'patientId', c.patient_id, 'appliedVersion', c.applied_version,
                                                   'items', ${itemsOfPart})
                                 order by c.part)
                   from contribution c where c.inbox_message_id = m.id), '[]')) order by m.received_at, m.id)
             from inbox_message m
            where m.id in (select inbox_message_id from webhook_message where webhook_event_id = e.id)), '[]') as messages,
         coalesce((
           select json_agg(json_build_object('sourceId', p.source_id, 'isOver', p.state = 'done', 'outcome', p.outcome,
                                             'finishedAt', ${ms('p.finished_at')}) order by p.source_id)
             from webhook_pull w join pull p on p.id = w.pull_id where w.webhook_event_id = e.id), '[]') as pulls
    from webhook_event e
   where e.partner_id = $1 and ($2::uuid is null or e.id = $2) and ($3::text is null or e.event_id = $3)
     and ($4::timestamptz is null or e.received_at >= $4)
     and ($5::uuid is null or (e.received_at, e.id) < (
       select last.received_at, last.id from webhook_event last where last.id = $5 and last.partner_id = $1))
   order by e.received_at desc, e.id desc limit $6`
