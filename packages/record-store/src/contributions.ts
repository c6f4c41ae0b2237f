import type { GateFacts } from '@chesil/care-record'
import { systems } from '@chesil/fhir'
import type { Sql } from './database.ts'
import { dropBodies } from './inbox.ts'
import { closePullMessage } from './pulls.ts'
import { forgetSubmitted } from './submissions.ts'
import { notAwaited } from './work-rows.ts'

/** A contribution in hand, inside the transaction that applies it. */
export interface ClaimedContribution {
  readonly id: string
  readonly inboxMessageId: string
  readonly sourceId: string
  readonly authority: string
  readonly pullId: string | null
  /** Who was asked about, wherever they have been merged to since. */
  readonly patientId: string
  readonly sourceTime: number
  readonly sourceSequence: number
  readonly contentHash: string
  readonly attempt: number
  readonly expiresAt: number | null
  readonly body: Buffer | null
}

/**
 * Counts an attempt before the work begins, so that a contribution which kills its worker is counted too.
 *
 * @returns nothing when it is settled already, in other hands, or expired and about to be purged.
 */
export async function claimContribution(
  sql: Sql,
  id: string,
  leaseMs: number
): Promise<ClaimedContribution | undefined> {
  const [row] = await sql.query<ClaimedContribution>(
    `with ${notAwaited}
     update contribution set attempt = attempt + 1, lease_until = now() + $2 * interval '1 millisecond'
       from not_awaited where id = $1 and state = 'ready' and (lease_until is null or lease_until < now())
        and (expires_at is null or expires_at > now())
      returning id, inbox_message_id as "inboxMessageId", source_id as "sourceId", authority, pull_id as "pullId",
                patient_id as "patientId", source_time as "sourceTime", source_sequence as "sourceSequence",
                content_hash as "contentHash", attempt, expires_at as "expiresAt", body`,
    [id, leaseMs]
  )
  return row
}

/**
 * The ledger: marks a contribution applied, in the transaction of its effect.
 *
 * @returns false when it was applied before; the caller then undoes the effect.
 */
export async function markApplied(
  sql: Sql,
  contribution: ClaimedContribution,
  version: number
): Promise<boolean> {
  const [row] = await sql.query<{ id: string }>(
    `update contribution set state = 'applied', settled_at = now(), applied_version = $2, lease_until = null
      where id = $1 and state = 'ready' returning id`,
    [contribution.id, version]
  )
  return row !== undefined
}

/** What decides whether the person's record is closed: read under their lock, it holds until the commit. */
export async function readGateFacts(sql: Sql, patientId: string): Promise<GateFacts> {
  const [row] = await sql.query<{
    status: (GateFacts['trace'] & object)['status'] | null
    tracedAt: number | null
    objection: boolean
  }>(
    `select trace.status, trace.traced_at as "tracedAt",
            exists (select from consent_directive d join patient_identifier i on i.system = $2 and i.value = d.nhs_number
                     where i.patient_id = $1 and d.withdrawn_at is null) as objection
       from (select) one
       left join lateral (select status, traced_at from pds_trace where patient_id = $1
                           order by traced_at desc limit 1) trace on true`,
    [patientId, systems.nhsNumber]
  )
  const { status = null, tracedAt = null, objection = false } = row ?? {}
  return { trace: status === null || tracedAt === null ? undefined : { status, tracedAt }, objection }
}

/**
 * Ends a contribution of somebody whose record was closed since it was mapped: nothing of the answer is kept.
 * Runs in a transaction.
 */
export async function refuseContribution(sql: Sql, contribution: ClaimedContribution): Promise<void> {
  const [refused] = await sql.query<{ id: string }>(
    `update contribution set state = 'refused', reason = 'person-gate', settled_at = now(), lease_until = null,
                             body = null
      where id = $1 and state = 'ready' returning id`,
    [contribution.id]
  )
  if (!refused) return
  await dropBodies(sql, contribution.inboxMessageId)
  await forgetSubmitted(sql, [contribution.patientId])
  await closePullMessage(sql, contribution, 'refused-answer', 'person-gate')
}
