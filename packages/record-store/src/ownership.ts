import type { Sql } from './database.ts'
import { column, lines } from './lines.ts'
import type { Scope } from './record.ts'
import type { WithdrawnItem } from './view-writing.ts'
import { applyAwaiting } from './waiting-items.ts'

/** An item as its source names it. */
export interface ItemName {
  readonly resourceId: string
  readonly resourceType: string
  readonly sourceResourceId: string
}

/**
 * Claims items for this person. Each item has one person; one that the source has said of somebody else is
 * refused, until that person's record no longer has it.
 *
 * @returns resource ids that belong to another person.
 */
export async function claimItems(
  sql: Sql,
  scope: Scope,
  items: readonly ItemName[]
): Promise<ReadonlySet<string>> {
  if (items.length === 0) return new Set()
  // In one order everywhere, so that two transactions wait for each other and do not lock each other out.
  const ids = lines(items.map(({ resourceId }) => resourceId).sort())
  const claimed = await sql.query<{ resource_id: string }>(
    `insert into source_resource_owner as held (resource_id, patient_id) select ${column('$1', 'uuid')}, $2
     on conflict (resource_id) do update set patient_id = excluded.patient_id, released = false where held.released
     returning resource_id`,
    [ids, scope.patientId]
  )
  if (claimed.length === items.length) return new Set()
  return new Set(
    await findOthersItems(
      sql,
      scope.patientId,
      items.map(({ resourceId }) => resourceId)
    )
  )
}

/** @returns those of these items that another person has. */
export async function findOthersItems(
  sql: Sql,
  patientId: string,
  resourceIds: readonly string[]
): Promise<readonly string[]> {
  if (resourceIds.length === 0) return []
  const rows = await sql.query<{ id: string }>(
    `select resource_id as id from source_resource_owner
      where resource_id in (select ${column('$1', 'uuid')}) and patient_id <> $2 and not released`,
    [lines(resourceIds), patientId]
  )
  return rows.map(({ id }) => id)
}

/**
 * Lets go of items that their source does not say of this person, so that it may say them of somebody else.
 * Those that another authority still has stay.
 */
export async function releaseItems(sql: Sql, scope: Scope, resourceIds: readonly string[]): Promise<void> {
  if (resourceIds.length === 0) return
  const released = await sql.query<{ id: string }>(
    `update source_resource_owner set released = true
      where patient_id = $1 and resource_id in (select ${column('$2', 'uuid')})
        and not exists (select from source_resource other
                         where other.patient_id = $1 and other.resource_id = source_resource_owner.resource_id
                           and other.present)
      returning resource_id as id`,
    [scope.patientId, lines(resourceIds)]
  )
  await applyAwaiting(
    sql,
    released.map(({ id }) => id)
  )
}

/** @returns the items under these ids, as a version names what is withdrawn. */
export async function nameItems(
  sql: Sql,
  scope: Scope,
  resourceIds: readonly string[]
): Promise<readonly WithdrawnItem[]> {
  if (resourceIds.length === 0) return []
  return await sql.query(
    `select resource_type as "resourceType", resource_id as "resourceId" from source_resource
      where patient_id = $1 and authority = $2 and resource_id in (select ${column('$3', 'uuid')})`,
    [scope.patientId, scope.authority, lines(resourceIds)]
  )
}
