import type { Sql } from './database.ts'
import type { Ids } from './ids.ts'
import { heldFrom, type MadeVersion, recordVersion } from './view-writing.ts'
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
 *
 * @param among Absent: all that the two have.
 */
export async function dropTwins(
  sql: Sql,
  { from, into }: Pick<Move, 'from' | 'into'>,
  among?: readonly string[]
): Promise<void> {
  const dropped = await sql.query<{ patientId: string; resourceId: string }>(
    `with ranked as (
       select patient_id, resource_id, authority,
              row_number() over (partition by resource_id, authority
                order by present desc, order_time desc, order_sequence desc, order_hash collate "C" desc) as rank
         from source_resource
        where patient_id in ($1, $2) and ($3::uuid[] is null or resource_id = any ($3::uuid[]))
          and (resource_id, authority) in (
          select resource_id, authority from source_resource where patient_id in ($1, $2)
           group by resource_id, authority having count(*) > 1))
     delete from source_resource held using ranked
      where ranked.rank > 1 and held.patient_id = ranked.patient_id
        and held.resource_id = ranked.resource_id and held.authority = ranked.authority
     returning held.patient_id as "patientId", held.resource_id as "resourceId"`,
    [from, into, among ?? null]
  )
  const ofFrom = dropped.filter(({ patientId }) => patientId === from)
  await moveEvents(
    sql,
    { from, into },
    ofFrom.map(({ resourceId }) => resourceId)
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
  const made = await commonVersion(sql, [from, into])
  if (items.length > 0) await reassign(sql, gift, made)
  const event = { cause, sourceId: 'identity', counts: {}, ...made }
  await Promise.all([from, into].map((patientId) => recordVersion(sql, { ...event, patientId }, ids)))
}

async function reassign(
  sql: Sql,
  {
    from,
    into,
    items
  }: { readonly from: string; readonly into: string; readonly items: readonly HeldItem[] },
  { version, heldFrom }: MadeVersion
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
    [from, into, resourceIds, version, new Date(heldFrom).toISOString(), authorities]
  )
  await sql.query(
    `update view_entry set to_version = $2
      where patient_id = $1 and to_version is null and (resource_id, authority) in (select * from unnest($3::uuid[], $4::text[]))`,
    [from, version, ...pairs]
  )
  // An item that a third person has by now stays theirs.
  await sql.query(
    'update source_resource_owner set patient_id = $2 where patient_id = $1 and resource_id = any ($3::uuid[])',
    [from, into, resourceIds]
  )
  await moveEvents(sql, { from, into }, resourceIds)
  await sql.query(
    `update source_resource set patient_id = $2
      where patient_id = $1 and (resource_id, authority) in (select * from unnest($3::uuid[], $4::text[]))`,
    [from, into, ...pairs]
  )
  await applyAwaiting(sql, resourceIds)
}

/** What was told of items. Both may have what one message told: it is kept once. */
async function moveEvents(
  sql: Sql,
  { from, into }: Pick<Move, 'from' | 'into'>,
  resourceIds: readonly string[]
): Promise<void> {
  if (resourceIds.length === 0) return
  await sql.query(
    `with told as (delete from item_event where patient_id = $1 and resource_id = any ($3::uuid[]) returning *)
     insert into item_event (patient_id, resource_id, contribution_id, order_time, order_sequence, order_hash, body)
     select $2, resource_id, contribution_id, order_time, order_sequence, order_hash, body from told
     on conflict do nothing`,
    [from, into, resourceIds]
  )
}

/** Later than any of either, so that an item that moves to and fro never has the same version twice. */
async function commonVersion(sql: Sql, both: readonly string[]): Promise<MadeVersion> {
  const rows = await sql.query<MadeVersion>(
    `update patient set revision = revision + 1,
            version = (select max(version) + 1 from patient where id = any ($1::uuid[]))
      where id = any ($1::uuid[]) returning version, ${heldFrom('any ($1::uuid[])')} as "heldFrom"`,
    [both]
  )
  return rows.reduce((a, b) => (a.heldFrom > b.heldFrom ? a : b))
}

/** SQL: the text of an entry of person $1 as one of person $2, with version $4 of time $5. */
const movedBody = `regexp_replace(
  replace(body, 'Patient/' || ($1::uuid)::text, 'Patient/' || ($2::uuid)::text),
  '^({"resourceType":"[A-Za-z]+","id":"[^"]+","meta":{"versionId":")[0-9]+(","lastUpdated":")[^"]+',
  '\\1' || $4::bigint || '\\2' || $5::text)`
