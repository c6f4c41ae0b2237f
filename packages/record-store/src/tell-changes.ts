import type { ChangedItem, Topic } from '@chesil/care-record'
import { systems } from '@chesil/fhir'
import { readChangedItems } from './changed-items.ts'
import type { Sql } from './database.ts'
import { holdSubscriptions, releaseNext, uniteSubjects } from './delivery-order.ts'
import { column, lines } from './lines.ts'

/** Which changes make which deliveries. */
export interface TellingRules {
  /** Whether a topic is about a change. */
  readonly isAbout: (
    topic: Topic,
    items: readonly ChangedItem[],
    change: { readonly isMove: boolean }
  ) => boolean
  readonly newId: () => string
  /** ms since 1970 */
  readonly now: number
}

/** A change that has to be told, with the subscriptions that cover its person. */
interface ChangeToTell {
  readonly changeEventId: string
  readonly patientId: string
  readonly version: number
  readonly cause: string
  readonly subscriptions:
    | readonly {
        readonly id: string
        readonly topic: Topic
        readonly subjects: readonly [string, ...string[]]
      }[]
    | null
}

interface NewDelivery extends Omit<ChangeToTell, 'cause' | 'subscriptions'> {
  readonly id: string
  readonly subscriptionId: string
  readonly subjects: readonly [string, ...string[]]
}

/**
 * Makes deliveries of changes that were committed. Changes are claimed by what is there: one that commits after a later
 * one is found with the next look, and those of one person come in the order of their versions, for their positions are
 * given under the person's lock. Runs in a transaction; one process at a time, the others are told 0.
 *
 * @returns how many changes were looked at.
 */
export async function tellChanges(sql: Sql, limit: number, rules: TellingRules): Promise<number> {
  const [lock] = await sql.query<{ isOurs: boolean }>(
    `select pg_try_advisory_xact_lock(hashtextextended('chesil sequencer', 0)) as "isOurs"`
  )
  if (!lock?.isOurs) return 0
  const changes = await takeChanges(sql, limit, rules.now)
  const found: NewDelivery[] = []
  for (const { subscriptions, cause, ...change } of changes) {
    if (!subscriptions) continue
    const items = await readChangedItems(sql, change.patientId, change.version)
    const isMove = cause === 'merge' || cause === 'unmerge'
    for (const { id: subscriptionId, topic, subjects } of subscriptions)
      if (rules.isAbout(topic, items, { isMove }))
        found.push({ ...change, id: rules.newId(), subscriptionId, subjects })
  }
  await saveDeliveries(sql, found, rules.now)
  return changes.length
}

/**
 * Whoever is covered now is told, and of what came just before, too: what their clocks and ours say of that moment may
 * differ, and what they may know is decided when it is sent.
 */
async function takeChanges(sql: Sql, limit: number, now: number): Promise<readonly ChangeToTell[]> {
  return await sql.query<ChangeToTell>(
    `with gone as (
       delete from change_to_tell where position in (select position from change_to_tell order by position limit $1)
       returning position, change_event_id)
     select c.id as "changeEventId", c.patient_id as "patientId", c.version, c.cause,
            (select json_agg(json_build_object('id', id, 'topic', topic, 'subjects', subjects)) from (
               select s.id, s.topic, array_agg(distinct p.subject_id) as subjects
                 from patient_identifier i
                 join subscription_person p on p.nhs_number = i.value and p.ended_at is null
                 join subscription s on s.id = p.subscription_id
                where i.patient_id = c.patient_id and i.system = $2 and s.status <> 'off'
                  and (s.ends_at is null or s.ends_at > $3)
                group by s.id, s.topic) covering) as subscriptions
       from gone join change_event c on c.id = gone.change_event_id
      order by gone.position`,
    [limit, systems.nhsNumber, new Date(now)]
  )
}

async function saveDeliveries(sql: Sql, found: readonly NewDelivery[], now: number): Promise<void> {
  if (found.length === 0) return
  const standing = await holdSubscriptions(sql, [
    ...new Set(found.map(({ subscriptionId }) => subscriptionId))
  ])
  const told = found.filter(({ subscriptionId }) => standing.has(subscriptionId))
  const united = new Map<string, string>()
  for (const { subscriptionId, subjects } of told) {
    const [kept, ...others] = [...new Set(subjects.map((id) => united.get(id) ?? id))]
    if (kept === undefined || others.length === 0) continue
    await uniteSubjects(sql, subscriptionId, kept, others)
    for (const [id, to] of united) if (others.includes(to)) united.set(id, kept)
    for (const id of others) united.set(id, kept)
  }
  const deliveries = told.map(({ subjects: [subject], ...delivery }) => ({
    ...delivery,
    subjectId: united.get(subject) ?? subject
  }))
  await sql.query(
    `insert into delivery (id, subscription_id, kind, state, change_event_id, subject_id, patient_id, version, next_attempt_at)
     select ${column('$1', 'uuid')}, ${column('$2', 'uuid')}, 'event', 'queued', ${column('$3', 'uuid')},
            ${column('$4', 'uuid')}, ${column('$5', 'uuid')}, ${column('$6', 'bigint')}, $7
     on conflict (subscription_id, change_event_id) do nothing`,
    [
      lines(deliveries.map(({ id }) => id)),
      lines(deliveries.map(({ subscriptionId }) => subscriptionId)),
      lines(deliveries.map(({ changeEventId }) => changeEventId)),
      lines(deliveries.map(({ subjectId }) => subjectId)),
      lines(deliveries.map(({ patientId }) => patientId)),
      lines(deliveries.map(({ version }) => version)),
      new Date(now)
    ]
  )
  await releaseNext(sql, deliveries)
}
