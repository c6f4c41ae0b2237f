import type { ClaimedNumber, PdsStatus, PullOutcome, SectionFacts, SourceFacts } from '@chesil/care-record'
import { type NhsNumber, type OdsCode, systems } from '@chesil/fhir'
import type { Sql } from './database.ts'

/**
 * All that decides how a person may be answered about, apart from the content: one round trip, one snapshot.
 * `revision` tells whether it is still so.
 */
export interface PersonState {
  readonly patientId: string
  readonly version: number
  readonly revision: number
  /** The version in which a merge was undone: what earlier ones show may be another person's. 0: never. */
  readonly partedVersion: number
  /** The version in which items last came from another person, or went to one. 0: never. */
  readonly movedVersion: number
  readonly nhsNumber: NhsNumber | undefined
  readonly oldNhsNumbers: readonly NhsNumber[]
  readonly trace: TraceFacts | undefined
  readonly objection: boolean
  /** NHS numbers that sources claim for somebody whom PDS has not verified; absent for everybody else. */
  readonly claims?: readonly ClaimedNumber[]
  /** Sources that hold something under the person's NHS number which could not be verified as theirs. */
  readonly apart: readonly string[]
  /** For `system` and the reader's own session; a session's facts replace nothing, they stand beside. */
  readonly sources: readonly AuthoritySourceFacts[]
  /** ms since 1970: when the first thing that this state speaks of must be gone. */
  readonly expiresAt: number | undefined
}

export interface TraceFacts {
  readonly status: PdsStatus
  readonly tracedAt: number
  readonly registeredPractice: OdsCode | undefined
  readonly deceased: boolean
}

export interface AuthoritySourceFacts extends SourceFacts {
  readonly authority: string
}

/**
 * @param authority The reader's session key; what other sessions were shown is not read.
 * @returns `undefined` for an id that nobody has. For somebody merged, the survivor's state.
 */
export async function readPersonState(
  sql: Sql,
  patientId: string,
  authority: string
): Promise<PersonState | undefined> {
  const [row] = await sql.query<StateRow>(personStateQuery, [patientId, systems.nhsNumber, authority])
  return row && toPersonState(row)
}

/** @returns the survivor's id; the same id for somebody not merged; `undefined` for nobody. */
export async function findSurvivor(sql: Sql, patientId: string): Promise<string | undefined> {
  const [row] = await sql.query<{ id: string }>(
    `with recursive survivor as (
       select id, merged_into from patient where id = $1
       union all select patient.id, patient.merged_into from patient join survivor on patient.id = survivor.merged_into)
     select id from survivor where merged_into is null`,
    [patientId]
  )
  return row?.id
}

interface StateRow {
  readonly id: string
  readonly version: number
  readonly revision: number
  readonly parted_version: number
  readonly moved_version: number
  readonly numbers: readonly { value: NhsNumber; use: 'official' | 'old' }[] | null
  readonly trace: {
    status: PdsStatus
    traced_ms: number
    registered_practice: OdsCode | null
    deceased: boolean
  } | null
  readonly objection: boolean
  readonly local: boolean
  readonly claims: readonly ClaimRow[] | null
  readonly apart: readonly string[] | null
  readonly sources: readonly SourceRow[] | null
}

interface ClaimRow {
  readonly nhs_number: NhsNumber
  readonly nobodys: boolean
  readonly status: PdsStatus | null
  readonly traced_ms: number | null
}

type KeptOut = Required<Pick<SectionFacts, 'quarantined' | 'unprocessed' | 'wrongPatient'>>
const nothingKeptOut: KeptOut = { quarantined: 0, unprocessed: 0, wrongPatient: 0 }

interface SectionRow extends Omit<SectionFacts, keyof KeptOut | 'coveredAt'> {
  readonly coveredAt: number | null
}

interface SourceRow {
  readonly source_id: string
  readonly authority: string
  readonly as_at_ms: number | null
  readonly last_outcome: PullOutcome | null
  readonly settled_ms: number | null
  readonly pending_ms: number | null
  readonly consent_refused: boolean | null
  readonly stale: boolean | null
  readonly expires_ms: number | null
  readonly sections: readonly SectionRow[] | null
  readonly quarantined: readonly (KeptOut & { section: SectionFacts['section'] })[] | null
}

