import type { SourceOrder } from '@chesil/care-record'
import type { IdentityStatement } from '@chesil/contracts'
import type { Sql } from '../database.ts'
import { type Ids, personIdOf, resourceIdOf } from '../ids.ts'
import type { GraphEdge } from './identity-graph.ts'
import { meetLocalPersons } from './local-persons.ts'
import { regroupPersons } from './regroup.ts'
import { openReview } from './reviews.ts'
import { moveVisit } from './visit-moves.ts'

/** Which message says so, and where it stands in its source's order. */
export interface Said {
  readonly sourceId: string
  readonly contributionId: string
  readonly order: SourceOrder
}

/**
 * Follows what a message says of its sender's patient numbers: makes one person of two, parts them again, or gives
 * a stay to whom it belongs. Runs in a transaction.
 *
 * @returns how many of the statements would make one person of two whom PDS knows as two: these join nobody.
 */
export async function followStatements(
  sql: Sql,
  said: Said,
  statements: readonly IdentityStatement[],
  ids: Ids
): Promise<number> {
  await meetLocalPersons(
    sql,
    statements.flatMap(({ from, into }) => [from, into])
  )
  let conflicts = 0
  for (const statement of statements) {
    const [from, into] = [personIdOf(statement.from), personIdOf(statement.into)]
    if (from === into) continue
    if (statement.kind === 'move-visit') {
      const visitId = resourceIdOf(said.sourceId, 'Encounter', statement.visit)
      await moveVisit(sql, said, { visitId, from, into }, ids)
    } else {
      await keep(sql, said, { kind: statement.kind, from, into }, ids)
      const refused = await regroup(sql, [from, into], ids)
      conflicts += refused.filter((edge) => isOf(edge, from, into)).length
    }
  }
  return conflicts
}

const isOf = (edge: GraphEdge, from: string, into: string): boolean =>
  [edge.from, edge.into].includes(from) && [edge.from, edge.into].includes(into)

async function regroup(sql: Sql, seeds: readonly string[], ids: Ids): Promise<readonly GraphEdge[]> {
  const conflicts = await regroupPersons(sql, seeds, ids)
  for (const { from, into } of conflicts) {
    await openReview(sql, from, 'identity-conflict', ids.newId())
    await openReview(sql, into, 'identity-conflict', ids.newId())
  }
  return conflicts
}

async function keep(
  sql: Sql,
  { sourceId, contributionId, order }: Said,
  { kind, from, into }: { readonly kind: string; readonly from: string; readonly into: string },
  ids: Ids
): Promise<void> {
  await sql.query(
    `insert into identity_statement (id, source_id, contribution_id, kind, from_patient_id, into_patient_id,
                                     order_time, order_sequence, order_hash)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing`,
    [ids.newId(), sourceId, contributionId, kind, from, into, order.time, order.sequence, order.hash]
  )
}

/** A statement in force. Ids of persons are those of the source's own patients. */
export interface StatementInForce {
  readonly id: string
  readonly sourceId: string
  readonly kind: 'merge' | 'link' | 'unlink'
  readonly from: string
  readonly into: string
  /** ISO instant, by the source's clock. */
  readonly saidAt: string
}

/** @returns statements that were not undone, the latest first. */
export async function listStatements(
  sql: Sql,
  { sourceId, limit }: { readonly sourceId?: string; readonly limit: number }
): Promise<readonly StatementInForce[]> {
  const rows = await sql.query<Omit<StatementInForce, 'saidAt'> & { saidAt: number }>(
    `select id, source_id as "sourceId", kind, from_patient_id as "from", into_patient_id as "into",
            order_time as "saidAt"
       from identity_statement where undone_at is null and ($1::text is null or source_id = $1)
      order by order_time desc, id limit $2`,
    [sourceId ?? null, limit]
  )
  return rows.map(({ saidAt, ...row }) => ({ ...row, saidAt: new Date(saidAt).toISOString() }))
}

/**
 * Takes back what a source said of its numbers: an operator knows better. Everything goes back to where it came
 * from. Runs in a transaction.
 *
 * @returns false where there is no such statement in force.
 */
export async function undoStatement(
  sql: Sql,
  statementId: string,
  reason: string,
  ids: Ids
): Promise<boolean> {
  const [undone] = await sql.query<{ from: string; into: string }>(
    `with undone as (
       update identity_statement set undone_at = now(), undone_reason = $2
        where id = $1 and undone_at is null returning from_patient_id, into_patient_id, contribution_id),
     told as (
       update quarantine set closed_at = now() from undone join contribution on contribution.id = undone.contribution_id
        where quarantine.inbox_message_id = contribution.inbox_message_id
          and quarantine.reason = 'identity-conflict' and quarantine.closed_at is null
        returning quarantine.patient_id),
     heard as (update patient set revision = revision + 1 where id in (select patient_id from told))
     select from_patient_id as "from", into_patient_id as "into" from undone`,
    [statementId, reason]
  )
  if (!undone) return false
  await regroup(sql, [undone.from, undone.into], ids)
  return true
}
