import type { Sql } from './database.ts'

/** A contribution in hand, inside the transaction that applies it. */
export interface ClaimedContribution {
  readonly id: string
  readonly inboxMessageId: string
  readonly sourceId: string
  readonly authority: string
  readonly pullId: string | null
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
 * @returns nothing when it is applied already or in other hands.
 */
export async function claimContribution(
  sql: Sql,
  id: string,
  leaseMs: number
): Promise<ClaimedContribution | undefined> {
  const [row] = await sql.query<ClaimedContribution>(
    `update contribution set attempt = attempt + 1, lease_until = now() + $2 * interval '1 millisecond'
      where id = $1 and state = 'ready' and (lease_until is null or lease_until < now())
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
