import type { Sql } from './database.ts'
import { column, lines } from './lines.ts'

/**
 * What one subscriber is told of one subject comes in order: one delivery of a subject is `waiting` at a time, those behind
 * it are `queued`. Whoever adds, ends or puts back deliveries holds the subscription meanwhile, so that none of them
 * sees what another is about to change.
 */
export interface Subject {
  readonly subscriptionId: string
  readonly subjectId: string
}

/** Holds subscriptions until the transaction ends, always in the same order. @returns those that are not off. */
export async function holdSubscriptions(sql: Sql, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const held = await sql.query<{ id: string; status: string }>(
    'select id, status from subscription where id = any($1::uuid[]) order by id for no key update',
    [ids]
  )
  return new Set(held.filter(({ status }) => status !== 'off').map(({ id }) => id))
}

/** Of each subject of which nothing waits, the first that is queued does from now on. */
export async function releaseNext(sql: Sql, subjects: readonly Subject[]): Promise<void> {
  if (subjects.length === 0) return
  await sql.query(
    `update delivery d set state = 'waiting'
       from (select distinct * from (select ${column('$1', 'uuid')} as subscription_id, ${column('$2', 'uuid')} as subject_id) given) s
      cross join lateral (
        select q.id from delivery q
         where q.subscription_id = s.subscription_id and q.subject_id = s.subject_id and q.state = 'queued'
         order by q.position limit 1) next
      where d.id = next.id
        and not exists (
          select from delivery w
           where w.subscription_id = s.subscription_id and w.subject_id = s.subject_id and w.state = 'waiting')`,
    [
      lines(subjects.map(({ subscriptionId }) => subscriptionId)),
      lines(subjects.map(({ subjectId }) => subjectId))
    ]
  )
}

/**
 * Assertions of a subscription that turn out to mean one person have one order from now on, and keep it should the persons
 * be parted again.
 */
export async function uniteSubjects(
  sql: Sql,
  subscriptionId: string,
  kept: string,
  others: readonly string[]
): Promise<void> {
  await sql.query(
    'update subscription_person set subject_id = $2 where subscription_id = $1 and subject_id = any($3::uuid[])',
    [subscriptionId, kept, others]
  )
  await sql.query(
    'update delivery set subject_id = $2 where subscription_id = $1 and subject_id = any($3::uuid[])',
    [subscriptionId, kept, others]
  )
}