const ms = (expression: string) => `floor(extract(epoch from ${expression}) * 1000)::bigint`

const hasNhsNumber = 'exists (select from patient_identifier i where i.patient_id = p.id and i.system = $2)'

const personStateQuery = `
  with recursive survivor as (
    select id, merged_into, version, revision from patient where id = $1
    union all
    select patient.id, patient.merged_into, patient.version, patient.revision
      from patient join survivor on patient.id = survivor.merged_into),
  claim as (
    select nhs_number, verdict from identity_claim
     where nhs_number is not null
       and home_patient_id in (select home_patient_id from patient_identifier i join survivor on i.patient_id = survivor.id
                                where survivor.merged_into is null))
  select p.id, p.version, p.revision,
    coalesce((select max(v.version) from patient_version v
               where v.patient_id = p.id and v.cause = 'unmerge'), 0) as parted_version,
    coalesce((select max(v.version) from patient_version v
               where v.patient_id = p.id and v.cause in ('merge', 'unmerge')), 0) as moved_version,
    (select json_agg(json_build_object('value', value, 'use', use) order by value)
       from patient_identifier i where i.patient_id = p.id and i.system = $2) as numbers,
    (select json_build_object('status', status, 'traced_ms', ${ms('traced_at')},
                              'registered_practice', registered_practice, 'deceased', deceased)
       from pds_trace t where t.patient_id = p.id order by traced_at desc limit 1) as trace,
    exists (select from consent_directive d
             where d.withdrawn_at is null and (
               d.nhs_number in (select value from patient_identifier i where i.patient_id = p.id and i.system = $2)
               or d.nhs_number in (
                 -- Refuted, it is nothing to somebody of whom PDS knows another number.
                 select nhs_number from claim
                  where verdict not in ('differs', 'twin', 'not-found') or not ${hasNhsNumber}))) as objection,
    not ${hasNhsNumber}
      and exists (select from patient_identifier i where i.patient_id = p.id) as local,
    (select json_agg(json_build_object('nhs_number', claimed.nhs_number, 'nobodys', nobodys, 'status', trace.status,
                                       'traced_ms', ${ms('trace.traced_at')}) order by claimed.nhs_number)
       from (select nhs_number, bool_and(verdict = 'not-found') as nobodys from claim group by 1) claimed
       left join patient_identifier number on number.system = $2 and number.value = claimed.nhs_number
       left join pds_trace trace on trace.patient_id = number.patient_id) as claims,
    (select json_agg(distinct said.source_id)
       from patient_identifier i
       cross join lateral (
         select source_id, home_patient_id as other from identity_claim
          where i.system = $2 and nhs_number = i.value
         union all
         select source_id, case from_patient_id when i.home_patient_id then into_patient_id else from_patient_id end
           from (select * from identity_statement where from_patient_id = i.home_patient_id
                 union all
                 select * from identity_statement where into_patient_id = i.home_patient_id) statement
          where kind <> 'unlink' and undone_at is null
            and not exists (select from identity_statement later
                             where later.kind = 'unlink' and statement.kind = 'link' and later.undone_at is null
                               and later.from_patient_id in (statement.from_patient_id, statement.into_patient_id)
                               and later.into_patient_id in (statement.from_patient_id, statement.into_patient_id)
                               and (later.order_time, later.order_sequence, later.order_hash collate "C") >
                                   (statement.order_time, statement.order_sequence, statement.order_hash collate "C"))) said
      where i.patient_id = p.id
        and not exists (select from patient_identifier theirs
                         where theirs.home_patient_id = said.other and theirs.patient_id = p.id)) as apart,
    (select json_agg(json_build_object(
        'source_id', known.source_id, 'authority', known.authority,
        'as_at_ms', ${ms('status.as_at')}, 'last_outcome', status.last_outcome,
        'settled_ms', ${ms('status.last_settled_at')}, 'consent_refused', status.consent_refused,
        'stale', status.stale, 'expires_ms', ${ms('status.expires_at')},
        'pending_ms', (select ${ms('min(requested_at)')} from pull
                        where pull.patient_id = p.id and pull.source_id = known.source_id
                          and pull.authority = known.authority and pull.state <> 'done'),
        'sections', (select json_agg(json_build_object('section', section, 'state', state, 'warnings', warnings,
                                                       'degraded', degraded,
                                                       'complete', covered_time is not distinct from stated_time,
                                                       'coveredAt', case when covered_time is distinct from stated_time
                                                                         then ${ms('covered_time')} end) order by section)
                       from source_section s where s.patient_id = p.id and s.source_id = known.source_id
                        and s.authority = known.authority and (s.expires_at is null or s.expires_at > now())),
        'quarantined', (select json_agg(json_build_object('section', section, 'quarantined', quarantined,
                                                          'unprocessed', unprocessed, 'wrongPatient', wrong))
                          from (select section,
                                       count(*) filter (where reason not in ('unprocessed-message', 'wrong-patient')) as quarantined,
                                       count(*) filter (where reason = 'unprocessed-message') as unprocessed,
                                       count(*) filter (where reason = 'wrong-patient') as wrong
                                  from quarantine q
                                 where q.patient_id = p.id and q.source_id = known.source_id
                                   and q.authority = known.authority and q.closed_at is null group by section) c))
        order by known.source_id, known.authority)
       from (select source_id, authority from source_status
              where patient_id = p.id and authority in ('system', $3)
                and (expires_at is null or expires_at > now())
             union select source_id, authority from pull
              where patient_id = p.id and authority in ('system', $3) and state <> 'done'
             union select source_id, authority from quarantine
              where patient_id = p.id and authority in ('system', $3) and closed_at is null) known
       left join source_status status on status.patient_id = p.id and status.source_id = known.source_id
                                     and status.authority = known.authority
                                     and (status.expires_at is null or status.expires_at > now())) as sources
    from survivor p where p.merged_into is null`

