import type { FoldChanges, FoldState, SourceOrder } from '@chesil/care-record'
import type { QuarantinedItem, SectionStatement } from '@chesil/contracts'
import type { Sql } from './database.ts'
import type { Ids } from './ids.ts'
import { column, lines } from './lines.ts'
import type { WithdrawnItem } from './view-writing.ts'

/** One source's part of one person's record, for one authority. */
export interface Scope {
  readonly patientId: string
  readonly sourceId: string
  readonly authority: string
  /** ms since 1970; absent for what may be kept. */
  readonly expiresAt?: number
}

/** What the source says now, item by item: the key is Chesil's resource id. */
export async function readFoldState(sql: Sql, scope: Scope): Promise<FoldState> {
  const key = [scope.patientId, scope.sourceId, scope.authority]
  const items = await sql.query<ItemRow>(
    `select resource_id as id, sections, order_time as time, order_sequence as sequence, order_hash as hash,
            content_hash as "contentHash", present
       from source_resource where patient_id = $1 and source_id = $2 and authority = $3`,
    key
  )
  const coverage = await sql.query<{ section: string; time: number; sequence: number; hash: string }>(
    `select section, covered_time as time, covered_sequence as sequence, covered_hash as hash
       from source_section
      where patient_id = $1 and source_id = $2 and authority = $3 and covered_time is not null`,
    key
  )
  return {
    items: new Map(
      items.map(({ id, sections, contentHash, present, ...order }) => [
        id,
        { sections: JSON.parse(sections), order: toOrder(order), contentHash, present }
      ])
    ),
    coverage: new Map(coverage.map(({ section, ...order }) => [section, toOrder(order)]))
  }
}

interface ItemRow {
  readonly id: string
  readonly sections: string
  readonly time: number
  readonly sequence: number
  readonly hash: string
  readonly contentHash: string
  readonly present: boolean
}

const toOrder = ({
  time,
  sequence,
  hash
}: {
  time: number
  sequence: number
  hash: string
}): SourceOrder => ({
  time: new Date(time).toISOString(),
  sequence,
  hash
})

/** An item as its source names it. */
export interface ItemName {
  readonly resourceId: string
  readonly resourceType: string
  readonly sourceResourceId: string
}

/**
 * Claims items for this person. Each item has one person; one that the source has said of somebody else is
 * refused, until that person's record no longer has it.
 *
 * @returns resource ids that belong to another person.
 */
export async function claimItems(
  sql: Sql,
  scope: Scope,
  items: readonly ItemName[]
): Promise<ReadonlySet<string>> {
  if (items.length === 0) return new Set()
  // In one order everywhere, so that two transactions wait for each other and do not lock each other out.
  const ids = lines(items.map(({ resourceId }) => resourceId).sort())
  const claimed = await sql.query<{ resource_id: string }>(
    `insert into source_resource_owner as held (resource_id, patient_id) select ${column('$1', 'uuid')}, $2
     on conflict (resource_id) do update set patient_id = excluded.patient_id, released = false where held.released
     returning resource_id`,
    [ids, scope.patientId]
  )
  if (claimed.length === items.length) return new Set()
  const others = await sql.query<{ resource_id: string }>(
    `select resource_id from source_resource_owner
      where resource_id in (select ${column('$1', 'uuid')}) and patient_id <> $2`,
    [ids, scope.patientId]
  )
  return new Set(others.map(({ resource_id }) => resource_id))
}

/**
 * Lets go of items that their source has withdrawn, so that it may say them of somebody else.
 *
 * @returns what was withdrawn.
 */
export async function releaseItems(
  sql: Sql,
  scope: Scope,
  resourceIds: readonly string[]
): Promise<readonly WithdrawnItem[]> {
  if (resourceIds.length === 0) return []
  const ids = lines(resourceIds)
  await sql.query(
    `update source_resource_owner set released = true
      where patient_id = $1 and resource_id in (select ${column('$2', 'uuid')})
        and not exists (select from source_resource other
                         where other.patient_id = $1 and other.resource_id = source_resource_owner.resource_id
                           and other.present)`,
    [scope.patientId, ids]
  )
  return await sql.query(
    `select resource_type as "resourceType", resource_id as "resourceId" from source_resource
      where patient_id = $1 and authority = $2 and resource_id in (select ${column('$3', 'uuid')})`,
    [scope.patientId, scope.authority, ids]
  )
}

