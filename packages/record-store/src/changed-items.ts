import type { ChangedItem, ViewEntryIndex } from '@chesil/care-record'
import type { Sql } from './database.ts'

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
