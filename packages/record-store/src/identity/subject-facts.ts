import type { KnownAs, PdsStatus } from '@chesil/care-record'
import { type NhsNumber, type Patient, systems } from '@chesil/fhir'
import type { Sql } from '../database.ts'
import type { TracedNumber } from './claims.ts'
import { knownAs, type SaidRow } from './somebody-else.ts'

/** What is known of whom a message is about, in one round trip. */
export interface SubjectFacts {
  /** Whom the sender's number leads to: the survivor of any merge. */
  readonly patientId: string
  /** That PDS gave them, present and past. */
  readonly nhsNumbers: readonly NhsNumber[]
  /** As PDS last had them; absent for somebody restricted, or not traced. */
  readonly demographics: Patient | undefined
  /** With which PDS has agreed at some time. */
  readonly confirmed: readonly KnownAs[]
  /** What PDS said of the number that the message names; absent before it was asked. */
  readonly named: (TracedNumber & { readonly patientId: string }) | undefined
  /** A whole-record objection stands under one of these numbers. */
  readonly isObjected: boolean
}

export async function readSubjectFacts(
  sql: Sql,
  homePatientId: string,
  nhsNumber: NhsNumber | undefined
): Promise<SubjectFacts> {
  const [row] = await sql.query<FactsRow>(factsQuery, [homePatientId, systems.nhsNumber, nhsNumber ?? null])
  if (!row) throw new Error('The person of a message is not there')
  return {
    patientId: row.id,
    nhsNumbers: row.numbers ?? [],
    demographics: toPatient(row.demographics),
    confirmed: (row.confirmed ?? []).map(knownAs),
    named:
      row.namedPatientId === null || row.namedStatus === null
        ? undefined
        : {
            patientId: row.namedPatientId,
            status: row.namedStatus,
            demographics: toPatient(row.namedDemographics)
          },
    isObjected: row.objected
  }
}

interface FactsRow {
  readonly id: string
  readonly numbers: readonly NhsNumber[] | null
  readonly demographics: string | null
  readonly confirmed: readonly SaidRow[] | null
  readonly namedPatientId: string | null
  readonly namedStatus: PdsStatus | null
  readonly namedDemographics: string | null
  readonly objected: boolean
}

const toPatient = (text: string | null): Patient | undefined =>
  text === null ? undefined : (JSON.parse(text) as Patient)

const factsQuery = `
  with recursive survivor as (
    select id, merged_into from patient where id = $1
    union all
    select patient.id, patient.merged_into from patient join survivor on patient.id = survivor.merged_into)
  select person.id,
         (select json_agg(value) from patient_identifier where patient_id = person.id and system = $2) as numbers,
         own.demographics,
         (select json_agg(distinct jsonb_build_object('birthDate', birth_date, 'family', family, 'given', given::jsonb))
            from patient_identifier theirs join identity_claim claim on claim.nhs_number = theirs.value
           where theirs.patient_id = person.id and theirs.system = $2 and claim.verdict = 'agrees') as confirmed,
         named.patient_id as "namedPatientId", named.status as "namedStatus",
         named.demographics as "namedDemographics",
         exists (select from consent_directive
                  where withdrawn_at is null
                    and (nhs_number = $3 or nhs_number in (
                      select value from patient_identifier where patient_id = person.id and system = $2))) as objected
    from survivor person
    left join lateral (select demographics from pds_trace where patient_id = person.id
                        order by traced_at desc limit 1) own on true
    left join lateral (select number.patient_id, trace.status, trace.demographics
                         from patient_identifier number left join pds_trace trace on trace.patient_id = number.patient_id
                        where number.system = $2 and number.value = $3
                        order by trace.traced_at desc nulls last limit 1) named on true
   where person.merged_into is null`
