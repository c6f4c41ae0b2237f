import type { Sql } from './database.ts'

/** Of whom a partner wants to be told, and why it has to know. */
export interface AssertedPerson {
  readonly id: string
  readonly nhsNumber: string
  /** YYYY-MM-DD */
  readonly birthDate: string
  readonly relationship: string
  /** ms since 1970 */
  readonly assertedAt: number
  readonly assertedBy: string
}

const columns = `id, nhs_number as "nhsNumber", birth_date as "birthDate", relationship, asserted_at as "assertedAt",
  asserted_by as "assertedBy"`

/**
 * Nothing is looked up of the person: it comes to the same whether or not there is one. One that says otherwise of the
 * same number takes the place of the one that stands. Runs in a transaction.
 *
 * @returns false when the same is asserted already.
 */
export async function assertPerson(
  sql: Sql,
  subscriptionId: string,
  { id, nhsNumber, birthDate, relationship, assertedBy }: Omit<AssertedPerson, 'assertedAt'>
): Promise<boolean> {
  const replaced = await sql.query<{ birthDate: string; assertedAt: number }>(
    `update subscription_person set ended_at = now()
      where subscription_id = $1 and nhs_number = $2 and ended_at is null
        and (birth_date <> $3 or relationship <> $4)
     returning birth_date as "birthDate", asserted_at as "assertedAt"`,
    [subscriptionId, nhsNumber, birthDate, relationship]
  )
  // With another reason the same person goes on being told of; somebody else begins now.
  const since = replaced.find((one) => one.birthDate === birthDate)?.assertedAt
  const made = await sql.query(
    `insert into subscription_person
       (id, subscription_id, nhs_number, birth_date, relationship, asserted_by, asserted_at, subject_id)
     values ($1, $2, $3, $4, $5, $6, coalesce($7, now()),
             coalesce((select subject_id from subscription_person where subscription_id = $2 and nhs_number = $3 limit 1), $1))
     on conflict (subscription_id, nhs_number) where ended_at is null do nothing returning id`,
    [
      id,
      subscriptionId,
      nhsNumber,
      birthDate,
      relationship,
      assertedBy,
      since === undefined ? null : new Date(since)
    ]
  )
  return made.length > 0
}

/** The standing assertion of that number. */
export async function findAssertedPerson(
  sql: Sql,
  subscriptionId: string,
  nhsNumber: string
): Promise<AssertedPerson | undefined> {
  const [found] = await sql.query<AssertedPerson>(
    `select ${columns} from subscription_person where subscription_id = $1 and nhs_number = $2 and ended_at is null`,
    [subscriptionId, nhsNumber]
  )
  return found
}

export interface AssertedPersonsPage {
  /** At most so many; all when absent. */
  readonly limit?: number
  /** Those after the one with this id. */
  readonly after?: string
}

/** Standing ones, in the order of their ids. */
export async function listAssertedPersons(
  sql: Sql,
  subscriptionId: string,
  { limit, after }: AssertedPersonsPage = {}
): Promise<readonly AssertedPerson[]> {
  return await sql.query<AssertedPerson>(
    `select ${columns} from subscription_person
      where subscription_id = $1 and ended_at is null and ($2::uuid is null or id > $2) order by id limit $3`,
    [subscriptionId, after ?? null, limit ?? null]
  )
}

/** How many stand. Runs in a transaction: whoever asserts another one at once waits. */
export async function countAssertedPersons(sql: Sql, subscriptionId: string): Promise<number> {
  await sql.query('select id from subscription where id = $1 for update', [subscriptionId])
  const [row] = await sql.query<{ count: number }>(
    'select count(*) from subscription_person where subscription_id = $1 and ended_at is null',
    [subscriptionId]
  )
  return Number(row?.count ?? 0)
}

/** @returns false when there is no such assertion. */
export async function endAssertion(sql: Sql, subscriptionId: string, id: string): Promise<boolean> {
  const ended = await sql.query(
    `update subscription_person set ended_at = now() where subscription_id = $1 and id = $2 and ended_at is null
     returning id`,
    [subscriptionId, id]
  )
  return ended.length > 0
}
