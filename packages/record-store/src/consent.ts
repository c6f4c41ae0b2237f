import { type NhsNumber, OutcomeError, systems } from '@chesil/fhir'
import type { Sql } from './database.ts'
import { raiseRevisionOfNumber } from './identity/revisions.ts'
import { forgetSubmitted } from './submissions.ts'

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
  await forgetSubmitted(sql, await readRecordsOf(sql, objection.nhsNumber))
  await raiseRevisionOfNumber(sql, objection.nhsNumber)
}

/** @returns senders' own records of whoever has the number, or is said to have it. */
async function readRecordsOf(sql: Sql, nhsNumber: NhsNumber): Promise<readonly string[]> {
  const rows = await sql.query<{ id: string }>(
    `select other.home_patient_id as id
       from patient_identifier number join patient_identifier other using (patient_id)
      where number.system = $1 and number.value = $2
     union select home_patient_id from identity_claim where nhs_number = $2`,
    [systems.nhsNumber, nhsNumber]
  )
  return rows.map(({ id }) => id)
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
