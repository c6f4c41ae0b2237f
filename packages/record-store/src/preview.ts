import type { Database, Sql } from './database.ts'
import { personIdOf, resourceIdOf } from './ids.ts'
import { column, lines } from './lines.ts'

/** @returns those of these persons, as one source knows them, of whom that source has told before. */
export async function findKnownPersons(
  sql: Sql,
  sourceId: string,
  locals: readonly { readonly system: string; readonly value: string }[]
): Promise<ReadonlySet<string>> {
  const ids = [...new Set(locals.map(personIdOf))]
  // Others may use the same numbers: of what they have told nothing is said.
  const rows = await sql.query<{ id: string }>(
    `select known.id from unnest($1::uuid[]) as known (id)
      where exists (
        select from contribution c where c.patient_id = known.id and c.source_id = $2 and c.state = 'applied')`,
    [ids, sourceId]
  )
  const known = new Set(rows.map(({ id }) => id))
  return new Set(
    locals.filter((local) => known.has(personIdOf(local))).map(({ system, value }) => `${system}|${value}`)
  )
}

/** @returns those of these items that stand, each as `{resourceType} {sourceResourceId}`. */
export async function findStandingItems(
  sql: Sql,
  sourceId: string,
  items: readonly { readonly resourceType: string; readonly sourceResourceId: string }[]
): Promise<ReadonlySet<string>> {
  if (items.length === 0) return new Set()
  const idOf = ({ resourceType, sourceResourceId }: (typeof items)[number]) =>
    resourceIdOf(sourceId, resourceType, sourceResourceId)
  const rows = await sql.query<{ id: string }>(
    `select distinct resource_id as id from source_resource
      where resource_id in (select ${column('$1', 'uuid')}) and present`,
    [lines([...new Set(items.map(idOf))])]
  )
  const standing = new Set(rows.map(({ id }) => id))
  return new Set(
    items
      .filter((item) => standing.has(idOf(item)))
      .map(({ resourceType, sourceResourceId }) => `${resourceType} ${sourceResourceId}`)
  )
}

/** Carries the result of a transaction out of it, and nothing else. */
class RolledBack<Result> extends Error {
  readonly result: Result
  constructor(result: Result) {
    super('rolled back')
    this.result = result
  }
}

/** A database whose transactions leave nothing behind: for finding out what would become of something. */
export const withoutTrace = (database: Database): Database => ({
  // Also a statement by itself may write.
  query: (text, values) => rolledBack(database, (sql) => sql.query(text, values)),
  each: (text, values, take) => database.each(text, values, take),
  close: () => database.close(),
  transaction: (work) => rolledBack(database, work)
})

async function rolledBack<Result>(database: Database, work: (sql: Sql) => Promise<Result>): Promise<Result> {
  try {
    return await database.transaction(async (sql) => {
      throw new RolledBack(await work(sql))
    })
  } catch (error) {
    if (error instanceof RolledBack) return error.result as Result
    throw error
  }
}
