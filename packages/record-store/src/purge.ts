import type { Sql } from './database.ts'
import { purgeExpiredDocuments } from './documents.ts'
import type { Ids } from './ids.ts'
import { type PurgedRow, recordPurge } from './purge-record.ts'
import { lockPersons, raiseRevision, writeVersion } from './view-writing.ts'

/**
 * Purges everything of a `session` source whose time is over, in every place it left a trace, and keeps of
 * it how much it was and a hash. Runs in a transaction.
 *
 * @returns how many rows lost their content.
 */
export async function purgeExpired(sql: Sql, ids: Ids): Promise<number> {
  const touched = (await sql.query<{ patient_id: string }>(persons)).map(({ patient_id }) => patient_id)
  if (touched.length === 0) return 0
  // An item that is let go here must not be among those that are applied to the record at the same time.
  await lockPersons(sql, touched)
  let purged = await purgeExpiredDocuments(sql, ids)
  for (const [relation, statement] of statements) {
    const rows = await sql.query<PurgedRow>(statement)
    await recordPurge(sql, relation, rows, ids)
    purged += rows.length
  }
  await raiseRevision(sql, touched)
  return purged
}

const over = 'expires_at is not null and expires_at <= now()'

/** What was not settled by now is dead, and keeps the reason of its last attempt if it had one. */
const purgeBody = (relation: 'contribution' | 'inbox_message', open: string) =>
  `update ${relation} set body = null, lease_until = null,
          state = case state when '${open}' then 'dead' else state end,
          reason = case state when '${open}' then coalesce(reason, 'expired') else reason end,
          settled_at = coalesce(settled_at, now())
    where ${over} and body is not null`

/** Each gives back how much it was, and of which source. */
const statements: readonly (readonly [string, string])[] = [
  ['view_entry', `delete from view_entry where ${over} returning source_id, content_hash as fingerprint`],
  [
    'source_resource',
    // Once nobody is shown an item any more, its source may say it of somebody else.
    `with gone as (
       delete from source_resource where ${over} returning patient_id, resource_id, source_id, content_hash),
     released as (
       update source_resource_owner owner set released = true from gone
        where owner.resource_id = gone.resource_id and owner.patient_id = gone.patient_id
          and not exists (select from source_resource other
                           where other.patient_id = gone.patient_id and other.resource_id = gone.resource_id
                             and other.present and (other.expires_at is null or other.expires_at > now())))
     select source_id, content_hash as fingerprint from gone`
  ],
  ['contribution', `${purgeBody('contribution', 'ready')} returning source_id, content_hash as fingerprint`],
  [
    'inbox_message',
    `${purgeBody('inbox_message', 'received')} returning source_id, body_hash as fingerprint`
  ],
  ['quarantine', `delete from quarantine where ${over} returning source_id, reason as fingerprint`],
  ['source_section', `delete from source_section where ${over} returning source_id, state as fingerprint`],
  [
    'source_status',
    `delete from source_status where ${over} returning source_id, coalesce(last_outcome, '') as fingerprint`
  ],
  ['pull', `delete from pull where ${over} returning source_id, coalesce(outcome, '') as fingerprint`]
]

const withBody = new Set(['contribution', 'inbox_message'])
const persons = statements
  .map(
    ([relation]) =>
      `select patient_id from ${relation} where ${over}${withBody.has(relation) ? ' and body is not null' : ''}`
  )
  .join(' union ')

/** So many persons in one transaction: a record may be thousands of rows. */
const personsAtOnce = 100

/**
 * Gives up what was kept of sources whose answers may be shown to one session only by now, because the agreement
 * to keep them has ended: some persons at a time, purged as a session is. Runs in a transaction.
 *
 * @returns how many persons' records changed; 0: nothing is kept any more.
 */
export async function stopKeeping(sql: Sql, sourceIds: readonly string[], ids: Ids): Promise<number> {
  const kept = await sql.query<{ patient_id: string; source_id: string }>(
    `select patient_id, source_id from source_status
      where source_id = any ($1) and authority = 'system' and expires_at is null order by patient_id limit $2`,
    [sourceIds, personsAtOnce]
  )
  if (kept.length === 0) return 0
  const patientIds = [...new Set(kept.map(({ patient_id }) => patient_id))]
  await lockPersons(sql, patientIds)
  for (const [relation] of statements.filter(([name]) => name !== 'pull')) {
    await sql.query(
      `update ${relation} set expires_at = now()
        where patient_id = any ($1::uuid[]) and source_id = any ($2) and authority = 'system' and expires_at is null`,
      [patientIds, sourceIds]
    )
  }
  await purgeExpired(sql, ids)
  for (const { patient_id: patientId, source_id: sourceId } of kept) {
    const change = {
      patientId,
      sourceId,
      authority: 'system',
      cause: 'retention-rule' as const
    }
    await writeVersion(sql, { ...change, shown: [], withdrawn: [] }, ids)
  }
  return patientIds.length
}
