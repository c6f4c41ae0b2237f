import { compareOrder, type SourceOrder } from '@chesil/care-record'
import type { Sql } from '../database.ts'
import type { Ids } from '../ids.ts'
import { giveItems, type HeldItem } from '../merge.ts'
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
  const [from, into] = await lockSurvivors(sql, [owner?.patient_id ?? move.from, move.into])
  const items = await itemsOfVisit(sql, from as string, said.sourceId, move.visitId)
  if (items.length === 0) return
  if (from !== into)
    await giveItems(sql, { from: from as string, into: into as string, items, cause: 'merge' }, ids)
  await sql.query('update source_resource set home_patient_id = $2 where resource_id = any ($1::uuid[])', [
    items.map(({ resourceId }) => resourceId),
    move.into
  ])
}

/** The stay itself, and what names it. */
async function itemsOfVisit(
  sql: Sql,
  patientId: string,
  sourceId: string,
  visitId: string
): Promise<readonly HeldItem[]> {
  return await sql.query<HeldItem>(
    `select item.resource_id as "resourceId", item.authority from source_resource item
      where item.patient_id = $1 and item.source_id = $2
        and (item.resource_id = $3 or exists (
          select from view_entry entry
           where entry.patient_id = $1 and entry.resource_id = item.resource_id
             and entry.body like '%"Encounter/' || $3::uuid || '"%'))`,
    [patientId, sourceId, visitId]
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
