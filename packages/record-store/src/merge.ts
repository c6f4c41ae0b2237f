import { OutcomeError, systems } from '@chesil/fhir'
import type { Sql } from './database.ts'
import type { Ids } from './ids.ts'
import { type LockedPerson, lockPersons, recordVersion } from './view-writing.ts'

export interface Merge {
  readonly from: string
  readonly into: string
  readonly reason: string
  readonly linkId: string
}

/**
 * Makes two persons one. Everything of `from` moves, keeping its id and the mark of where it came from;
 * `from` stays as a signpost. Both versions rise in this transaction. Every source that both of them had is
 * asked again at the next read, because its answer may concern both.
 *
 * @throws OutcomeError `conflict` for a merge with oneself or with somebody merged already.
 */
export async function mergePersons(sql: Sql, { from, into, reason, linkId }: Merge, ids: Ids): Promise<void> {
  const [a, b] = await lockTwo(sql, from, into)
  if (a.mergedInto || b.mergedInto) throw new OutcomeError('conflict', 'One of the persons is merged already')
  await moveEverything(sql, { from, into, which: 'true', cause: 'merge' }, ids)
  await sql.query(`update patient set merged_into = $2 where id = $1`, [from, into])
  await sql.query(
    `update patient_identifier set use = 'old' where patient_id = $1 and home_patient_id = $2`,
    [into, from]
  )
  await sql.query('delete from pds_trace where patient_id = $1', [from])
  await sql.query(
    'insert into identity_link (id, from_patient_id, into_patient_id, reason) values ($1, $2, $3, $4)',
    [linkId, from, into, reason]
  )
}

/**
 * Undoes a merge: what came from the merged person, or arrived since under one of their identifiers, goes
 * back. Merges are undone in the reverse order.
 *
 * @throws OutcomeError `notFound` for no such merge, `conflict` for one that is undone or has a later one on top.
 */
export async function unmergePersons(sql: Sql, linkId: string, reason: string, ids: Ids): Promise<void> {
  const [link] = await sql.query<{ from: string; into: string; undone: boolean }>(
    `select from_patient_id as "from", into_patient_id as "into", undone_at is not null as undone
       from identity_link where id = $1`,
    [linkId]
  )
  if (!link) throw new OutcomeError('notFound', 'No such merge')
  const [a, b] = await lockTwo(sql, link.from, link.into)
  if (link.undone || a.mergedInto !== link.into)
    throw new OutcomeError('conflict', 'That merge is undone already')
  if (b.mergedInto) throw new OutcomeError('conflict', 'Undo the later merge first')
  await sql.query('update patient set merged_into = null where id = $1', [link.from])
  const which = `home_patient_id in (
    with recursive joined (id) as (
      select '${a.id}'::uuid union select patient.id from patient join joined on patient.merged_into = joined.id
    ) select id from joined)`
  await moveEverything(sql, { from: link.into, into: link.from, which, cause: 'unmerge' }, ids)
  await sql.query(
    `update patient_identifier set use = 'official' where patient_id = $1 and home_patient_id = $1 and system = $2`,
    [link.from, systems.nhsNumber]
  )
  await sql.query('update identity_link set undone_at = now(), undone_reason = $2 where id = $1', [
    linkId,
    reason
  ])
}

async function lockTwo(sql: Sql, first: string, second: string): Promise<[LockedPerson, LockedPerson]> {
  const locked = await lockPersons(sql, [first, second])
  const a = locked.find(({ id }) => id === first)
  const b = locked.find(({ id }) => id === second)
  if (!a || !b || first === second) throw new OutcomeError('conflict', 'A merge needs two persons')
  return [a, b]
}

interface Move {
  readonly from: string
  readonly into: string
  /** SQL on `source_resource` and `patient_identifier`: what moves. */
  readonly which: string
  readonly cause: 'merge' | 'unmerge'
}

async function moveEverything(sql: Sql, { from, into, which, cause }: Move, ids: Ids): Promise<void> {
  const both = [from, into]
  const version = await commonVersion(sql, both)
  const at = new Date()
  const moved = `select resource_id, authority from source_resource where patient_id = $1 and ${which}`
  await sql.query(
    `insert into view_entry (patient_id, resource_type, resource_id, authority, from_version, source_id,
                             last_updated, content_hash, search_index, body, expires_at)
     select $2, resource_type, resource_id, authority, $3, source_id, $4::text::timestamptz, content_hash, search_index,
            ${movedBody}, expires_at
       from view_entry
      where patient_id = $1 and to_version is null and (resource_id, authority) in (${moved})`,
    [...both, version, at.toISOString()]
  )
  await sql.query(
    `update view_entry set to_version = $2
      where patient_id = $1 and to_version is null and (resource_id, authority) in (${moved})`,
    [from, version]
  )
  await sql.query(
    `update source_resource_owner set patient_id = $2
      where resource_id in (select resource_id from source_resource where patient_id = $1 and ${which})`,
    both
  )
  await moveSourceFacts(sql, both, which)
  await sql.query(`update source_resource set patient_id = $2 where patient_id = $1 and ${which}`, both)
  await sql.query(`update patient_identifier set patient_id = $2 where patient_id = $1 and ${which}`, both)
  const event = { cause, sourceId: 'identity', at: at.getTime(), counts: {}, version }
  for (const patientId of both) await recordVersion(sql, { ...event, patientId }, ids)
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

/** SQL: the text of an entry of person $1 as one of person $2, with version $3 of time $4. */
const movedBody = `regexp_replace(
  replace(body, 'Patient/' || ($1::uuid)::text, 'Patient/' || ($2::uuid)::text),
  '^({"resourceType":"[A-Za-z]+","id":"[^"]+","meta":{"versionId":")[0-9]+(","lastUpdated":")[^"]+',
  '\\1' || $3::bigint || '\\2' || $4::text)`

/** What is known of a source stays where more than the moved part came from it, and is copied to where it is new. */
async function moveSourceFacts(sql: Sql, both: readonly string[], which: string): Promise<void> {
  const sources = `select distinct source_id from source_resource where patient_id = $1 and ${which}`
  for (const [table, columns] of [
    ['source_section', sectionColumns],
    ['source_status', statusColumns]
  ] as const) {
    await sql.query(
      `insert into ${table} (patient_id, ${columns})
       select $2, ${columns} from ${table} where patient_id = $1 and source_id in (${sources})
       on conflict do nothing`,
      both
    )
  }
  await sql.query(
    `update source_status set stale = true
      where patient_id in ($1, $2) and source_id in (${sources})`,
    both
  )
  await sql.query(
    `update quarantine set patient_id = $2
      where patient_id = $1 and closed_at is null and source_id in (${sources})
        and not exists (select from source_resource
                         where patient_id = $1 and source_id = quarantine.source_id and not (${which}))`,
    both
  )
}

const sectionColumns = `source_id, authority, section, state, warnings, degraded, stated_time, stated_sequence, stated_hash,
  covered_time, covered_sequence, covered_hash, expires_at`
const statusColumns = `source_id, authority, as_at, last_outcome, last_detail, last_settled_at,
  consent_refused, stale, expires_at`
