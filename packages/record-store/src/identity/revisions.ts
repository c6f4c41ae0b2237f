import { type NhsNumber, systems } from '@chesil/fhir'
import type { Sql } from '../database.ts'

/** Tells every cache that something has changed for whoever has an NHS number, and for whomever sources claim it. */
export async function raiseRevisionOfNumber(sql: Sql, nhsNumber: NhsNumber): Promise<void> {
  await sql.query(
    `update patient set revision = revision + 1
      where id in (
        select patient_id from patient_identifier where system = $1 and value = $2
        union select patient_id from patient_identifier
               where home_patient_id in (select home_patient_id from identity_claim where nhs_number = $2))`,
    [systems.nhsNumber, nhsNumber]
  )
}
