import type { SourceOrder } from '@chesil/care-record'
import type { MessagePart } from '@chesil/contracts'
import { unpackBody } from './body.ts'
import type { Sql } from './database.ts'
import { purgeDocumentsOf } from './documents.ts'
import { type Ids, resourceIdOf } from './ids.ts'
import { type PurgedRow, recordPurge } from './purge-record.ts'
import { deniedInterface, readContributionsOfVisit, readRefusedVisits } from './refused-visits.ts'
import { readMergedPersons } from './spoken-for.ts'
import { lockPersons, raiseRevision } from './view-writing.ts'

/**
 * Purges what is left of stays that turned out not to be shared, once their withdrawal has been applied. Call it often:
 * there is little to do.
 *
 * @returns how many rows lost their content.
 */
export async function purgeWithdrawnVisits(
  sql: Sql,
  { limit }: { readonly limit: number },
  ids: Ids
): Promise<number> {
  const messages = await sql.query<{ id: string; sourceId: string }>(
    `select id, source_id as "sourceId" from inbox_message message
      where interface = '${deniedInterface}' and state = 'mapped' and reason is null
        and not exists (select from contribution where inbox_message_id = message.id and state in ('ready', 'dead'))
      order by received_at limit $1 for update skip locked`,
    [limit]
  )
  let purged = 0
  for (const message of messages) purged += await purgeVisit(sql, message, ids)
  return purged
}

/**
 * What was mapped of a refused stay loses its content, wherever it lies: what waited to be applied, what was told of its
 * items, the versions in which they were shown, and their files. That they were there, and their hashes, stay. Runs in
 * a transaction.
 *
 * @param message Of `deniedInterface`, its contributions applied.
 * @returns how many rows lost their content.
 */
export async function purgeVisit(
  sql: Sql,
  message: { readonly id: string; readonly sourceId: string },
  ids: Ids
): Promise<number> {
  const withdrawn = await readWithdrawn(sql, message)
  const earlier = await readContributionsOfVisit(sql, {
    sourceId: message.sourceId,
    visitHashes: await readRefusedVisits(sql, message)
  })
  const persons = await findHolders(sql, withdrawn.resourceIds, [
    ...withdrawn.patientIds,
    ...earlier.map(({ patientId }) => patientId)
  ])
  await lockPersons(sql, persons)
  let purged = await purgeDocumentsOf(sql, { ...withdrawn, patientIds: persons }, ids)
  const told = earlier.map(({ id }) => id)
  // Of a message that tells of another stay as well, the body stays: it may have to be applied again.
  const whole = earlier.filter(({ isMixed }) => !isMixed).map(({ id }) => id)
  for (const [relation, statement, values] of [
    ['contribution', emptyContributions, [whole]],
    ['item_event', deleteEvents, [persons, withdrawn.resourceIds, told, message.sourceId]],
    ['view_entry', deleteEntries, [persons, withdrawn.resourceIds]]
  ] as const) {
    const rows = await sql.query<PurgedRow>(statement, values)
    await recordPurge(sql, relation, rows, ids)
    purged += rows.length
  }
  await sql.query('delete from waiting_item where contribution_id = any ($1::uuid[])', [whole])
  await sql.query(`update inbox_message set reason = 'purged' where id = $1`, [message.id])
  await raiseRevision(sql, persons)
  return purged
}

/**
 * Wordings of items that were never this person's, nor that of anybody merged into them: nobody reads them in their
 * history. What is shown stays, and so do events that were told later. Runs in the transaction that withdraws them,
 * before they are released: a file may be of the right person as well.
 */
export async function purgeWordings(
  sql: Sql,
  {
    patientId,
    sourceId,
    order
  }: { readonly patientId: string; readonly sourceId: string; readonly order: SourceOrder },
  resourceIds: readonly string[],
  ids: Ids
): Promise<void> {
  if (resourceIds.length === 0) return
  const persons = await readMergedPersons(sql, patientId)
  const entries = await sql.query<PurgedRow>(deleteEntries, [persons, resourceIds])
  await recordPurge(sql, 'view_entry', entries, ids)
  const events = await sql.query<PurgedRow>(
    `delete from item_event where patient_id = any ($1::uuid[]) and resource_id = any ($2::uuid[])
        and (order_time, order_sequence, order_hash collate "C") < ($4, $5, $6 collate "C")
      returning $3::text as source_id, order_hash as fingerprint`,
    [persons, resourceIds, sourceId, order.time, order.sequence, order.hash]
  )
  await recordPurge(sql, 'item_event', events, ids)
  await purgeDocumentsOf(sql, { patientIds: persons, resourceIds }, ids)
}

const emptyContributions = `update contribution set body = null
  where id = any ($1::uuid[]) and body is not null returning source_id, content_hash as fingerprint`
const deleteEvents = `delete from item_event
  where patient_id = any ($1::uuid[]) and resource_id = any ($2::uuid[]) and contribution_id = any ($3::uuid[])
  returning $4::text as source_id, order_hash as fingerprint`
/** Those that are shown are of later messages. */
const deleteEntries = `delete from view_entry
  where patient_id = any ($1::uuid[]) and resource_id = any ($2::uuid[]) and to_version is not null
  returning source_id, content_hash as fingerprint`

/** The items that a message took back, by what its contributions name. */
async function readWithdrawn(
  sql: Sql,
  { id, sourceId }: { readonly id: string; readonly sourceId: string }
): Promise<{ readonly resourceIds: readonly string[]; readonly patientIds: readonly string[] }> {
  const rows = await sql.query<{ patientId: string; body: Buffer | null }>(
    'select patient_id as "patientId", body from contribution where inbox_message_id = $1',
    [id]
  )
  const resourceIds = new Set<string>()
  for (const { body } of rows) {
    if (!body) continue
    const { contribution } = JSON.parse((await unpackBody(body)).toString('utf8')) as MessagePart
    for (const { resourceType, sourceResourceId } of contribution.entries)
      resourceIds.add(resourceIdOf(sourceId, resourceType, sourceResourceId))
  }
  return { resourceIds: [...resourceIds], patientIds: rows.map(({ patientId }) => patientId) }
}

/** Whose the items are or were: their owners, those their messages named, and all these have been merged into. */
async function findHolders(
  sql: Sql,
  resourceIds: readonly string[],
  patientIds: readonly string[]
): Promise<readonly string[]> {
  const rows = await sql.query<{ id: string }>(
    `with recursive holder (id) as (
       select patient_id from source_resource_owner where resource_id = any ($1::uuid[])
       union select unnest($2::uuid[])
       union select patient.merged_into from patient join holder on patient.id = holder.id
              where patient.merged_into is not null)
     select id from holder`,
    [resourceIds, patientIds]
  )
  return rows.map(({ id }) => id)
}
