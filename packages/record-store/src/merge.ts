import { OutcomeError } from '@chesil/fhir'
import type { Sql } from './database.ts'
import { showDemographicsAgain } from './demographics.ts'
import type { Ids } from './ids.ts'
import { type LockedPerson, lockPersons, recordVersion } from './view-writing.ts'
import { applyAwaiting, applyAwaitingOf } from './waiting-items.ts'

export interface Merge {
  readonly from: string
  readonly into: string
  readonly reason: string
  readonly linkId: string
}

/**
 * Makes two persons one. Everything of `from` moves, keeping its id and the mark of where it came from;
 * `from` stays as a signpost, with what its sources had said of their sections. Both versions rise in this
 * transaction. Every source of `from` is asked again at the next read, because its answer may concern both.
 *
 * @throws OutcomeError `conflict` for a merge with oneself or with somebody merged already.
 */
export async function mergePersons(sql: Sql, { from, into, reason, linkId }: Merge, ids: Ids): Promise<void> {
  const [a, b] = await lockTwo(sql, from, into)
  if (a.mergedInto || b.mergedInto) throw new OutcomeError('conflict', 'One of the persons is merged already')
  const move = { from, into, homes: null, cause: 'merge' } as const
  await dropTwins(sql, move)
  await moveItems(sql, move, ids)
  await shareFacts(sql, from, into)
  await moveOpenPulls(sql, move)
  await sql.query('update quarantine set patient_id = $2 where patient_id = $1', [from, into])
  await sql.query('update patient set merged_into = $2 where id = $1', [from, into])
  await applyAwaitingOf(sql, [into])
  await sql.query(
    `update patient_identifier set home_use = use, use = 'old' where patient_id = $1 and home_patient_id = $2`,
    [into, from]
  )
  await sql.query('delete from pds_trace where patient_id = $1', [from])
  // By the clock of now, not of the transaction's begin: what a source was asked before is not about both.
  await sql.query(
    `insert into identity_link (id, from_patient_id, into_patient_id, reason, linked_at)
     values ($1, $2, $3, $4, clock_timestamp())`,
    [linkId, from, into, reason]
  )
}

/**
 * Undoes a merge: what came from the merged person, or arrived since in answer to a question about them, goes
 * back. What arrived since in answer to a question about the survivor stays. Merges are undone in the reverse
 * order.
 *
 * @throws OutcomeError `notFound` for no such merge, `conflict` for one that is undone or has a later one on top.
 */
export async function unmergePersons(sql: Sql, linkId: string, reason: string, ids: Ids): Promise<void> {
  const [link] = await sql.query<{ from: string; into: string }>(
    'select from_patient_id as "from", into_patient_id as "into" from identity_link where id = $1',
    [linkId]
  )
  if (!link) throw new OutcomeError('notFound', 'No such merge')
  const [a, b] = await lockTwo(sql, link.from, link.into)
  if (b.mergedInto) throw new OutcomeError('conflict', 'Undo the later merge first')
  const [undone] = await sql.query<{ id: string }>(
    'update identity_link set undone_at = clock_timestamp(), undone_reason = $2 where id = $1 and undone_at is null returning id',
    [linkId, reason]
  )
  if (!undone || a.mergedInto !== link.into)
    throw new OutcomeError('conflict', 'That merge is undone already')
  await sql.query('update patient set merged_into = null where id = $1', [link.from])
  const move = {
    from: link.into,
    into: link.from,
    homes: await readMergedPersons(sql, link.from),
    cause: 'unmerge'
  } as const
  await moveItems(sql, move, ids)
  await moveOpenPulls(sql, move)
  await sql.query(
    `update quarantine set patient_id = $2
      where patient_id = $1
        and inbox_message_id in (
          select id from inbox_message where patient_id = any ($3::uuid[])
          union all select inbox_message_id from contribution where patient_id = any ($3::uuid[]))`,
    [move.from, move.into, move.homes]
  )
  await partFacts(sql, link.from, link.into)
  await sql.query(
    `update patient_identifier set use = coalesce(home_use, use), home_use = null
      where patient_id = $1 and home_patient_id = $1`,
    [link.from]
  )
  await sql.query(
    `update pds_trace set patient_id = $2
      where patient_id = $1 and nhs_number in (select value from patient_identifier where patient_id = $2)`,
    [move.from, move.into]
  )
  // The survivor's Patient names the numbers of both.
  await showDemographicsAgain(sql, link.into, ids)
}

async function lockTwo(sql: Sql, first: string, second: string): Promise<[LockedPerson, LockedPerson]> {
  const locked = await lockPersons(sql, [first, second])
  const a = locked.find(({ id }) => id === first)
  const b = locked.find(({ id }) => id === second)
  if (!a || !b || first === second) throw new OutcomeError('conflict', 'A merge needs two persons')
  return [a, b]
}

/** @returns the person's id and those of all merged into them, through others too. */
async function readMergedPersons(sql: Sql, patientId: string): Promise<readonly string[]> {
  const rows = await sql.query<{ id: string }>(
    `with recursive part (id) as (
       select $1::uuid union select patient.id from patient join part on patient.merged_into = part.id)
     select id from part`,
    [patientId]
  )
  return rows.map(({ id }) => id)
}

