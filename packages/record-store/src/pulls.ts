import type { PullOutcome } from '@chesil/care-record'
import { pullJob } from '@chesil/contracts'
import type { Sql } from './database.ts'
import { announce } from './outbox.ts'
import { raiseRevision } from './view-writing.ts'

/** In whose name a source is asked. */
export interface PullReader {
  readonly userId: string
  readonly name?: string
  readonly familyName?: string
  readonly givenName?: string
  readonly organisation: string
  readonly roleProfileId?: string
}

export interface PullToRequest {
  readonly id: string
  readonly patientId: string
  readonly sourceId: string
  /** `system`, or the key of the one session that may see the answer. */
  readonly authority: string
  readonly reader: PullReader
  /** ms since 1970; for an authority other than `system`. */
  readonly expiresAt?: number
}

/**
 * Asks for pulls; part of a transaction. One at a time for each person, source and authority: while one is
 * under way, asking again joins it.
 *
 * @returns the ids of the pulls now under way, joined or new.
 */
export async function requestPulls(sql: Sql, pulls: readonly PullToRequest[]): Promise<readonly string[]> {
  const underWay: string[] = []
  for (const pull of pulls) {
    const [made] = await sql.query<{ id: string }>(
      `insert into pull (id, patient_id, source_id, authority, reader, expires_at) values ($1, $2, $3, $4, $5, $6)
         on conflict (patient_id, source_id, authority) where state <> 'done' do nothing returning id`,
      [
        pull.id,
        pull.patientId,
        pull.sourceId,
        pull.authority,
        pull.reader,
        pull.expiresAt === undefined ? null : new Date(pull.expiresAt)
      ]
    )
    if (made) {
      await announce(sql, [{ queue: pullJob.queue, partition: pull.sourceId, rowId: pull.id, attempt: 0 }])
      underWay.push(pull.id)
    } else {
      const [joined] = await sql.query<{ id: string }>(
        `select id from pull where patient_id = $1 and source_id = $2 and authority = $3 and state <> 'done'`,
        [pull.patientId, pull.sourceId, pull.authority]
      )
      if (joined) underWay.push(joined.id)
    }
  }
  return underWay
}

/** @returns those of `pullIds` that are over. */
export async function findFinishedPulls(sql: Sql, pullIds: readonly string[]): Promise<readonly string[]> {
  const rows = await sql.query<{ id: string }>(
    `select id from pull where id = any ($1::uuid[]) and state = 'done'`,
    [pullIds]
  )
  return rows.map(({ id }) => id)
}

/** A pull in hand, with the facts that decide whether it may go on. */
export interface ClaimedPull {
  readonly id: string
  readonly patientId: string
  readonly sourceId: string
  readonly authority: string
  readonly reader: PullReader
  readonly attempt: number
  /** ms since 1970, by the clock of Postgres: one clock for all adapters. */
  readonly beganAt: number
  readonly expiresAt: number | null
}

/**
 * Takes a pull in hand for `leaseMs`, or nothing when it is over or in other hands. Whoever dies with a
 * pull in hand loses it when the lease ends.
 */
export async function claimPull(sql: Sql, id: string, leaseMs: number): Promise<ClaimedPull | undefined> {
  const [row] = await sql.query<ClaimedPull>(
    `update pull set state = 'asking', attempt = attempt + 1, began_at = now(),
                     lease_until = now() + $2 * interval '1 millisecond'
      where id = $1 and state in ('waiting', 'asking') and (lease_until is null or lease_until < now())
      returning id, coalesce((select merged_into from patient where patient.id = patient_id), patient_id) as "patientId",
                source_id as "sourceId", authority, reader, attempt, began_at as "beganAt", expires_at as "expiresAt"`,
    [id, leaseMs]
  )
  return row
}

/** A consumer's places, as far as they are free. */
export interface FreePlaces {
  readonly partition: string | undefined
  readonly free: number
}

/** Pulls that lie in Postgres for anybody to take: no queue brought them, or their holder died. */
export async function findWaitingPulls(
  sql: Sql,
  { minAgeMs, places }: { readonly minAgeMs: number; readonly places: readonly FreePlaces[] }
): Promise<readonly { readonly rowId: string; readonly partition: string }[]> {
  return await sql.query(
    `select waiting.id as "rowId", place.source_id as partition
       from unnest($2::text[], $3::integer[]) place (source_id, free)
       cross join lateral (
         select id from pull
          where source_id = place.source_id and state in ('waiting', 'asking')
            and requested_at <= now() - $1 * interval '1 millisecond'
            and (lease_until is null or lease_until < now())
          order by requested_at limit place.free) waiting`,
    [minAgeMs, places.map(({ partition }) => partition), places.map(({ free }) => free)]
  )
}

export interface PullEnd {
  readonly pullId: string
  readonly patientId: string
  readonly sourceId: string
  readonly authority: string
  readonly outcome: PullOutcome
  /** An HTTP status or a Spine code; never patient data. */
  readonly detail?: string
  /** ms since 1970 */
  readonly expiresAt?: number | null
}

/** Ends a pull that brought nothing to apply, and says so where readers see it. Runs in a transaction. */
export async function endPull(sql: Sql, end: PullEnd): Promise<void> {
  const [ended] = await sql.query<{ id: string }>(
    `update pull set state = 'done', outcome = $2, detail = $3, finished_at = now(), lease_until = null
      where id = $1 and state <> 'done' returning id`,
    [end.pullId, end.outcome, end.detail ?? null]
  )
  if (!ended) return
  await sql.query(
    `insert into source_status as held (patient_id, source_id, authority, last_outcome, last_detail, last_settled_at,
                                        consent_refused, expires_at)
     values ($1, $2, $3, $4, $5, now(), $4 = 'refused-by-consent', $6)
     on conflict (patient_id, source_id, authority) do update set
       last_outcome = excluded.last_outcome, last_detail = excluded.last_detail,
       last_settled_at = excluded.last_settled_at,
       -- A refusal stands until the source answers again: a time-out does not lift it.
       consent_refused = excluded.consent_refused or (held.consent_refused and $4 <> 'applied')`,
    [
      end.patientId,
      end.sourceId,
      end.authority,
      end.outcome,
      end.detail ?? null,
      end.expiresAt ? new Date(end.expiresAt) : null
    ]
  )
  await raiseRevision(sql, [end.patientId])
  await sql.query(`select pg_notify('chesil_pull', $1)`, [end.pullId])
}

/** One message of a pull is done with; the last one ends the pull. */
export async function closePullMessage(
  sql: Sql,
  row: {
    readonly pullId: string | null
    readonly patientId: string
    readonly sourceId: string
    readonly authority: string
    readonly expiresAt: number | null
  },
  outcome: PullOutcome,
  detail?: string
): Promise<void> {
  if (!row.pullId) return
  const [pull] = await sql.query<{ open: number; outcome: PullOutcome; detail: string | null }>(
    `update pull set open_messages = open_messages - 1,
                     outcome = case when outcome is null or outcome = 'applied' then $2 else outcome end,
                     detail = coalesce(detail, $3)
      where id = $1 and state = 'answered' returning open_messages as open, outcome, detail`,
    [row.pullId, outcome, detail ?? null]
  )
  if (!pull || pull.open > 0) return
  await endPull(sql, {
    ...row,
    pullId: row.pullId,
    outcome: pull.outcome,
    ...(pull.detail !== null && { detail: pull.detail })
  })
}
