import { pdsPatientToPatient, pdsSourceId } from '@chesil/care-record'
import { type NhsNumber, type Patient, systems } from '@chesil/fhir'
import type { Sql } from './database.ts'
import type { Ids } from './ids.ts'
import { openEntryHash, writeVersion } from './view-writing.ts'

export interface TracedPatient {
  readonly current: NhsNumber
  /** PDS's Patient. */
  readonly patient: Patient
  /** ms since 1970 */
  readonly tracedAt: number
}

/** Shows a person as PDS does, with the numbers they had before. The caller holds the person's lock. */
export async function showDemographics(
  sql: Sql,
  patientId: string,
  traced: TracedPatient,
  ids: Ids
): Promise<void> {
  const numbers = await sql.query<{ value: NhsNumber }>(
    `select value from patient_identifier where patient_id = $1 and system = $2 and use = 'old' order by value`,
    [patientId, systems.nhsNumber]
  )
  const resource = pdsPatientToPatient(traced.patient, {
    patientId,
    nhsNumber: traced.current,
    oldNhsNumbers: numbers.map(({ value }) => value)
  })
  const hash = ids.contentHash(JSON.stringify(resource))
  if ((await openEntryHash(sql, patientId, patientId)) === hash) return
  await writeVersion(
    sql,
    {
      patientId,
      sourceId: pdsSourceId,
      authority: 'system',
      cause: 'pds-trace',
      shown: [{ resource, sections: [], hash }],
      withdrawn: []
    },
    ids
  )
}

/** As they were last traced: after their numbers changed. */
export async function showDemographicsAgain(sql: Sql, patientId: string, ids: Ids): Promise<void> {
  const [trace] = await sql.query<{ current: NhsNumber; demographics: string; tracedAt: number }>(
    `select nhs_number as current, demographics, traced_at as "tracedAt" from pds_trace
      where patient_id = $1 and demographics is not null order by traced_at desc limit 1`,
    [patientId]
  )
  if (!trace) return
  await showDemographics(sql, patientId, { ...trace, patient: JSON.parse(trace.demographics) }, ids)
}
