import type { Sql } from './database.ts'

export type OperatorActionName =
  | 'partner-registered'
  | 'partner-suspended'
  | 'partner-resumed'
  | 'key-added'
  | 'key-revoked'
  | 'endpoint-added'
  | 'endpoint-disabled'
  | 'endpoint-enabled'
  | 'test-event-sent'
  | 'subscription-ended'
  | 'subscription-resumed'
  | 'deliveries-redelivered'
  | 'events-retried'

/** What staff did for or to a partner. */
export interface OperatorAction {
  readonly action: OperatorActionName
  /** Null: all partners. */
  readonly partnerId: string | null
  /** An id of ours, or a number of events. */
  readonly target?: string
  /** Who decided so, such as a user id or a ticket. */
  readonly by: string
}

/** Belongs in the transaction of what is done. */
export async function recordOperatorAction(
  sql: Sql,
  { action, partnerId, target, by }: OperatorAction
): Promise<void> {
  await sql.query('insert into operator_action (by, action, partner_id, target) values ($1, $2, $3, $4)', [
    by,
    action,
    partnerId,
    target ?? null
  ])
}

export interface RecordedAction extends Omit<OperatorAction, 'target'> {
  readonly target: string | null
  /** ms since 1970 */
  readonly at: number
}

/** The latest first. */
export async function listOperatorActions(
  sql: Sql,
  partnerId: string,
  limit: number
): Promise<readonly RecordedAction[]> {
  return await sql.query<RecordedAction>(
    `select action, partner_id as "partnerId", target, by, at from operator_action
      where partner_id = $1 order by id desc limit $2`,
    [partnerId, limit]
  )
}
