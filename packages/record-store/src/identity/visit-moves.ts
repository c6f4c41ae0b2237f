import { compareOrder, type SourceOrder } from '@chesil/care-record'
import type { Sql } from '../database.ts'
import type { Ids } from '../ids.ts'
import { dropTwins, giveItems, type HeldItem } from '../item-moves.ts'
import { applyAwaitingOf } from '../waiting-items.ts'
import { lockSurvivors } from './lock-survivors.ts'
import type { Said } from './statements.ts'

/** A stay that was recorded under the wrong patient. Ids of persons are those of the source's own patients. */
export interface VisitMove {
  /** Of the Encounter. */
  readonly visitId: string
  readonly from: string
  readonly into: string
}

/**
 * Gives a stay, with everything that refers to it, to the patient whom it belongs to; what arrives of it later
 * follows. A move said earlier than the one in force changes nothing. Runs in a transaction.
 */
export async function moveVisit(sql: Sql, said: Said, move: VisitMove, ids: Ids): Promise<void> {
  const { order } = said
  const [inForce] = await sql.query<{ id: string }>(
    `insert into visit_move as held (resource_id, source_id, into_patient_id, order_time, order_sequence, order_hash)
     values ($1, $2, $3, $4, $5, $6)
     on conflict (resource_id) do update set
       into_patient_id = excluded.into_patient_id, order_time = excluded.order_time,
       order_sequence = excluded.order_sequence, order_hash = excluded.order_hash
       where (held.order_time, held.order_sequence, held.order_hash collate "C")
           < (excluded.order_time, excluded.order_sequence, excluded.order_hash collate "C")
     returning resource_id as id`,
    [move.visitId, said.sourceId, move.into, order.time, order.sequence, order.hash]
  )
  if (!inForce) return
  const [owner] = await sql.query<{ patient_id: string }>(
    'select patient_id from source_resource_owner where resource_id = $1 and not released',
    [move.visitId]
  )
  const [into = move.into, ...others] = await lockSurvivors(sql, [
    move.into,
    move.from,
    ...(owner ? [owner.patient_id] : [])
  ])
  // Part of it may have come to the right one already, or wait for them.
  const persons = [...new Set([into, ...others])]
  await applyAwaitingOf(sql, persons)
  for (const from of persons) {
    const items = await itemsOfVisit(sql, from, said, move.visitId)
    const resourceIds = items.map(({ resourceId }) => resourceId)
    if (from !== into && items.length > 0) {
      await dropTwins(sql, { from, into }, resourceIds)
      await giveItems(sql, { from, into, items, cause: 'merge' }, ids)
    }
    await settleAt(sql, said.sourceId, move.into, resourceIds)
  }
}

/** The items are the patient's own from now on, also when merges are undone. */
async function settleAt(
  sql: Sql,
  sourceId: string,
  home: string,
  resourceIds: readonly string[]
): Promise<void> {
  // So that an earlier issue of what moves, arriving late, is known to be an earlier one.
  await sql.query(
    `insert into source_part as held (home_patient_id, source_id, part, covered_time, covered_sequence, covered_hash)
     select distinct on (part) $3, source_id, part, covered_time, covered_sequence, covered_hash from source_part
      where source_id = $2 and (home_patient_id, part) in (
        select home_patient_id, sections::json ->> 0 from source_resource where resource_id = any ($1::uuid[]))
        and home_patient_id <> $3
      order by part, covered_time desc, covered_sequence desc, covered_hash collate "C" desc
     on conflict (home_patient_id, source_id, part) do update set
       covered_time = excluded.covered_time, covered_sequence = excluded.covered_sequence,
       covered_hash = excluded.covered_hash
       where (held.covered_time, held.covered_sequence, held.covered_hash collate "C")
           < (excluded.covered_time, excluded.covered_sequence, excluded.covered_hash collate "C")`,
    [resourceIds, sourceId, home]
  )
  await sql.query('update source_resource set home_patient_id = $2 where resource_id = any ($1::uuid[])', [
    resourceIds,
    home
  ])
}

/**
 * The stay itself, what named it before the move was said, and what these refer to in turn: their files, specimens
 * and results.
 */
async function itemsOfVisit(
  sql: Sql,
  patientId: string,
  { sourceId, order }: Said,
  visitId: string
): Promise<readonly HeldItem[]> {
  return await sql.query<HeldItem>(
    `with recursive
       own as (
         select item.resource_id, item.authority, item.resource_type, entry.body
           from source_resource item
           left join view_entry entry on entry.patient_id = $1 and entry.resource_id = item.resource_id
                                     and entry.authority = item.authority and entry.to_version is null
          where item.patient_id = $1 and item.source_id = $2
            and (item.resource_id = $3 or (item.order_time, item.order_sequence, item.order_hash collate "C")
                                        < ($4, $5, $6 collate "C"))),
       moved as (
         select resource_id, authority, body from own
          where resource_id = $3 or body like '%"Encounter/' || $3::uuid || '"%'
         union
         select own.resource_id, own.authority, own.body from own join moved
           on moved.body like '%"' || own.resource_type || '/' || own.resource_id || '"%'
          where own.resource_type not in ('Patient', 'Encounter') and own.body not like '%"Encounter/%')
     select resource_id as "resourceId", authority from moved`,
    [patientId, sourceId, visitId, order.time, order.sequence, order.hash]
  )
}

/**
 * @returns by stay, to whose patient it was moved after this message was sent: what the message says of it is
 *   theirs.
 */
export async function findVisitMoves(
  sql: Sql,
  visitIds: readonly string[],
  order: SourceOrder
): Promise<ReadonlyMap<string, string>> {
  if (visitIds.length === 0) return new Map()
  const rows = await sql.query<{ id: string; into: string; time: number; sequence: number; hash: string }>(
    `select resource_id as id, into_patient_id as "into", order_time as time, order_sequence as sequence,
            order_hash as hash
       from visit_move where resource_id = any ($1::uuid[])`,
    [visitIds]
  )
  return new Map(
    rows
      .filter((row) => compareOrder({ ...row, time: new Date(row.time).toISOString() }, order) > 0)
      .map(({ id, into }) => [id, into])
  )
}
