import type { Sql } from '../database.ts'

/** Somebody has to look at who a person is. @param reason A word of ours: one open review of each for a person. */
export async function openReview(sql: Sql, patientId: string, reason: string, id: string): Promise<void> {
  await sql.query(
    `insert into identity_review (id, patient_id, reason) values ($1, $2, $3)
       on conflict (patient_id, reason) where closed_at is null do nothing`,
    [id, patientId, reason]
  )
}
