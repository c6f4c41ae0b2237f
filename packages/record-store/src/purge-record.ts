import type { Sql } from './database.ts'
import type { Ids } from './ids.ts'

/** A row that was purged: whose it was, and a hash of what it held. */
export interface PurgedRow {
  readonly source_id: string
  readonly fingerprint: string
}

/** Keeps of what was purged how much it was, by source, and a hash. */
export async function recordPurge(
  sql: Sql,
  relation: string,
  rows: readonly PurgedRow[],
  ids: Ids
): Promise<void> {
  for (const [sourceId, group] of Map.groupBy(rows, (row) => row.source_id)) {
    const digest = ids.contentHash(
      group
        .map(({ fingerprint }) => fingerprint)
        .sort()
        .join('\n')
    )
    await sql.query(
      'insert into purge_record (id, relation, source_id, row_count, digest) values ($1, $2, $3, $4, $5)',
      [ids.newId(), relation, sourceId, group.length, digest]
    )
  }
}
