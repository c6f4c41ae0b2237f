import type { Sql } from './database.ts'

/** Why a version of a person's record came to be. */
export interface VersionFacts {
  readonly version: number
  readonly cause: VersionCause
  readonly sourceId: string
  /** ms since 1970 */
  readonly createdAt: number
  /** The same source had said something of a later time before. */
  readonly isLate: boolean
}

export type VersionCause = 'pds-trace' | 'contribution' | 'merge' | 'unmerge' | 'retention-rule'

/** @returns every version after one, oldest first. */
export async function readVersionsAfter(
  sql: Sql,
  patientId: string,
  version: number
): Promise<readonly VersionFacts[]> {
  return await sql.query<VersionFacts>(
    `select version, cause, "sourceId", "createdAt", "isLate"
       from (select made.version, made.cause, source_id as "sourceId", created_at as "createdAt",
                    coalesce(source_time < max(source_time) over (
                      partition by source_id order by made.version
                      rows between unbounded preceding and 1 preceding), false) as "isLate"
               from patient_version made join change_event using (patient_id, version)
              where patient_id = $1) told
      where version > $2 order by version`,
    [patientId, version]
  )
}

/**
 * @param resourceIds Of items that stood at a version.
 * @returns by id, the version in which the item was withdrawn or went to another person; not of those that still stand.
 */
export async function findWithdrawals(
  sql: Sql,
  patientId: string,
  version: number,
  resourceIds: readonly string[]
): Promise<ReadonlyMap<string, number>> {
  const rows = await sql.query<{ id: string; version: number }>(
    `select resource_id as id, max(to_version) as version from view_entry
      where patient_id = $1 and resource_id = any ($3::uuid[]) and authority = 'system'
        and (to_version is null or to_version > $2)
      group by resource_id having bool_and(to_version is not null)`,
    [patientId, version, resourceIds]
  )
  return new Map(rows.map((row) => [row.id, row.version]))
}
