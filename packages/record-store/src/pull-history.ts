import type { Section } from '@chesil/contracts'
import type { Sql } from './database.ts'
import type { Scope } from './record.ts'

/** What a source has already told of a person: decides how it is asked the next time. Times: ms since 1970. */
export interface PullHistory {
  /** When the request began whose answer was applied last; absent: none was. */
  readonly asAt?: number
  /** Ask again about the whole, whatever the age: the person was merged or parted since. */
  readonly isStale: boolean
  readonly sections: ReadonlyMap<Section, SectionHistory>
  /** What is in the record, by type: names as the source has them. */
  readonly held: ReadonlyMap<string, ReadonlySet<string>>
}

export interface SectionHistory {
  /** e.g. `returned`, `failed` */
  readonly state: string
  /** When it was last returned complete; absent: never, for this person themselves. */
  readonly coveredAt?: number
  /** Whether items of it are kept out. */
  readonly hasQuarantined: boolean
}

export async function readPullHistory(
  sql: Sql,
  { patientId, sourceId, authority }: Pick<Scope, 'patientId' | 'sourceId' | 'authority'>
): Promise<PullHistory> {
  const scope = [patientId, sourceId, authority]
  const [status] = await sql.query<{ asAt: number | null; stale: boolean }>(
    `select as_at as "asAt", stale from source_status
      where patient_id = $1 and source_id = $2 and authority = $3`,
    scope
  )
  const sections = await sql.query<{
    section: Section
    state: string
    coveredAt: number | null
    hasQuarantined: boolean
  }>(
    `select section, state, case when not borrowed then covered_time end as "coveredAt",
            exists (select from quarantine
                     where (patient_id, source_id, authority, section)
                         = (held.patient_id, held.source_id, held.authority, held.section)
                       and closed_at is null) as "hasQuarantined"
       from source_section held where patient_id = $1 and source_id = $2 and authority = $3`,
    scope
  )
  const items = await sql.query<{ type: string; name: string }>(
    `select resource_type as type, source_resource_id as name from source_resource
      where patient_id = $1 and source_id = $2 and authority = $3 and present`,
    scope
  )
  const byType = Map.groupBy(items, ({ type }) => type)
  return {
    ...(status && status.asAt !== null && { asAt: status.asAt }),
    isStale: status?.stale ?? false,
    sections: new Map(
      sections.map(({ section, state, coveredAt, hasQuarantined }) => [
        section,
        { state, hasQuarantined, ...(coveredAt !== null && { coveredAt }) }
      ])
    ),
    held: new Map([...byType].map(([type, rows]) => [type, new Set(rows.map(({ name }) => name))]))
  }
}
