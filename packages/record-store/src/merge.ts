import { OutcomeError } from '@chesil/fhir'
import type { Sql } from './database.ts'
import { showDemographicsAgain } from './demographics.ts'
import type { Ids } from './ids.ts'
import { dropTwins, moveItems } from './item-moves.ts'
import { moveOpenPulls, partFacts, shareFacts } from './merged-facts.ts'
import { readMergedPersons } from './spoken-for.ts'
import { type LockedPerson, lockPersons } from './view-writing.ts'
import { applyAwaitingOf } from './waiting-items.ts'

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
