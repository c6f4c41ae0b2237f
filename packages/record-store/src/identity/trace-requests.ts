import type { NhsNumber } from '@chesil/fhir'
import type { Sql } from '../database.ts'
import type { FreePlaces } from '../pulls.ts'

/** A number that PDS has to be asked about, in hand. */
export interface ClaimedTraceRequest {
  readonly id: string
  readonly nhsNumber: NhsNumber
  readonly attempt: number
}

/** Takes a request in hand for `leaseMs`, or nothing when there is nothing left to do. */
export async function claimTraceRequest(
  sql: Sql,
  id: string,
  leaseMs: number
): Promise<ClaimedTraceRequest | undefined> {
  const [row] = await sql.query<ClaimedTraceRequest>(
    `update trace_request set attempt = attempt + 1, lease_until = now() + $2 * interval '1 millisecond'
      where id = $1 and state = 'waiting' and (lease_until is null or lease_until < now())
      returning id, nhs_number as "nhsNumber", attempt`,
    [id, leaseMs]
  )
  return row
}

/** PDS has answered, or is not to be asked. */
export async function settleTraceRequest(sql: Sql, id: string): Promise<void> {
  await sql.query(
    `update trace_request set state = 'done', reason = null, settled_at = now(), lease_until = null where id = $1`,
    [id]
  )
}

/** PDS could not be asked: it is asked again, ever more seldom, for as long as it takes. */
export async function postponeTrace(sql: Sql, request: ClaimedTraceRequest, reason: string): Promise<void> {
  const waitMs = Math.min(1_000 * 2 ** request.attempt, 300_000)
  await sql.query(
    `update trace_request set lease_until = now() + $2 * interval '1 millisecond', reason = $3 where id = $1`,
    [request.id, waitMs, reason]
  )
}

/** Requests that lie in Postgres for anybody to take. */
export async function findWaitingTraces(
  sql: Sql,
  { minAgeMs, places }: { readonly minAgeMs: number; readonly places: readonly FreePlaces[] }
): Promise<readonly { readonly rowId: string }[]> {
  return await sql.query(
    `select id as "rowId" from trace_request
      where state = 'waiting' and requested_at <= now() - $1 * interval '1 millisecond'
        and (lease_until is null or lease_until < now())
      order by requested_at limit $2`,
    [minAgeMs, places[0]?.free ?? 0]
  )
}
