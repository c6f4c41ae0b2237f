import type { Sql } from './database.ts'
import { resourceIdOf } from './ids.ts'

/** A version of a person's record, as it was written down when it was made. */
export interface HeldVersion {
  readonly version: number
  /** SHA-256 over what everybody could be shown, in hex. */
  readonly hash: string
  /** ms since 1970 */
  readonly createdAt: number
  /** Somebody has been merged into the person since: what was held of them then is under their own id. */
  readonly isBeforeMerge: boolean
  /** Its entries still give its hash: nothing of it was purged since, or altered. */
  readonly isWhole: boolean
}

/**
 * @param at ms since 1970, and over: a version that was being made then is waited for.
 * @returns the version that held at that moment; `undefined` before the first.
 */
export async function findVersionAt(
  sql: Sql,
  patientId: string,
  at: number
): Promise<HeldVersion | undefined> {
  // Whoever makes a version has the person's lock, and takes its time under it.
  await sql.query('select id from patient where id = $1 for share', [patientId])
  const [held] = await sql.query<HeldVersion>(
    `${heldVersion} where patient_id = $1 and created_at <= $2 order by version desc limit 1`,
    [patientId, new Date(at)]
  )
  return held
}

/** @returns `undefined` for a version that there never was. */
export async function readHeldVersion(
  sql: Sql,
  patientId: string,
  version: number
): Promise<HeldVersion | undefined> {
  const [held] = await sql.query<HeldVersion>(`${heldVersion} where patient_id = $1 and version = $2`, [
    patientId,
    version
  ])
  return held
}

/** Of what was a person's once and is not to be shown as theirs again. */
export interface NotTheirs {
  /** Ids of items: their source has said that they are another person's, or they have gone to another since. */
  readonly ids: ReadonlySet<string>
  /** ms since 1970: when a source last said so of something; absent: never. */
  readonly lastSaidAt?: number
}

export async function findNotTheirs(sql: Sql, patientId: string): Promise<NotTheirs> {
  const moved = await sql.query<{ id: string }>(
    `select distinct entry.resource_id as id
       from view_entry entry join source_resource_owner owner using (resource_id)
      where entry.patient_id = $1 and owner.patient_id <> $1`,
    [patientId]
  )
  const wrong = await sql.query<{ sourceId: string; type: string; id: string | null; openedAt: number }>(
    `select source_id as "sourceId", resource_type as type, source_resource_id as id, opened_at as "openedAt"
       from quarantine where patient_id = $1 and reason = 'wrong-patient' and closed_at is null`,
    [patientId]
  )
  const named = wrong.flatMap(({ sourceId, type, id }) =>
    id === null ? [] : resourceIdOf(sourceId, type, id)
  )
  return {
    ids: new Set([...moved.map(({ id }) => id), ...named]),
    ...(wrong.length > 0 && { lastSaidAt: Math.max(...wrong.map(({ openedAt }) => openedAt)) })
  }
}

/** SQL over rows of `view_entry`: the hash of a version that consists of them. */
export const entriesHash = `encode(sha256(convert_to(coalesce(string_agg(
  resource_id::text || content_hash, '' order by resource_id), ''), 'UTF8')), 'hex')`

const heldVersion = `select version, hash, created_at as "createdAt",
       exists (select from identity_link
                where into_patient_id = held.patient_id and linked_at > held.created_at and undone_at is null) as "isBeforeMerge",
       hash = (select ${entriesHash} from view_entry
                where patient_id = held.patient_id and authority = 'system' and from_version <= held.version
                  and (to_version is null or to_version > held.version)) as "isWhole"
  from patient_version held`
