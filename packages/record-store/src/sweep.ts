import { applyJob, pullJob, traceJob } from '@chesil/contracts'
import type { Sql } from './database.ts'
import { announce } from './outbox.ts'
import { endPull } from './pulls.ts'
import {
  attemptsInVain,
  type Claimed,
  failRow,
  mapQueueSql,
  maxAttempts,
  type Relation
} from './work-rows.ts'

export interface SweepOptions {
  /** A row that waits longer than this is announced again. */
  readonly olderThanMs: number
  readonly limit: number
}

/**
 * Announces again what was accepted and not done: Redis may have forgotten it. A job's id holds the row and
 * its attempt, so that one which Redis still has is not doubled. Runs in a transaction.
 *
 * @returns how many rows.
 */
export async function announceAgain(sql: Sql, { olderThanMs, limit }: SweepOptions): Promise<number> {
  const rows = await sql.query<{ queue: string; partition: string | null; rowId: string; attempt: number }>(
    `select * from (
       select '${pullJob.queue}' as queue, source_id as partition, id as "rowId", attempt, requested_at as since
         from pull where state in ('waiting', 'asking') and (lease_until is null or lease_until < now())
       union all
       select ${mapQueueSql}, null, id, attempt, received_at from inbox_message
         where state = 'received' and companion_of is null and (lease_until is null or lease_until < now())
       union all
       select '${applyJob.queue}', null, id, attempt, created_at
         from contribution where state = 'ready' and (lease_until is null or lease_until < now())
       union all
       select '${traceJob.queue}', null, id, attempt, requested_at
         from trace_request where state = 'waiting' and (lease_until is null or lease_until < now())
     ) waiting
     where since < now() - $1 * interval '1 millisecond' order by since limit $2`,
    [olderThanMs, limit]
  )
  await announce(
    sql,
    rows.map(({ partition, ...row }) => ({ ...row, ...(partition !== null && { partition }) }))
  )
  return rows.length
}

/**
 * A pull that nobody has had in hand for so long is over: its reader waited ten seconds at most, and no source
 * is asked in the name of somebody who has gone. Longer than a restart of the adapter takes.
 */
const abandonedAfterMs = 300_000

/**
 * Sets aside rows whose every attempt ended with their worker's death: they would kill the next one, too; and
 * pulls that nobody takes up. Runs in a transaction.
 *
 * @returns how many.
 */
export async function buryTheExhausted(sql: Sql, limit: number): Promise<number> {
  let buried = 0
  for (const [relation, state] of [
    ['inbox_message', 'received'],
    ['contribution', 'ready']
  ] as const satisfies readonly (readonly [Relation, string])[]) {
    const rows = await sql.query<Claimed>(
      `select id, source_id as "sourceId", authority, pull_id as "pullId", patient_id as "patientId", attempt,
              expires_at as "expiresAt" from ${relation}
        where state = '${state}' and ${attemptsInVain[relation]} >= $1 and lease_until < now() limit $2 for update skip locked`,
      [maxAttempts, limit]
    )
    for (const row of rows) {
      await failRow(sql, relation, row, { reason: 'every attempt ended its worker', retryable: false })
    }
    buried += rows.length
  }
  return buried + (await buryPulls(sql, limit))
}

async function buryPulls(sql: Sql, limit: number): Promise<number> {
  const pulls = await sql.query<{
    pullId: string
    patientId: string
    sourceId: string
    authority: string
    expiresAt: number | null
    exhausted: boolean
  }>(
    `select id as "pullId", patient_id as "patientId", source_id as "sourceId", authority, expires_at as "expiresAt",
            attempt >= $1 as exhausted
       from pull
      where state in ('waiting', 'asking')
        and ((attempt >= $1 and lease_until < now())
             or coalesce(lease_until, requested_at) < now() - $3 * interval '1 millisecond')
      limit $2 for update skip locked`,
    [maxAttempts, limit, abandonedAfterMs]
  )
  for (const { exhausted, ...pull } of pulls) {
    await endPull(sql, { ...pull, outcome: 'failed', detail: exhausted ? 'dead-letter' : 'nobody-asked' })
  }
  return pulls.length
}
