import type { Sql } from './database.ts'
import type { Ids } from './ids.ts'
import { raiseRevision } from './view-writing.ts'

/**
 * Purges everything of a `session` source whose time is over, in every place it left a trace, and keeps of
 * it how much it was and a hash. Runs in a transaction.
 *
 * @returns how many rows lost their content.
 */
export async function purgeExpired(sql: Sql, ids: Ids): Promise<number> {
  const touched = new Set<string>()
  let purged = 0
  for (const [relation, statement] of statements) {
    const rows = await sql.query<{ patient_id: string; source_id: string; fingerprint: string }>(statement)
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
    for (const row of rows) touched.add(row.patient_id)
    purged += rows.length
  }
  if (touched.size > 0) await raiseRevision(sql, [...touched].sort())
  return purged
}

const over = 'expires_at is not null and expires_at <= now()'

/** Each gives back whose and how much it was. */
const statements: readonly (readonly [string, string])[] = [
  [
    'view_entry',
    `delete from view_entry where ${over} returning patient_id, source_id, content_hash as fingerprint`
  ],
  [
    'source_resource',
    `delete from source_resource where ${over} returning patient_id, source_id, content_hash as fingerprint`
  ],
  [
    'contribution',
    `update contribution set body = null, state = case state when 'ready' then 'dead' else state end, reason = 'expired'
      where ${over} and body is not null returning patient_id, source_id, content_hash as fingerprint`
  ],
  [
    'inbox_message',
    `update inbox_message set body = null, state = case state when 'received' then 'dead' else state end, reason = 'expired'
      where ${over} and body is not null returning patient_id, source_id, body_hash as fingerprint`
  ],
  [
    'quarantine',
    `delete from quarantine where ${over} returning patient_id, source_id, reason as fingerprint`
  ],
  [
    'source_section',
    `delete from source_section where ${over} returning patient_id, source_id, state as fingerprint`
  ],
  [
    'source_status',
    `delete from source_status where ${over} returning patient_id, source_id, coalesce(last_outcome, '') as fingerprint`
  ],
  [
    'pull',
    `delete from pull where ${over} returning patient_id, source_id, coalesce(outcome, '') as fingerprint`
  ]
]
