import type { Sql } from './database.ts'
import type { Move } from './item-moves.ts'

/**
 * The survivor knows of every source what either knew: a refusal holds, and a section is as bad as the worse of
 * the two. `from` keeps what it knew, for the day when the merge is undone.
 */
export async function shareFacts(sql: Sql, from: string, into: string): Promise<void> {
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
export async function partFacts(sql: Sql, from: string, survivor: string): Promise<void> {
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
export async function moveOpenPulls(sql: Sql, { from, into, homes }: Move): Promise<void> {
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