function toPersonState(row: StateRow): PersonState {
  const numbers = row.numbers ?? []
  const sources = (row.sources ?? []).map(toSourceFacts)
  const expiries = (row.sources ?? []).flatMap(({ expires_ms }) => expires_ms ?? [])
  return {
    patientId: row.id,
    version: row.version,
    revision: row.revision,
    partedVersion: row.parted_version,
    movedVersion: row.moved_version,
    nhsNumber: numbers.find(({ use }) => use === 'official')?.value,
    oldNhsNumbers: numbers.filter(({ use }) => use === 'old').map(({ value }) => value),
    trace: row.trace
      ? {
          status: row.trace.status,
          tracedAt: row.trace.traced_ms,
          registeredPractice: row.trace.registered_practice ?? undefined,
          deceased: row.trace.deceased
        }
      : undefined,
    objection: row.objection,
    ...(row.local && { claims: (row.claims ?? []).map(toClaimedNumber) }),
    apart: row.apart ?? [],
    sources,
    expiresAt: expiries.length > 0 ? Math.min(...expiries) : undefined
  }
}

const toClaimedNumber = ({ nhs_number, nobodys, status, traced_ms }: ClaimRow): ClaimedNumber => ({
  nhsNumber: nhs_number,
  isNobodys: nobodys,
  ...(status !== null && traced_ms !== null && { trace: { status, tracedAt: traced_ms } })
})

function toSourceFacts(row: SourceRow): AuthoritySourceFacts {
  const keptOut = new Map((row.quarantined ?? []).map(({ section, ...counts }) => [section, counts]))
  const sections: SectionFacts[] = (row.sections ?? []).map(({ coveredAt, ...section }) => ({
    ...section,
    ...(coveredAt !== null && { coveredAt }),
    ...(keptOut.get(section.section) ?? nothingKeptOut)
  }))
  const stated = new Set(sections.map(({ section }) => section))
  for (const [section, counts] of keptOut) {
    if (!stated.has(section)) {
      const unsaid = { state: 'not-returned', complete: false, warnings: [], degraded: 0 } as const
      sections.push({ section, ...unsaid, ...counts })
    }
  }
  return {
    sourceId: row.source_id,
    authority: row.authority,
    ...(row.as_at_ms !== null && { asAt: row.as_at_ms }),
    ...(row.last_outcome && { lastPull: { outcome: row.last_outcome, at: row.settled_ms ?? 0 } }),
    ...(row.pending_ms !== null && { pendingSince: row.pending_ms }),
    consentRefused: row.consent_refused ?? false,
    stale: row.stale ?? false,
    sections
  }
}