/** @param names For items that are new; the others keep theirs. */
export async function writeFoldChanges(
  sql: Sql,
  scope: Scope,
  changes: FoldChanges,
  names: ReadonlyMap<string, ItemName>
): Promise<void> {
  const items = [...changes.items]
  if (items.length === 0) return
  await sql.query(
    `insert into source_resource (patient_id, resource_id, authority, source_id, resource_type, source_resource_id,
                                  home_patient_id, sections, order_time, order_sequence, order_hash, content_hash,
                                  present, expires_at)
     select $1, ${column('$2', 'uuid')}, $3, $4, ${column('$5')}, ${column('$6')}, $1, ${column('$7')},
            ${column('$8', 'timestamptz')}, ${column('$9', 'integer')}, ${column('$10')}, ${column('$11')},
            ${column('$12', 'boolean')}, $13
     on conflict (patient_id, resource_id, authority) do update set
       sections = excluded.sections, order_time = excluded.order_time, order_sequence = excluded.order_sequence,
       order_hash = excluded.order_hash, content_hash = excluded.content_hash, present = excluded.present,
       expires_at = excluded.expires_at`,
    [
      scope.patientId,
      lines(items.map(([id]) => id)),
      scope.authority,
      scope.sourceId,
      // An item without a name is there already: the conflict clause leaves type and source id alone.
      lines(items.map(([id]) => names.get(id)?.resourceType ?? '-')),
      lines(items.map(([id]) => names.get(id)?.sourceResourceId ?? '-')),
      lines(items.map(([, item]) => JSON.stringify(item.sections))),
      lines(items.map(([, item]) => item.order.time)),
      lines(items.map(([, item]) => item.order.sequence)),
      lines(items.map(([, item]) => item.order.hash)),
      lines(items.map(([, item]) => item.contentHash)),
      lines(items.map(([, item]) => item.present)),
      scope.expiresAt === undefined ? null : new Date(scope.expiresAt)
    ]
  )
}

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
  const rows = await sql.query<{ section: string; stands: boolean }>(sectionUpsert, [
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
  ])
  return rows.filter(({ stands }) => stands).map(({ section }) => section)
}

/** Statement and coverage each go forward only, by the source's order: `collate "C"` compares as the fold does. */
const sectionUpsert = `
  insert into source_section as held
    (patient_id, source_id, authority, section, state, warnings, degraded, stated_time, stated_sequence, stated_hash,
     covered_time, covered_sequence, covered_hash, expires_at)
  select $1, $2, $3, section, state, warnings, degraded, $8, $9, $10,
         case when complete then $8::timestamptz end, case when complete then $9::integer end,
         case when complete then $10 end, $12
    from (select ${column('$4')} as section, ${column('$5')} as state, ${column('$6', 'jsonb')} as warnings,
                 ${column('$7', 'integer')} as degraded, ${column('$11', 'boolean')} as complete) said
  on conflict (patient_id, source_id, authority, section) do update set
    (state, warnings, degraded, stated_time, stated_sequence, stated_hash) = (
      select * from (values
        (held.state, held.warnings, held.degraded, held.stated_time, held.stated_sequence, held.stated_hash),
        (excluded.state, excluded.warnings, excluded.degraded, excluded.stated_time, excluded.stated_sequence,
         excluded.stated_hash)) said
       order by column4 desc, column5 desc, column6 collate "C" desc limit 1),
    (covered_time, covered_sequence, covered_hash) = (
      select * from (values
        (held.covered_time, held.covered_sequence, held.covered_hash),
        (excluded.covered_time, excluded.covered_sequence, excluded.covered_hash)) said
       order by column1 desc nulls last, column2 desc, column3 collate "C" desc limit 1),
    expires_at = excluded.expires_at
  returning section, stated_time = $8 and stated_sequence = $9 and stated_hash = $10 as stands`

/** That an answer was applied: its time moves the source's `as at` on, never back. */
export async function writeStatus(sql: Sql, scope: Scope, asAt: number): Promise<void> {
  await sql.query(
    `insert into source_status as held (patient_id, source_id, authority, as_at, expires_at) values ($1, $2, $3, $4, $5)
     on conflict (patient_id, source_id, authority) do update set
       as_at = greatest(held.as_at, excluded.as_at), stale = false, expires_at = excluded.expires_at`,
    [
      scope.patientId,
      scope.sourceId,
      scope.authority,
      new Date(asAt),
      scope.expiresAt === undefined ? null : new Date(scope.expiresAt)
    ]
  )
}

/** Replaces what was quarantined in these sections by what is quarantined there now. */
export async function writeQuarantine(
  sql: Sql,
  scope: Scope,
  message: {
    readonly inboxMessageId: string
    readonly sections: readonly string[]
    readonly items: readonly QuarantinedItem[]
  },
  ids: Ids
): Promise<void> {
  await sql.query(
    `update quarantine set closed_at = now()
      where patient_id = $1 and source_id = $2 and authority = $3 and closed_at is null and section = any ($4)`,
    [scope.patientId, scope.sourceId, scope.authority, message.sections]
  )
  for (const item of message.items) {
    await sql.query(
      `insert into quarantine (id, patient_id, source_id, authority, inbox_message_id, reason, resource_type,
                               source_resource_id, section, expression, expires_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
      [
        ids.newId(),
        scope.patientId,
        scope.sourceId,
        scope.authority,
        message.inboxMessageId,
        item.reason,
        item.resourceType,
        item.sourceResourceId ?? null,
        item.sections[0] ?? 'uncategorised',
        item.expression ?? null,
        scope.expiresAt === undefined ? null : new Date(scope.expiresAt)
      ]
    )
  }
}
