import { indexResource } from '@chesil/care-record'
import type { Resource } from '@chesil/fhir'
import type { Sql } from './database.ts'
import { entriesHash } from './held-versions.ts'
import type { Ids } from './ids.ts'
import { column, lines } from './lines.ts'
import type { VersionCause } from './version-facts.ts'

/** An item to show from the next version on. */
export interface ShownItem {
  /** With `id`; `meta.versionId` and `meta.lastUpdated` are set here. */
  readonly resource: Resource & { readonly id?: string }
  readonly sections: readonly string[]
  /** Of its content, without what is set here. */
  readonly hash: string
}

export interface WithdrawnItem {
  readonly resourceType: string
  readonly resourceId: string
}

export interface VersionToWrite {
  readonly patientId: string
  readonly sourceId: string
  readonly authority: string
  readonly cause: VersionCause
  /** Instant as of which the source said it; absent for what no source said. */
  readonly sourceTime?: string
  readonly shown: readonly ShownItem[]
  readonly withdrawn: readonly WithdrawnItem[]
  /** ms since 1970; absent for what may be kept. */
  readonly expiresAt?: number
}

/** Locks persons against every other change, always in the same order. @returns those that exist. */
export async function lockPersons(sql: Sql, patientIds: readonly string[]): Promise<readonly LockedPerson[]> {
  return await sql.query<LockedPerson>(
    `select id, version, merged_into as "mergedInto" from patient where id = any ($1::uuid[]) order by id for update`,
    [patientIds]
  )
}

export interface LockedPerson {
  readonly id: string
  readonly version: number
  readonly mergedInto: string | null
}

/** Tells every cache that answers about these persons are no longer what they were. */
export async function raiseRevision(sql: Sql, patientIds: readonly string[]): Promise<void> {
  await sql.query('update patient set revision = revision + 1 where id = any ($1::uuid[])', [patientIds])
}

export async function openEntryHash(
  sql: Sql,
  patientId: string,
  resourceId: string
): Promise<string | undefined> {
  const [row] = await sql.query<{ content_hash: string }>(
    `select content_hash from view_entry
      where patient_id = $1 and resource_id = $2 and authority = 'system' and to_version is null`,
    [patientId, resourceId]
  )
  return row?.content_hash
}

/**
 * Writes the person's next version: only the entries that changed, closing those they replace. The caller
 * holds the person's lock.
 *
 * @returns the number of the new version.
 */
export async function writeVersion(sql: Sql, change: VersionToWrite, ids: Ids): Promise<number> {
  const made = await nextVersion(sql, change.patientId)
  await Promise.all([
    replaceEntries(sql, change, made),
    recordVersion(sql, { ...change, ...made, counts: countsOf(change) }, ids)
  ])
  return made.version
}

/** A version of a person's record, and since when it is held. */
export interface MadeVersion {
  readonly version: number
  /** ms since 1970 */
  readonly heldFrom: number
}

async function nextVersion(sql: Sql, patientId: string): Promise<MadeVersion> {
  const [row] = await sql.query<MadeVersion>(
    `update patient set version = version + 1, revision = revision + 1 where id = $1
     returning version, ${heldFrom('patient.id')} as "heldFrom"`,
    [patientId]
  )
  return row as MadeVersion
}

/**
 * SQL: when a version of a person begins to be held, by the server's clock under the person's lock, in whole ms. Later
 * versions are held from later on, whenever what they say was said, and what they bring is new from then on.
 */
export const heldFrom = (
  patientId: string
): string => `greatest(date_trunc('milliseconds', clock_timestamp()),
  (select date_trunc('milliseconds', max(created_at)) + interval '1 millisecond' from patient_version
    where patient_version.patient_id = ${patientId}))`

/** Closes what is replaced or withdrawn and opens what is shown from now on: one statement, for each costs a trip. */
async function replaceEntries(
  sql: Sql,
  change: VersionToWrite,
  { version, heldFrom }: MadeVersion
): Promise<void> {
  const replaced = change.shown.map(({ resource }) => resource.id as string)
  const closed = [...replaced, ...change.withdrawn.map(({ resourceId }) => resourceId)]
  const lastUpdated = new Date(heldFrom).toISOString()
  const versioned = change.shown.map(({ resource }) => withVersion(resource, version, lastUpdated))
  await sql.query(
    `with closed as (
       update view_entry set to_version = $5
        where patient_id = $1 and authority = $4 and to_version is null
          and resource_id in (select ${column('$12', 'uuid')}))
     insert into view_entry (patient_id, resource_type, resource_id, authority, from_version, source_id,
                             last_updated, content_hash, search_index, body, expires_at)
     select $1, ${column('$2')}, ${column('$3', 'uuid')}, $4, $5, $6, $7,
            ${column('$8')}, ${column('$9')}, ${column('$10')}, $11`,
    [
      change.patientId,
      lines(change.shown.map(({ resource }) => resource.resourceType)),
      lines(replaced),
      change.authority,
      version,
      change.sourceId,
      lastUpdated,
      lines(change.shown.map(({ hash }) => hash)),
      lines(change.shown.map(({ resource, sections }) => JSON.stringify(indexResource(resource, sections)))),
      lines(versioned.map((resource) => JSON.stringify(resource))),
      change.expiresAt === undefined ? null : new Date(change.expiresAt),
      lines(closed)
    ]
  )
}

/** `resourceType`, `id` and `meta` come first, as `movedBody` of a merge needs it. */
function withVersion(
  { resourceType, id, meta, ...content }: ShownItem['resource'],
  version: number,
  at: string
) {
  const { versionId: _, lastUpdated: __, ...others } = meta ?? {}
  return { resourceType, id, meta: { versionId: String(version), lastUpdated: at, ...others }, ...content }
}

/** The version's hash covers what everybody may be shown, so that it can be told later that nothing was altered. */
export async function recordVersion(
  sql: Sql,
  event: MadeVersion &
    Pick<VersionToWrite, 'patientId' | 'cause' | 'sourceId' | 'sourceTime'> & { readonly counts: Counts },
  ids: Ids
): Promise<void> {
  await sql.query(
    `with versioned as (
       insert into patient_version (patient_id, version, created_at, cause, hash, source_time)
       select $1, $2, $3, $4, ${entriesHash}, $8
         from view_entry where patient_id = $1 and authority = 'system' and to_version is null)
     insert into change_event (id, patient_id, version, cause, source_id, counts, occurred_at)
     values ($5, $1, $2, $4, $6, $7, $3)`,
    [
      event.patientId,
      event.version,
      new Date(event.heldFrom),
      event.cause,
      ids.newId(),
      event.sourceId,
      event.counts,
      event.sourceTime ?? null
    ]
  )
}

/** `{ "Observation": { "shown": 3, "withdrawn": 1 } }` */
export type Counts = Record<string, { shown: number; withdrawn: number }>

function countsOf({ shown, withdrawn }: VersionToWrite): Counts {
  const counts: Counts = {}
  const count = (type: string) => {
    counts[type] ??= { shown: 0, withdrawn: 0 }
    return counts[type]
  }
  for (const { resource } of shown) count(resource.resourceType).shown++
  for (const { resourceType } of withdrawn) count(resourceType).withdrawn++
  return counts
}
