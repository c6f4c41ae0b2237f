import type { LocalIdentifier } from '@chesil/contracts'
import type { Sql } from './database.ts'
import { column, lines } from './lines.ts'

/** Where a version of an item stands among those of its source. */
interface ToldAt {
  /** ISO instant */
  readonly time: string
  readonly sequence: number
}

/** Whose a version of an item says that it is. */
export interface ItemToTell extends ToldAt {
  /** As its source names it, e.g. `Observation/o1`. */
  readonly item: string
  /** Absent: it was withdrawn, whoever's it was. */
  readonly local?: LocalIdentifier
}

/** That an item was told of as one person's, or as nobody's any more. */
export interface ItemTold {
  readonly local?: LocalIdentifier
  readonly first: ToldAt
  readonly last: ToldAt
}

/**
 * Notes whose items are. Runs in a transaction: of two messages about one item, whichever is told later knows of both.
 *
 * @returns by item, what was told of each of these, now and before, whatever order it came in.
 */
export async function tellPushedItems(
  sql: Sql,
  sourceId: string,
  told: readonly ItemToTell[]
): Promise<ReadonlyMap<string, readonly ItemTold[]>> {
  if (told.length === 0) return new Map()
  const items = lines([...new Set(told.map(({ item }) => item))])
  await sql.query(lockItems, [sourceId, items])
  await sql.query(upsert, [
    sourceId,
    lines(told.map(({ item }) => item)),
    lines(told.map(({ local }) => local?.system)),
    lines(told.map(({ local }) => local?.value)),
    lines(told.map(({ time }) => time)),
    lines(told.map(({ sequence }) => sequence))
  ])
  const rows = await sql.query<PushedItemRow>(
    `select item, system, value, first_time as "firstTime", first_sequence as "firstSequence",
            last_time as "lastTime", last_sequence as "lastSequence"
       from pushed_item where source_id = $1 and item in (select ${column('$2')})
      order by item, system, value`,
    [sourceId, items]
  )
  return new Map(
    [...Map.groupBy(rows, ({ item }) => item)].map(([item, ofItem]) => [item, ofItem.map(toTold)])
  )
}

interface PushedItemRow {
  readonly item: string
  readonly system: string
  readonly value: string
  /** ms since 1970 */
  readonly firstTime: number
  readonly firstSequence: number
  readonly lastTime: number
  readonly lastSequence: number
}

const toTold = ({ system, value, ...row }: PushedItemRow): ItemTold => ({
  ...(system !== '' && { local: { system, value } }),
  first: { time: new Date(row.firstTime).toISOString(), sequence: row.firstSequence },
  last: { time: new Date(row.lastTime).toISOString(), sequence: row.lastSequence }
})

/** Of a source's items some share a lock: a message of thousands must not need as many. In one order everywhere. */
const lockItems = `
  select pg_advisory_xact_lock(hashtext('pushed-item ' || $1), bucket)
    from (select distinct hashtext(item) & 255 as bucket from (select ${column('$2')} as item) named
           order by 1 offset 0) buckets`

const upsert = `
  insert into pushed_item as held (source_id, item, system, value, first_time, first_sequence, last_time, last_sequence)
  select $1, item, coalesce(system, ''), coalesce(value, ''),
         (array_agg(time order by time, sequence))[1], (array_agg(sequence order by time, sequence))[1],
         (array_agg(time order by time desc, sequence desc))[1],
         (array_agg(sequence order by time desc, sequence desc))[1]
    from (select ${column('$2')} as item, ${column('$3')} as system, ${column('$4')} as value,
                 ${column('$5', 'timestamptz')} as time, ${column('$6', 'integer')} as sequence) told
   group by item, system, value order by item, system, value
  on conflict (source_id, item, system, value) do update set
    (first_time, first_sequence) = (
      select * from (values (held.first_time, held.first_sequence), (excluded.first_time, excluded.first_sequence)) said
       order by 1, 2 limit 1),
    (last_time, last_sequence) = (
      select * from (values (held.last_time, held.last_sequence), (excluded.last_time, excluded.last_sequence)) said
       order by 1 desc, 2 desc limit 1)`
