import { type NhsNumber, OutcomeError } from '@chesil/fhir'
import type { Sql } from './database.ts'
import { raiseRevisionOfNumber } from './identity/revisions.ts'

const kind = 'whole-record-objection'

/**
 * Records that a person objects to being in the shared record: from the commit on nobody is shown anything
 * and no source is asked. Runs in a transaction. Recording it twice changes nothing.
 */
export async function recordObjection(
  sql: Sql,
  objection: { readonly id: string; readonly nhsNumber: NhsNumber; readonly recordedBy: string }
): Promise<void> {
  await sql.query(
    `insert into consent_directive (id, nhs_number, kind, recorded_by) values ($1, $2, $3, $4)
       on conflict (nhs_number, kind) where withdrawn_at is null do nothing`,
    [objection.id, objection.nhsNumber, kind, objection.recordedBy]
  )
  await raiseRevisionOfNumber(sql, objection.nhsNumber)
}

/** @throws OutcomeError `notFound` when no objection stands. */
export async function withdrawObjection(
  sql: Sql,
  withdrawal: { readonly nhsNumber: NhsNumber; readonly withdrawnBy: string }
): Promise<void> {
  const [row] = await sql.query<{ id: string }>(
    `update consent_directive set withdrawn_at = now(), withdrawn_by = $3
      where nhs_number = $1 and kind = $2 and withdrawn_at is null returning id`,
    [withdrawal.nhsNumber, kind, withdrawal.withdrawnBy]
  )
  if (!row) throw new OutcomeError('notFound', 'No objection stands for that NHS number')
  await raiseRevisionOfNumber(sql, withdrawal.nhsNumber)
}

/** @returns whether an objection stands under this number, also for somebody not met yet. */
export async function hasObjection(sql: Sql, nhsNumber: NhsNumber): Promise<boolean> {
  const rows = await sql.query(
    'select 1 from consent_directive where nhs_number = $1 and kind = $2 and withdrawn_at is null',
    [nhsNumber, kind]
  )
  return rows.length > 0
}
