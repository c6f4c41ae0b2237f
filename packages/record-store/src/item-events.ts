import type { OrderedEvent, SourceOrder } from '@chesil/care-record'
import type { ItemEvent } from '@chesil/contracts'
import type { Sql } from './database.ts'
import { column, lines } from './lines.ts'

/** One message's event of one item. */
export interface NamedEvent {
  readonly resourceId: string
  readonly event: ItemEvent
}

/** Keeps what a message tells of items that many messages tell of. A message that comes twice is kept once. */
export async function saveEvents(
  sql: Sql,
  patientId: string,
  { contributionId, order }: { readonly contributionId: string; readonly order: SourceOrder },
  events: readonly NamedEvent[]
): Promise<void> {
  if (events.length === 0) return
  await sql.query(
    `insert into item_event (patient_id, resource_id, contribution_id, order_time, order_sequence, order_hash, body)
     select $1, ${column('$2', 'uuid')}, $3, $4, $5, $6, ${column('$7')} on conflict do nothing`,
    [
      patientId,
      lines(events.map(({ resourceId }) => resourceId)),
      contributionId,
      order.time,
      order.sequence,
      order.hash,
      lines(events.map(({ event }) => JSON.stringify(event)))
    ]
  )
}

/** @returns by resource id, what contributions other than this one have told of each of these items. */
export async function readEvents(
  sql: Sql,
  patientId: string,
  resourceIds: readonly string[],
  contributionId: string
): Promise<ReadonlyMap<string, readonly OrderedEvent[]>> {
  if (resourceIds.length === 0) return new Map()
  const rows = await sql.query<{ id: string; time: number; sequence: number; hash: string; body: string }>(
    `select resource_id as id, order_time as time, order_sequence as sequence, order_hash as hash, body
       from item_event where patient_id = $1 and resource_id in (select ${column('$2', 'uuid')})
        and contribution_id <> $3`,
    [patientId, lines(resourceIds), contributionId]
  )
  return Map.groupBy(
    rows.map(({ id, time, sequence, hash, body }) => ({
      id,
      order: { time: new Date(time).toISOString(), sequence, hash },
      event: JSON.parse(body) as ItemEvent
    })),
    ({ id }) => id
  )
}
