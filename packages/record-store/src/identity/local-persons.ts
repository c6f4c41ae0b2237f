import type { LocalIdentifier } from '@chesil/contracts'
import { systems } from '@chesil/fhir'
import type { Sql } from '../database.ts'
import { personIdOf } from '../ids.ts'
import { column, lines } from '../lines.ts'

/** Makes persons of those a source names, as far as they are not known yet. */
export async function meetLocalPersons(sql: Sql, locals: readonly LocalIdentifier[]): Promise<void> {
  if (locals.length === 0) return
  await sql.query(
    `with named as (
       select ${column('$1', 'uuid')} as id, ${column('$2')} as system, ${column('$3')} as value),
     met as (insert into patient (id) select id from named on conflict do nothing)
     insert into patient_identifier (system, value, patient_id, home_patient_id, use)
     select system, value, id, id, 'official' from named on conflict do nothing`,
    [
      lines(locals.map(personIdOf)),
      lines(locals.map(({ system }) => system)),
      lines(locals.map(({ value }) => value))
    ]
  )
}

/** @returns the person an identifier belongs to now, the survivor of any merge. */
export async function findPersonByIdentifier(
  sql: Sql,
  { system, value }: LocalIdentifier
): Promise<string | undefined> {
  const [row] = await sql.query<{ patient_id: string }>(
    'select patient_id from patient_identifier where system = $1 and value = $2',
    [system, value]
  )
  return row?.patient_id
}

/** @returns whether PDS knows the person by a number of their own. */
export async function isTraced(sql: Sql, patientId: string): Promise<boolean> {
  const rows = await sql.query(
    'select from patient_identifier where patient_id = $1 and system = $2 limit 1',
    [patientId, systems.nhsNumber]
  )
  return rows.length > 0
}
