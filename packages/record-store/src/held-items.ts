import type { FoldState, SourceOrder } from '@chesil/care-record'
import type { Sql } from './database.ts'
import { column, lines } from './lines.ts'
import { type ItemRow, inScope, type Scope, toFoldItem, toOrder } from './record.ts'

/**
 * What is held of the items that a message names, and of those parts of its source's record for which it speaks
 * whole: so much of the state as a delta can change.
 */
export async function readHeldItems(
  sql: Sql,
  scope: Scope,
  resourceIds: readonly string[],
  parts: readonly string[]
): Promise<FoldState> {
  const items = await sql.query<ItemRow>(
    `select resource_id as id, sections, order_time as time, order_sequence as sequence, order_hash as hash,
            content_hash as "contentHash", present
       from source_resource
      where ${inScope} and (resource_id in (select ${column('$4', 'uuid')}) or sections = any ($5::text[]))`,
    [
      scope.patientId,
      scope.sourceId,
      scope.authority,
      lines(resourceIds),
      parts.map((part) => JSON.stringify([part]))
    ]
  )
  const coverage =
    parts.length === 0
      ? []
      : await sql.query<SourceOrder & { part: string; time: number }>(
          `select part, covered_time as time, covered_sequence as sequence, covered_hash as hash
             from source_part where home_patient_id = $1 and source_id = $2 and part = any ($3::text[])`,
          [scope.homePatientId ?? scope.patientId, scope.sourceId, parts]
        )
  return {
    items: new Map(items.map((row) => [row.id, toFoldItem(row)])),
    coverage: new Map(coverage.map(({ part, ...order }) => [part, toOrder(order)]))
  }
}

/** That a source has spoken whole for parts of its record; never back to an earlier time. */
export async function coverParts(
  sql: Sql,
  scope: Scope,
  order: SourceOrder,
  parts: readonly string[]
): Promise<void> {
  if (parts.length === 0) return
  await sql.query(
    `insert into source_part as held (home_patient_id, source_id, part, covered_time, covered_sequence, covered_hash)
     select $1, $2, ${column('$3')}, $4, $5, $6
     on conflict (home_patient_id, source_id, part) do update set
       covered_time = excluded.covered_time, covered_sequence = excluded.covered_sequence,
       covered_hash = excluded.covered_hash
       where (held.covered_time, held.covered_sequence, held.covered_hash collate "C")
           < (excluded.covered_time, excluded.covered_sequence, excluded.covered_hash collate "C")`,
    [
      scope.homePatientId ?? scope.patientId,
      scope.sourceId,
      lines(parts),
      order.time,
      order.sequence,
      order.hash
    ]
  )
}
