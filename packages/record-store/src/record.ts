import type { FoldChanges, FoldState, SourceOrder } from '@chesil/care-record'
import type { QuarantinedItem, SectionStatement } from '@chesil/contracts'
import type { Sql } from './database.ts'
import type { Ids } from './ids.ts'
import { column, lines } from './lines.ts'
import type { SpokenFor } from './spoken-for.ts'
import type { WithdrawnItem } from './view-writing.ts'

/** One source's part of one person's record, for one authority. */
export interface Scope {
  readonly patientId: string
  /** Who was asked about: items that are new stay theirs when a merge is undone. Absent: `patientId`. */
  readonly homePatientId?: string
  readonly sourceId: string
  readonly authority: string
  /** ms since 1970; absent for what may be kept. */
  readonly expiresAt?: number
}

/**
 * What a session was shown of a source ends at one time: were a part of it to end before the rest, what is left
 * would look like all there is. Where two of its pulls, or of two persons merged since, end at different times,
 * everything ends with the first.
 *
 * @param expiresAt ms since 1970: of what is to be written.
 * @returns ms since 1970: when it must be gone instead.
 */
export async function endTogether(sql: Sql, scope: Scope, expiresAt: number): Promise<number> {
  const [row] = await sql.query<{ at: number }>(sharedEnd, [
    scope.patientId,
    scope.sourceId,
    scope.authority,
    new Date(expiresAt)
  ])
  return (row as { at: number }).at
}

const inScope = 'patient_id = $1 and source_id = $2 and authority = $3'
const ending = ['source_status', 'source_section', 'source_resource', 'quarantine', 'view_entry']
/** What is over already has nothing to do with what is written now, though it may not be purged yet. */
const sharedEnd = `
  with ends as materialized (
    select least($4::timestamptz, min(expires_at)) as at from (
      ${ending.map((table) => `select expires_at from ${table} where ${inScope} and expires_at > now()`).join(' union all ')}
    ) held)
  ${ending
    .map(
      (table) => `, ${table}_ends as (
    update ${table} set expires_at = ends.at from ends
      where ${inScope} and expires_at > ends.at and ends.at > now())`
    )
    .join('')}
  select at from ends`

/**
 * What the source says now, item by item: the key is Chesil's resource id.
 *
 * @param meant About whom the next message is; absent: about the person, and nobody was ever merged.
 * @param isNamed Whether that message names an item. What it does not name of others is left out, else its
 *   silence withdrew it.
 */
export async function readFoldState(
  sql: Sql,
  scope: Scope,
  meant?: SpokenFor,
  isNamed: (resourceId: string) => boolean = () => false
): Promise<FoldState> {
  const found = await sql.query<ItemRow & { isMeant: boolean }>(
    `select resource_id as id, sections, order_time as time, order_sequence as sequence, order_hash as hash,
            content_hash as "contentHash", present, $4::uuid[] is null or home_patient_id = any ($4::uuid[]) as "isMeant"
       from source_resource where ${inScope} and (expires_at is null or expires_at > now())`,
    [scope.patientId, scope.sourceId, scope.authority, meant?.persons ?? null]
  )
  const items = found.filter(({ id, isMeant }) => isMeant || isNamed(id))
  const coverage = await sql.query<{ section: string; time: number; sequence: number; hash: string }>(
    `select section, covered_time as time, covered_sequence as sequence, covered_hash as hash
       from source_section
      where ${inScope} and covered_time is not null and not borrowed
        and (expires_at is null or expires_at > now())`,
    [scope.homePatientId ?? scope.patientId, scope.sourceId, scope.authority]
  )
  return {
    items: new Map(
      items.map(({ id, sections, contentHash, present, isMeant: _, ...order }) => [
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
 * Lets go of items that their source does not say of this person, so that it may say them of somebody else.
 * Those that another authority still has stay.
 */
export async function releaseItems(sql: Sql, scope: Scope, resourceIds: readonly string[]): Promise<void> {
  if (resourceIds.length === 0) return
  await sql.query(
    `update source_resource_owner set released = true
      where patient_id = $1 and resource_id in (select ${column('$2', 'uuid')})
        and not exists (select from source_resource other
                         where other.patient_id = $1 and other.resource_id = source_resource_owner.resource_id
                           and other.present)`,
    [scope.patientId, lines(resourceIds)]
  )
}

/** @returns the items under these ids, as a version names what is withdrawn. */
export async function nameItems(
  sql: Sql,
  scope: Scope,
  resourceIds: readonly string[]
): Promise<readonly WithdrawnItem[]> {
  if (resourceIds.length === 0) return []
  return await sql.query(
    `select resource_type as "resourceType", resource_id as "resourceId" from source_resource
      where patient_id = $1 and authority = $2 and resource_id in (select ${column('$3', 'uuid')})`,
    [scope.patientId, scope.authority, lines(resourceIds)]
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
     select $1, ${column('$2', 'uuid')}, $3, $4, ${column('$5')}, ${column('$6')}, $14, ${column('$7')},
            ${column('$8', 'timestamptz')}, ${column('$9', 'integer')}, ${column('$10')}, ${column('$11')},
            ${column('$12', 'boolean')}, $13
     on conflict (patient_id, resource_id, authority) do update set
       sections = excluded.sections, order_time = excluded.order_time, order_sequence = excluded.order_sequence,
       order_hash = excluded.order_hash, content_hash = excluded.content_hash, present = excluded.present,
       home_patient_id = case when source_resource.present then source_resource.home_patient_id
                              else excluded.home_patient_id end,
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
      scope.expiresAt === undefined ? null : new Date(scope.expiresAt),
      scope.homePatientId ?? scope.patientId
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
       stale = not $6, expires_at = excluded.expires_at`,
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
