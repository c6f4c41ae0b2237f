import type { PullOutcome } from '@chesil/care-record'
import { pullJob } from '@chesil/contracts'
import type { Sql } from './database.ts'
import { announce } from './outbox.ts'
import { type Hearer, holdSurvivor, lockSurvivor, readSpokenFor } from './spoken-for.ts'
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
  /**
   * ms since 1970; for an authority other than `system`. What the session was shown of this source before, and
   * may still be shown, sets an earlier end to this answer too.
   */
  readonly expiresAt?: number
  /**
   * What whoever asks knew: when the last pull ended, ms since 1970, or that none had. A pull that has ended since
   * has answered them. Absent: ask whatever has ended.
   */
  readonly known?: { readonly lastEndedAt: number | undefined }
}

/**
 * Asks for pulls; part of a transaction. One at a time for each person, source and authority: while one is
 * under way, asking again joins it. Readers who were answered before learn that one is under way.
 *
 * @returns the ids of the pulls now under way, joined or new.
 */
export async function requestPulls(sql: Sql, pulls: readonly PullToRequest[]): Promise<readonly string[]> {
  const underWay: string[] = []
  const asked = new Set<string>()
  for (const pull of pulls) {
    const patientId = await holdSurvivor(sql, pull.patientId)
    const [made] = await sql.query<{ id: string }>(
      `insert into pull (id, patient_id, source_id, authority, reader, expires_at)
       select $1, $2, $3, $4, $5, least($6::timestamptz, (
         select expires_at from source_status
          where patient_id = $2 and source_id = $3 and authority = $4 and expires_at > now()))
        where not $7 or not exists (
          select from source_status
           where patient_id = $2 and source_id = $3 and authority = $4
             and (expires_at is null or expires_at > now())
             and date_trunc('milliseconds', last_settled_at) > coalesce($8::timestamptz, '-infinity'))
         on conflict (patient_id, source_id, authority) where state <> 'done' do nothing returning id`,
      [
        pull.id,
        patientId,
        pull.sourceId,
        pull.authority,
        pull.reader,
        pull.expiresAt === undefined ? null : new Date(pull.expiresAt),
        pull.known !== undefined,
        pull.known?.lastEndedAt === undefined ? null : new Date(pull.known.lastEndedAt)
      ]
    )
    if (made) {
      await announce(sql, [{ queue: pullJob.queue, partition: pull.sourceId, rowId: pull.id, attempt: 0 }])
      underWay.push(pull.id)
      asked.add(pull.patientId)
    } else {
      const [joined] = await sql.query<{ id: string }>(
        `select id from pull where patient_id = $1 and source_id = $2 and authority = $3 and state <> 'done'`,
        [patientId, pull.sourceId, pull.authority]
      )
      if (joined) underWay.push(joined.id)
    }
  }
  if (asked.size > 0) await raiseRevision(sql, [...asked].sort())
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
                     -- Asked from now on about whoever they have been merged into; the pull has moved with them.
                     home_patient_id = null, lease_until = now() + $2 * interval '1 millisecond'
      where id = $1 and state in ('waiting', 'asking') and (lease_until is null or lease_until < now())
      returning id, patient_id as "patientId", source_id as "sourceId", authority, reader, attempt, began_at as "beganAt", expires_at as "expiresAt"`,
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
  /** Who was asked about; whoever they have been merged into since is told, too. */
  readonly patientId: string
  readonly sourceId: string
  readonly authority: string
  readonly outcome: PullOutcome
  /** An HTTP status or a Spine code; never patient data. */
  readonly detail?: string
  /** ms since 1970 */
  readonly expiresAt?: number | null
  /** Of the worker that had it in hand: once another took it up, the pull is no longer this one's to end. */
  readonly attempt?: number
}

/** Ends a pull that brought nothing to apply, and says so where readers see it. Runs in a transaction. */
export async function endPull(sql: Sql, end: PullEnd): Promise<void> {
  // The person first, as everywhere: a merge has them locked when it comes to their pulls.
  const survivor = await lockSurvivor(sql, end.patientId)
  const [ended] = await sql.query<{ askedAt: number }>(
    `update pull set state = 'done', outcome = $2, detail = $3, finished_at = now(), lease_until = null
      where id = $1 and state <> 'done' and ($4::integer is null or (state = 'asking' and attempt = $4))
      returning coalesce(began_at, requested_at) as "askedAt"`,
    [end.pullId, end.outcome, end.detail ?? null, end.attempt ?? null]
  )
  if (!ended) return
  const { hearers } = await readSpokenFor(sql, end.patientId, ended.askedAt)
  for (const hearer of hearers.filter(({ isAbove }) => isAbove)) await writeOutcome(sql, end, hearer)
  await raiseRevision(sql, [survivor.id])
  await sql.query(`select pg_notify('chesil_pull', $1)`, [end.pullId])
}

async function writeOutcome(sql: Sql, end: PullEnd, { patientId, isWhole }: Hearer): Promise<void> {
  await sql.query(
    `insert into source_status as held (patient_id, source_id, authority, last_outcome, last_detail, last_settled_at,
                                        consent_refused, expires_at, stale, borrowed)
     values ($1, $2, $3, $4, $5, now(), $4 = 'refused-by-consent', $6, not $7::boolean, $8)
     on conflict (patient_id, source_id, authority) do update set
       last_outcome = excluded.last_outcome, last_detail = excluded.last_detail,
       last_settled_at = excluded.last_settled_at, expires_at = excluded.expires_at,
       -- A refusal stands until the source answers again, about the whole person: a time-out does not lift it.
       consent_refused = excluded.consent_refused or (held.consent_refused and not ($4 = 'applied' and $7))`,
    [
      patientId,
      end.sourceId,
      end.authority,
      end.outcome,
      end.detail ?? null,
      end.expiresAt ? new Date(end.expiresAt) : null,
      isWhole,
      patientId !== end.patientId
    ]
  )
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
  await lockSurvivor(sql, row.patientId)
  const [pull] = await sql.query<{ open: number; outcome: PullOutcome; detail: string | null }>(
    `update pull set open_messages = open_messages - 1,
                     outcome = case when outcome is null or outcome = 'applied' then $2 else outcome end,
                     detail = coalesce(detail, $3)
      where id = $1 and state = 'answered' returning open_messages as open, outcome, detail`,
    [row.pullId, outcome, detail ?? null]
  )
  if (!pull || pull.open > 0) return
  const { patientId, sourceId, authority, expiresAt } = row
  await endPull(sql, {
    pullId: row.pullId,
    patientId,
    sourceId,
    authority,
    expiresAt,
    outcome: pull.outcome,
    ...(pull.detail !== null && { detail: pull.detail })
  })
}
