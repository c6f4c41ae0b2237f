import type { LabelledItem, ViewEntryIndex } from '@chesil/care-record'
import type { Sql } from './database.ts'
import { KeptEntry, type ViewEntry } from './view-entries.ts'

/** A past or present wording of one item; `undefined` body: it was withdrawn at that version. */
export interface EntryVersion {
  readonly version: number
  readonly lastUpdated: number
  readonly resourceType: string
  readonly sourceId: string
  readonly authority: string
  readonly entry: ViewEntry | undefined
}

/**
 * All that was ever shown of one item under this person and under those merged into them, newest first, as the
 * person's. What was shown while somebody was merged into them is not theirs any more once they are parted.
 */
export async function readEntryHistory(
  sql: Sql,
  patientId: string,
  resourceId: string,
  authority: string
): Promise<readonly EntryVersion[]> {
  const rows = await sql.query<HistoryRow>(
    `${theirs}
     select ${entryColumns}, patient_id as "under", to_version as "to", ended.created_at as "endedAt",
            coalesce(ended.cause in ('merge', 'unmerge'), false) as "isMoved"
       from view_entry
       left join lateral (select created_at, cause from patient_version v
                           where v.patient_id = view_entry.patient_id and v.version = to_version) ended on true
      where resource_id = $2 and authority in ('system', $3) and ${isTheirs}
        and (expires_at is null or expires_at > now())
      order by from_version desc`,
    [patientId, resourceId, authority]
  )
  const starts = new Set(rows.map(({ version }) => version))
  return rows.flatMap(({ to, endedAt, under, isMoved, ...row }) => {
    const { version, lastUpdated, resourceType, sourceId, authority } = row
    const body =
      under === patientId ? row.body : row.body.replaceAll(`"Patient/${under}"`, `"Patient/${patientId}"`)
    const { resourceId, indexText } = row
    const entry = new KeptEntry(resourceType, [resourceType, resourceId, '', indexText, body], authority, row)
    const shown = { version, lastUpdated, resourceType, sourceId, authority, entry }
    // An item that went with its person to another and back was never withdrawn.
    if (to === null || starts.has(to) || isMoved) return [shown]
    return [{ ...shown, version: to, lastUpdated: endedAt ?? row.lastUpdated, entry: undefined }, shown]
  })
}

interface HistoryRow extends Omit<ViewEntry, 'index' | 'expiresAt'> {
  readonly expiresAt: number | null
  readonly under: string
  readonly to: number | null
  readonly endedAt: number | null
  readonly isMoved: boolean
}

/** SQL: the person $1 and all that are merged into them, through others too. */
const theirs = `with recursive theirs (id) as (
  select $1::uuid union select patient.id from patient join theirs on patient.merged_into = theirs.id)`

/** SQL on `view_entry`: the person themselves, or an item that is with them now. */
const isTheirs = `patient_id in (select id from theirs)
  and (resource_id = $1 or exists (select from source_resource item
                                    where item.patient_id = $1 and item.resource_id = view_entry.resource_id
                                      and item.authority = view_entry.authority))`

/** As `readEntryHistory`, of all items: each wording as far as its labels depend on it. */
export async function readEveryIndex(
  sql: Sql,
  patientId: string,
  authority: string
): Promise<readonly LabelledItem[]> {
  const rows = await sql.query<{ key: string; index: string }>(
    `${theirs}
     select distinct resource_type || '/' || resource_id as key, search_index as "index" from view_entry
      where authority in ('system', $2) and ${isTheirs} and (expires_at is null or expires_at > now())`,
    [patientId, authority]
  )
  return rows.map(({ key, index }) => ({ key, index: JSON.parse(index) as ViewEntryIndex }))
}

/** @returns the person an item belongs or last belonged to. */
export async function findItemOwner(sql: Sql, resourceId: string): Promise<string | undefined> {
  const [row] = await sql.query<{ patient_id: string }>(
    'select patient_id from source_resource_owner where resource_id = $1',
    [resourceId]
  )
  return row?.patient_id
}

const entryColumns = `resource_type as "resourceType", resource_id as "resourceId", source_id as "sourceId", authority,
  from_version as "version", last_updated as "lastUpdated", search_index as "indexText", body, expires_at as "expiresAt"`
