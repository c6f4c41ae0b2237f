import type { FoldChanges, FoldedItem, FoldState, SourceOrder } from '@chesil/care-record'
import type { Sql } from './database.ts'
import { column, lines } from './lines.ts'
import type { ItemName } from './ownership.ts'
import type { SpokenFor } from './spoken-for.ts'

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

/** SQL: the rows of a scope, whose parts are $1 to $3. */
export const inScope = 'patient_id = $1 and source_id = $2 and authority = $3'
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
    items: new Map(items.map((item) => [item.id, toFoldItem(item)])),
    coverage: new Map(coverage.map(({ section, ...order }) => [section, toOrder(order)]))
  }
}

/** A row of `source_resource`, as far as folding needs it. */
export interface ItemRow {
  readonly id: string
  readonly sections: string
  readonly time: number
  readonly sequence: number
  readonly hash: string
  readonly contentHash: string
  readonly present: boolean
}

export const toFoldItem = ({ sections, contentHash, present, ...order }: ItemRow): FoldedItem => ({
  sections: JSON.parse(sections) as readonly string[],
  order: toOrder(order),
  contentHash,
  present
})

export const toOrder = ({
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

/**
 * @param names For items that are new; the others keep theirs.
 * @param persons About whom it is: an item that comes back is at home where it was, if that is one of them.
 */
export async function writeFoldChanges(
  sql: Sql,
  scope: Scope,
  changes: FoldChanges,
  names: ReadonlyMap<string, ItemName>,
  persons: readonly string[] = [scope.homePatientId ?? scope.patientId]
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
       home_patient_id = case when source_resource.present or source_resource.home_patient_id = any ($15::uuid[])
                              then source_resource.home_patient_id else excluded.home_patient_id end,
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
      scope.homePatientId ?? scope.patientId,
      persons
    ]
  )
}
