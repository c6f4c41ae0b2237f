import type { SourceOrder } from '@chesil/care-record'
import type { QuarantinedItem, SectionStatement } from '@chesil/contracts'
import type { Sql } from './database.ts'
import type { Ids } from './ids.ts'
import { column, lines } from './lines.ts'
import { inScope, type Scope } from './record.ts'

/** A section's statement with the number of its items that landed degraded. */
export interface SectionToWrite extends SectionStatement {
  readonly degraded: number
}

/**
 * What the source said of its sections. A statement older than the one we have changes nothing.
 *
 * @returns the sections of which this is now the standing statement.
 */
export async function writeSections(
  sql: Sql,
  scope: Scope,
  order: SourceOrder,
  statements: readonly SectionToWrite[]
): Promise<readonly string[]> {
  if (statements.length === 0) return []
  const values = sectionValues(scope, order, statements)
  const rows = await sql.query<{ section: string; stands: boolean }>(sectionUpsert, values)
  return rows.filter(({ stands }) => stands).map(({ section }) => section)
}

/** As far as nothing was said of them yet: what was said of a part does not replace what is known of the whole. */
export async function writeMissingSections(
  sql: Sql,
  scope: Scope,
  order: SourceOrder,
  statements: readonly SectionToWrite[]
): Promise<void> {
  if (statements.length === 0) return
  await sql.query(sectionBorrow, sectionValues(scope, order, statements))
}

function sectionValues(scope: Scope, order: SourceOrder, statements: readonly SectionToWrite[]) {
  return [
    scope.patientId,
    scope.sourceId,
    scope.authority,
    lines(statements.map(({ section }) => section)),
    lines(statements.map(({ state }) => state)),
    lines(statements.map(({ warnings }) => JSON.stringify(warnings))),
    lines(statements.map(({ degraded }) => degraded)),
    order.time,
    order.sequence,
    order.hash,
    lines(statements.map(({ complete }) => complete)),
    scope.expiresAt === undefined ? null : new Date(scope.expiresAt)
  ]
}

const sectionInsert = (borrowed: 'true' | 'false') => `
  insert into source_section as held
    (patient_id, source_id, authority, section, state, warnings, degraded, stated_time, stated_sequence, stated_hash,
     covered_time, covered_sequence, covered_hash, expires_at, borrowed)
  select $1, $2, $3, section, state, warnings, degraded, $8, $9, $10,
         case when complete then $8::timestamptz end, case when complete then $9::integer end,
         case when complete then $10 end, $12, ${borrowed}
    from (select ${column('$4')} as section, ${column('$5')} as state, ${column('$6', 'jsonb')} as warnings,
                 ${column('$7', 'integer')} as degraded, ${column('$11', 'boolean')} as complete) said`

const sectionBorrow = `${sectionInsert('true')} on conflict do nothing`

/** Statement and coverage each go forward only, by the source's order: `collate "C"` compares as the fold does. */
const sectionUpsert = `${sectionInsert('false')}
  on conflict (patient_id, source_id, authority, section) do update set
    (state, warnings, degraded, stated_time, stated_sequence, stated_hash) = (
      select * from (values
        (held.state, held.warnings, held.degraded, held.stated_time, held.stated_sequence, held.stated_hash),
        (excluded.state, excluded.warnings, excluded.degraded, excluded.stated_time, excluded.stated_sequence,
         excluded.stated_hash)) said
       order by column4 desc, column5 desc, column6 collate "C" desc limit 1),
    (covered_time, covered_sequence, covered_hash) = (
      select * from (values
        (case when not held.borrowed then held.covered_time end, held.covered_sequence, held.covered_hash),
        (excluded.covered_time, excluded.covered_sequence, excluded.covered_hash)) said
       order by column1 desc nulls last, column2 desc, column3 collate "C" desc limit 1),
    expires_at = excluded.expires_at, borrowed = held.borrowed and excluded.covered_time is null
  returning section, stated_time = $8 and stated_sequence = $9 and stated_hash = $10 as stands`

/**
 * That an answer was applied: its time moves the source's `as at` on, never back. An answer about a part of the
 * person leaves the source to be asked again about the whole.
 *
 * @param knowledge Absent: about the whole person, and the source is their own.
 */
export async function writeStatus(
  sql: Sql,
  scope: Scope,
  asAt: number,
  knowledge: { readonly isWhole: boolean; readonly isBorrowed: boolean } = {
    isWhole: true,
    isBorrowed: false
  }
): Promise<void> {
  await sql.query(
    `insert into source_status as held (patient_id, source_id, authority, as_at, expires_at, stale, borrowed)
     values ($1, $2, $3, $4, $5, not $6::boolean, $7)
     on conflict (patient_id, source_id, authority) do update set
       as_at = case when $6 or held.as_at is null then greatest(held.as_at, excluded.as_at) else held.as_at end,
       -- Asked about themselves, the person has the source as their own.
       borrowed = held.borrowed and excluded.borrowed, stale = not $6, expires_at = excluded.expires_at`,
    [
      scope.patientId,
      scope.sourceId,
      scope.authority,
      new Date(asAt),
      scope.expiresAt === undefined ? null : new Date(scope.expiresAt),
      knowledge.isWhole,
      knowledge.isBorrowed
    ]
  )
}

/** @returns whether anything is known of the source for this person. */
export async function hasStatus(sql: Sql, scope: Scope): Promise<boolean> {
  const rows = await sql.query(`select from source_status where ${inScope}`, [
    scope.patientId,
    scope.sourceId,
    scope.authority
  ])
  return rows.length > 0
}

/** Replaces what was quarantined in these sections by what is quarantined there now. */
export async function writeQuarantine(
  sql: Sql,
  scope: Scope,
  message: {
    readonly inboxMessageId: string
    readonly sections: readonly string[]
    readonly items: readonly QuarantinedItem[]
    /** About whom it is: what was quarantined of others stands. Absent: about the person. */
    readonly persons?: readonly string[]
  },
  ids: Ids
): Promise<void> {
  await sql.query(
    `update quarantine set closed_at = now()
      where ${inScope} and closed_at is null and section = any ($4)
        and not exists (select from inbox_message
                         where id = quarantine.inbox_message_id and patient_id <> all ($5::uuid[]))`,
    [scope.patientId, scope.sourceId, scope.authority, message.sections, message.persons ?? null]
  )
  if (message.items.length === 0) return
  await sql.query(
    `insert into quarantine (id, patient_id, source_id, authority, inbox_message_id, reason, resource_type,
                             source_resource_id, section, expression, expires_at)
     select ${column('$4', 'uuid')}, $1, $2, $3, $5, ${column('$6')}, ${column('$7')}, ${column('$8')},
            ${column('$9')}, ${column('$10')}, $11`,
    [
      scope.patientId,
      scope.sourceId,
      scope.authority,
      lines(message.items.map(() => ids.newId())),
      message.inboxMessageId,
      lines(message.items.map(({ reason }) => reason)),
      lines(message.items.map(({ resourceType }) => resourceType)),
      lines(message.items.map(({ sourceResourceId }) => sourceResourceId)),
      lines(message.items.map(({ sections }) => sections[0] ?? 'uncategorised')),
      lines(message.items.map(({ expression }) => expression)),
      scope.expiresAt === undefined ? null : new Date(scope.expiresAt)
    ]
  )
}