interface Move {
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
async function dropTwins(sql: Sql, { from, into }: Move): Promise<void> {
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
async function moveItems(sql: Sql, { from, into, homes, cause }: Move, ids: Ids): Promise<void> {
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
  const pairs = [items.map(({ resourceId }) => resourceId), items.map(({ authority }) => authority)]
  await sql.query(
    `insert into view_entry (patient_id, resource_type, resource_id, authority, from_version, source_id,
                             last_updated, content_hash, search_index, body, expires_at)
     select $2, resource_type, resource_id, authority, $4, source_id, $5::text::timestamptz, content_hash, search_index,
            ${movedBody}, expires_at
       from view_entry
      where patient_id = $1 and to_version is null and (resource_id, authority) in (select * from unnest($3::uuid[], $6::text[]))`,
    [from, into, pairs[0], version, at.toISOString(), pairs[1]]
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
      [from, into, pairs[0]]
    )
  await sql.query(
    `update source_resource set patient_id = $2
      where patient_id = $1 and (resource_id, authority) in (select * from unnest($3::uuid[], $4::text[]))`,
    [from, into, ...pairs]
  )
  await applyAwaiting(sql, pairs[0] as string[])
  const event = { cause, sourceId: 'identity', at: at.getTime(), counts: {}, version }
  for (const patientId of [from, into]) await recordVersion(sql, { ...event, patientId }, ids)
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

/**
 * The survivor knows of every source what either knew: a refusal holds, and a section is as bad as the worse of
 * the two. `from` keeps what it knew, for the day when the merge is undone.
 */
async function shareFacts(sql: Sql, from: string, into: string): Promise<void> {
  await sql.query('update source_status set stale = true where patient_id = $1', [from])
  await sql.query(
    `insert into source_status as held (patient_id, source_id, authority, as_at, last_outcome, last_detail,
                                        last_settled_at, consent_refused, stale, borrowed, expires_at)
     select $2, source_id, authority, as_at, last_outcome, last_detail, last_settled_at, consent_refused, true, true,
            expires_at
       from source_status where patient_id = $1
     on conflict (patient_id, source_id, authority) do update set
       as_at = least(held.as_at, excluded.as_at),
       (last_outcome, last_detail, last_settled_at) = (
         select * from (values (held.last_outcome, held.last_detail, held.last_settled_at),
                               (excluded.last_outcome, excluded.last_detail, excluded.last_settled_at)) said
          order by column3 desc nulls last limit 1),
       consent_refused = held.consent_refused or excluded.consent_refused, stale = true,
       expires_at = least(held.expires_at, excluded.expires_at)`,
    [from, into]
  )
  await sql.query(
    `insert into source_section as held (patient_id, source_id, authority, section, state, warnings, degraded,
                                         stated_time, stated_sequence, stated_hash,
                                         covered_time, covered_sequence, covered_hash, borrowed, expires_at)
     select $2, source_id, authority, section, state, warnings, degraded, stated_time, stated_sequence, stated_hash,
            covered_time, covered_sequence, covered_hash, true, expires_at
       from source_section where patient_id = $1
     on conflict (patient_id, source_id, authority, section) do update set
       state = case held.state when 'returned' then excluded.state else held.state end,
       warnings = (select coalesce(jsonb_agg(distinct warning), '[]')
                     from jsonb_array_elements(held.warnings || excluded.warnings) warning),
       degraded = held.degraded + excluded.degraded,
       expires_at = least(held.expires_at, excluded.expires_at)`,
    [from, into]
  )
}

/** What the survivor knows of a source only through somebody who is parted now goes, unless items of it stay. */
async function partFacts(sql: Sql, from: string, survivor: string): Promise<void> {
  await sql.query(
    `update source_status set stale = true
      where patient_id = $1 or (patient_id = $2 and (source_id, authority) in (
        select source_id, authority from source_status where patient_id = $1))`,
    [from, survivor]
  )
  const gone = await sql.query<{ source_id: string; authority: string }>(
    `delete from source_status held
      where patient_id = $1 and borrowed
        and not exists (select from source_resource item
                         where item.patient_id = $1 and item.source_id = held.source_id
                           and item.authority = held.authority)
        and not exists (select from source_status theirs join patient on patient.id = theirs.patient_id
                         where patient.merged_into = $1 and theirs.source_id = held.source_id
                           and theirs.authority = held.authority)
      returning source_id, authority`,
    [survivor]
  )
  for (const { source_id, authority } of gone) {
    const key = [survivor, source_id, authority]
    await sql.query(
      'delete from source_section where patient_id = $1 and source_id = $2 and authority = $3',
      key
    )
    await sql.query(
      `update quarantine set closed_at = now()
        where patient_id = $1 and source_id = $2 and authority = $3 and closed_at is null`,
      key
    )
    await sql.query(
      `with ended as (${endOpenPull} patient_id = $1 and source_id = $2 and authority = $3 returning id)
       select pg_notify('chesil_pull', id::text) from ended`,
      key
    )
  }
}

/** SQL: nobody is told anything of it; the source is asked again at the next read. */
const endOpenPull = `update pull set state = 'done', outcome = 'failed', detail = 'identity-changed',
  finished_at = now(), lease_until = null where state <> 'done' and`

/** One pull at a time for each person and source: where both have one, the one of who comes is over. */
async function moveOpenPulls(sql: Sql, { from, into, homes }: Move): Promise<void> {
  const values = [from, into, homes]
  await sql.query(
    `with ended as (
       ${endOpenPull} patient_id = $1
          and ($3::uuid[] is null or coalesce(home_patient_id, patient_id) = any ($3::uuid[]))
          and exists (select from pull other
                       where other.patient_id = $2 and other.source_id = pull.source_id
                         and other.authority = pull.authority and other.state <> 'done')
        returning id)
     select pg_notify('chesil_pull', id::text) from ended`,
    values
  )
  await sql.query(
    `update pull set patient_id = $2, home_patient_id = coalesce(home_patient_id, patient_id)
      where patient_id = $1 and state <> 'done'
        and ($3::uuid[] is null or coalesce(home_patient_id, patient_id) = any ($3::uuid[]))`,
    values
  )
}
