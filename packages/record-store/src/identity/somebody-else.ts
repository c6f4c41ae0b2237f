import { isSomebodyElse, type KnownAs } from '@chesil/care-record'
import { type Patient, systems } from '@chesil/fhir'
import type { Sql } from '../database.ts'
import type { IdentityGraph } from './identity-graph.ts'

/** By the demographics and NHS numbers that came with a source's own number. */
export interface SomebodyElse {
  /** As the source knows them. */
  readonly id: string
  /** Whom PDS knows, and they are not, or once were not. */
  readonly isNot: string
}

interface TracedRow {
  readonly id: string
  /** PDS's Patient as JSON. */
  readonly demographics: string
  /** How sources had them when PDS agreed. */
  readonly confirmed: readonly SaidRow[] | null
}

/** Demographics that came with a source's own number. */
export interface SaidRow {
  readonly birthDate: string | null
  readonly family: string | null
  readonly given: readonly string[]
}

type KnownRow = SaidRow & { readonly homePatientId: string }

/** @returns who among these persons shares a source's number with somebody PDS knows. Of a closed record nobody can tell. */
export async function findSomebodyElse(
  sql: Sql,
  { persons }: Pick<IdentityGraph, 'persons'>
): Promise<readonly SomebodyElse[]> {
  const [traced, local] = [true, false].map((isTraced) =>
    [...persons.values()].filter((person) => person.isTraced === isTraced).map(({ id }) => id)
  ) as [string[], string[]]
  if (traced.length === 0 || local.length === 0) return []
  const [tracedRows, knownRows] = await Promise.all([readTraced(sql, traced), readKnown(sql, local)])
  const people = tracedRows.map(({ id, demographics, confirmed }) => ({
    id,
    pds: JSON.parse(demographics) as Patient,
    confirmed: (confirmed ?? []).map(knownAs)
  }))
  return [...Map.groupBy(knownRows, ({ homePatientId }) => homePatientId)].flatMap(([id, rows]) => {
    const known = rows.map(knownAs)
    return people
      .filter((person) => isSomebodyElse(known, person))
      .map((person) => ({ id, isNot: person.id }))
  })
}

const readTraced = (sql: Sql, ids: readonly string[]): Promise<readonly TracedRow[]> =>
  sql.query<TracedRow>(
    `select number.home_patient_id as id, trace.demographics,
            (select json_agg(distinct jsonb_build_object('birthDate', birth_date, 'family', family, 'given', given::jsonb))
               from patient_identifier theirs join identity_claim claim on claim.nhs_number = theirs.value
              where theirs.patient_id = number.patient_id and theirs.system = $2 and claim.verdict = 'agrees') as confirmed
       from patient_identifier number join pds_trace trace on trace.nhs_number = number.value
      where number.home_patient_id = any ($1::uuid[]) and number.system = $2
        and trace.status = 'unrestricted' and trace.demographics is not null`,
    [ids, systems.nhsNumber]
  )

const readKnown = (sql: Sql, ids: readonly string[]): Promise<readonly KnownRow[]> =>
  sql.query<KnownRow>(
    `select home_patient_id as "homePatientId", birth_date as "birthDate", family, given::json as given
       from identity_claim where home_patient_id = any ($1::uuid[])`,
    [ids]
  )

export const knownAs = ({ birthDate, family, given }: SaidRow): KnownAs => ({
  ...(birthDate !== null && { birthDate }),
  ...(family !== null && { family }),
  given
})
