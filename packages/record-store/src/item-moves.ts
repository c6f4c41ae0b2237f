import type { Sql } from './database.ts'
import type { Ids } from './ids.ts'
import { recordVersion } from './view-writing.ts'
import { applyAwaiting } from './waiting-items.ts'

/** What one person has becomes another’s. */
export interface Move {
  readonly from: string
  readonly into: string
  /** Whose items and numbers move, by where they are at home; null: all. */
  readonly homes: readonly string[] | null
  readonly cause: 'merge' | 'unmerge'
}

/** SQL on a table with `patient_id` and `home_patient_id`: what moves from person $1, of the homes $3. */
const which = 'patient_id = $1 and ($3::uuid[] is null or home_patient_id = any ($3::uuid[]))'

/**
 * An item that its source said of one and then of the other is known to both: what is shown of the two stays,
 * else what was said later.
 */
export async function dropTwins(sql: Sql, { from, into }: Move): Promise<void> {
  await sql.query(
    `with ranked as (
       select patient_id, resource_id, authority,
              row_number() over (partition by resource_id, authority
                order by present desc, order_time desc, order_sequence desc, order_hash collate "C" desc) as rank
         from source_resource
        where patient_id in ($1, $2) and (resource_id, authority) in (
          select resource_id, authority from source_resource where patient_id in ($1, $2)
           group by resource_id, authority having count(*) > 1))
     delete from source_resource held using ranked
      where ranked.rank > 1 and held.patient_id = ranked.patient_id
        and held.resource_id = ranked.resource_id and held.authority = ranked.authority`,
    [from, into]
  )
}

/** All that moves, whatever it is of: items with what is shown of them, and numbers. */
export async function moveItems(sql: Sql, { from, into, homes, cause }: Move, ids: Ids): Promise<void> {
  const items = await sql.query<HeldItem>(
    `select resource_id as "resourceId", authority from source_resource
      where patient_id = $1 and ($2::uuid[] is null or home_patient_id = any ($2::uuid[]))`,
    [from, homes]
  )
  await giveItems(sql, { from, into, items, cause }, ids)
  await sql.query(`update patient_identifier set patient_id = $2 where ${which}`, [from, into, homes])
}

/** An item, as one authority has it. */
export interface HeldItem {
  readonly resourceId: string
  readonly authority: string
}

/** Items are another person's from now on. They keep their ids; both persons move on by a version. */
export async function giveItems(
  sql: Sql,
  gift: Pick<Move, 'from' | 'into' | 'cause'> & { readonly items: readonly HeldItem[] },
  ids: Ids
): Promise<void> {
  const { from, into, items, cause } = gift
  const version = await commonVersion(sql, [from, into])
  const at = new Date()
  if (items.length > 0) await reassign(sql, gift, version, at)
  const event = { cause, sourceId: 'identity', at: at.getTime(), counts: {}, version }
  await Promise.all([from, into].map((patientId) => recordVersion(sql, { ...event, patientId }, ids)))
}

async function reassign(
  sql: Sql,
  {
    from,
    into,
    items
  }: { readonly from: string; readonly into: string; readonly items: readonly HeldItem[] },
  version: number,
  at: Date
): Promise<void> {
  const resourceIds = items.map(({ resourceId }) => resourceId)
  const authorities = items.map(({ authority }) => authority)
  const pairs = [resourceIds, authorities]
  await sql.query(
    `insert into view_entry (patient_id, resource_type, resource_id, authority, from_version, source_id,
                             last_updated, content_hash, search_index, body, expires_at)
     select $2, resource_type, resource_id, authority, $4, source_id, $5::text::timestamptz, content_hash, search_index,
            ${movedBody}, expires_at
       from view_entry
      where patient_id = $1 and to_version is null and (resource_id, authority) in (select * from unnest($3::uuid[], $6::text[]))`,
    [from, into, resourceIds, version, at.toISOString(), authorities]
  )
  await sql.query(
    `update view_entry set to_version = $2
      where patient_id = $1 and to_version is null and (resource_id, authority) in (select * from unnest($3::uuid[], $4::text[]))`,
    [from, version, ...pairs]
  )
  // An item that a third person has by now stays theirs.
  for (const table of ['source_resource_owner', 'item_event'])
    await sql.query(
      `update ${table} set patient_id = $2 where patient_id = $1 and resource_id = any ($3::uuid[])`,
      [from, into, resourceIds]
    )
  await sql.query(
    `update source_resource set patient_id = $2
      where patient_id = $1 and (resource_id, authority) in (select * from unnest($3::uuid[], $4::text[]))`,
    [from, into, ...pairs]
  )
  await applyAwaiting(sql, resourceIds)
}

/** Later than any of either, so that an item that moves to and fro never has the same version twice. */
async function commonVersion(sql: Sql, both: readonly string[]): Promise<number> {
  const rows = await sql.query<{ version: number }>(
    `update patient set revision = revision + 1,
            version = (select max(version) + 1 from patient where id = any ($1::uuid[]))
      where id = any ($1::uuid[]) returning version`,
    [both]
  )
  return (rows[0] as { version: number }).version
}

/** SQL: the text of an entry of person $1 as one of person $2, with version $4 of time $5. */
const movedBody = `regexp_replace(
  replace(body, 'Patient/' || ($1::uuid)::text, 'Patient/' || ($2::uuid)::text),
  '^({"resourceType":"[A-Za-z]+","id":"[^"]+","meta":{"versionId":")[0-9]+(","lastUpdated":")[^"]+',
  '\\1' || $4::bigint || '\\2' || $5::text)`
