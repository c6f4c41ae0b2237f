import { compareDemographics, type PdsStatus } from '@chesil/care-record'
import { type ClaimedSubject, traceJob } from '@chesil/contracts'
import { type NhsNumber, type Patient, systems } from '@chesil/fhir'
import type { Sql } from '../database.ts'
import type { Ids } from '../ids.ts'
import { announce } from '../outbox.ts'
import { raiseRevision } from '../view-writing.ts'
import { lockNeighbourhood, regroupPersons } from './regroup.ts'
import { openReview } from './reviews.ts'

/** What PDS's last answer says to a claim; `untraced` until there is one. */
export type ClaimVerdict =
  | 'untraced'
  | 'agrees'
  | 'twin'
  | 'differs'
  | 'insufficient'
  | 'closed'
  | 'not-found'
  | 'no-number'

/** A message's claim that a source's patient has an NHS number; or, where it names none, how the source has them. */
export interface Claim {
  /** The person as the source knows them. */
  readonly homePatientId: string
  readonly sourceId: string
  readonly nhsNumber?: NhsNumber
  readonly subject: Pick<ClaimedSubject, 'birthDate' | 'family' | 'given' | 'gender'>
  /** ms since 1970: when the source said so first, of what came to us. */
  readonly saidAt: number
}

/** What PDS said of a number. Demographics are there for somebody unrestricted. */
export interface TracedNumber {
  readonly status: PdsStatus
  readonly demographics: Patient | undefined
}

/** @returns what PDS last said of a number, or of the one that replaced it; nothing before it was asked. */
export async function findTraced(sql: Sql, nhsNumber: string): Promise<TracedNumber | undefined> {
  const [row] = await sql.query<{ status: PdsStatus; demographics: string | null }>(
    `select trace.status, trace.demographics
       from patient_identifier number join pds_trace trace on trace.patient_id = number.patient_id
      where number.system = $2 and number.value = $1 order by trace.traced_at desc limit 1`,
    [nhsNumber, systems.nhsNumber]
  )
  if (!row) return undefined
  return {
    status: row.status,
    demographics: row.demographics === null ? undefined : (JSON.parse(row.demographics) as Patient)
  }
}

/** What PDS's answer says to a claim. */
export function judgeClaim(
  claim: Pick<Claim, 'nhsNumber' | 'subject'>,
  traced: TracedNumber | undefined
): ClaimVerdict {
  if (claim.nhsNumber === undefined) return 'no-number'
  if (!traced) return 'untraced'
  if (traced.status === 'invalidated' || traced.status === 'not-found') return 'not-found'
  if (traced.status !== 'unrestricted' || !traced.demographics) return 'closed'
  return compareDemographics(claim.subject, traced.demographics)
}

/**
 * Keeps a claim with what PDS's last answer says to it. One that PDS was never asked about is announced to be
 * traced, which joins the persons later if PDS agrees. What names no number is kept too: it may show that the number
 * another message names is somebody else's. Nobody asks PDS here. Runs in a transaction.
 */
export async function saveClaim(sql: Sql, claim: Claim, verdict: ClaimVerdict, ids: Ids): Promise<void> {
  const { birthDate = null, family = null, given = [], gender = null } = claim.subject
  const [news] = await sql.query<{ id: string }>(
    `insert into identity_claim (id, home_patient_id, source_id, nhs_number, birth_date, family, given, gender,
                                 verdict, said_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     on conflict (home_patient_id, nhs_number, birth_date, family, given, gender) do update set
       verdict = excluded.verdict
       where identity_claim.verdict <> excluded.verdict
         and not (identity_claim.verdict = 'agrees'
                  and excluded.verdict in ('closed', 'twin', 'differs', 'insufficient'))
     returning id`,
    [
      ids.newId(),
      claim.homePatientId,
      claim.sourceId,
      claim.nhsNumber ?? null,
      birthDate,
      family,
      JSON.stringify(given),
      // Compared only where there is no name.
      given.length === 0 ? gender : null,
      verdict,
      new Date(claim.saidAt)
    ]
  )
  if (verdict === 'untraced' && claim.nhsNumber) await requestTrace(sql, claim.nhsNumber, ids)
  // What PDS has not answered parts nobody who is one by now: they are not verified, or closed.
  else if (news && verdict !== 'no-number') await follow(sql, claim, verdict, ids)
}

/** Has PDS asked about a number, once for all who ask. Part of a transaction. */
export async function requestTrace(sql: Sql, nhsNumber: NhsNumber, ids: Ids): Promise<void> {
  const [requested] = await sql.query<{ id: string; attempt: number }>(
    `insert into trace_request (id, nhs_number) values ($1, $2)
     on conflict (nhs_number) do update set state = 'waiting', attempt = 0, requested_at = now(), settled_at = null
       where trace_request.state <> 'waiting'
     returning id, attempt`,
    [ids.newId(), nhsNumber]
  )
  if (requested) await announce(sql, [{ queue: traceJob.queue, rowId: requested.id, attempt: 0 }])
}

/**
 * Locks whose these numbers are, and for whom sources claim them, with all who may become one with them: before anything
 * else that their messages may hold.
 */
export async function lockClaimants(sql: Sql, numbers: readonly NhsNumber[]): Promise<void> {
  const concerned = await sql.query<{ id: string }>(
    `with named as (
       select unnest($1::text[]) as value
       union select other.value from patient_identifier own
               join patient_identifier other on other.patient_id = own.patient_id and other.system = own.system
              where own.system = $2 and own.value = any ($1)),
     claimant as (select home_patient_id as id from identity_claim join named on named.value = nhs_number)
     select id from claimant
     union select patient_id from patient_identifier
            where system = $2 and value in (select value from named) and exists (select from claimant)`,
    [numbers, systems.nhsNumber]
  )
  if (concerned.length === 0) return
  await lockNeighbourhood(
    sql,
    concerned.map(({ id }) => id)
  )
}

/**
 * Judges all claims to these numbers again: PDS has just been asked about them. Runs in a transaction.
 *
 * @param numbers The one that was asked about, and the one that PDS has in its place.
 */
export async function settleClaims(
  sql: Sql,
  numbers: readonly NhsNumber[],
  traced: TracedNumber,
  ids: Ids
): Promise<void> {
  const claims = await sql.query<
    Claim['subject'] & Omit<Claim, 'subject'> & { id: string; verdict: ClaimVerdict }
  >(
    `select id, home_patient_id as "homePatientId", source_id as "sourceId", nhs_number as "nhsNumber",
            birth_date as "birthDate", family, given::json as given, gender, verdict, said_at as "saidAt"
       from identity_claim where nhs_number = any ($1) order by id for update`,
    [numbers]
  )
  const news = claims
    .map(({ id, verdict, birthDate, family, given, gender, ...said }) => {
      const claim = { ...said, subject: withoutNull({ birthDate, family, given, gender }) }
      return { id, claim, before: verdict, verdict: judgeClaim(claim, traced) }
    })
    .filter(({ before, verdict }) => before !== verdict && !(before === 'agrees' && isDoubt(verdict)))
  for (const { id, verdict } of news)
    await sql.query('update identity_claim set verdict = $2 where id = $1', [id, verdict])
  for (const { claim, verdict } of news) await follow(sql, claim, verdict, ids)
}

/** PDS having another name for somebody by now, or none to tell, does not make them somebody else. */
const isDoubt = (verdict: ClaimVerdict): boolean =>
  verdict === 'closed' || verdict === 'twin' || verdict === 'differs' || verdict === 'insufficient'

type Nullable<T> = { readonly [K in keyof T]: T[K] | null | undefined }

const withoutNull = ({ birthDate, family, given, gender }: Nullable<Claim['subject']>): Claim['subject'] => ({
  ...(birthDate && { birthDate }),
  ...(family && { family }),
  ...(given && { given }),
  ...(gender && { gender })
})

/** What follows from a verdict: persons are joined, or somebody has to look. */
async function follow(sql: Sql, claim: Claim, verdict: ClaimVerdict, ids: Ids): Promise<void> {
  const { homePatientId } = claim
  await raiseRevision(sql, [homePatientId])
  if (verdict === 'twin' || verdict === 'differs')
    await openReview(sql, homePatientId, `nhs-number-${verdict}`, ids.newId())
  // Also where PDS disagrees: whoever was joined by an earlier claim is parted again.
  if (verdict === 'untraced' || verdict === 'insufficient') return
  const conflicts = await regroupPersons(sql, [homePatientId], ids)
  for (const { from } of conflicts) await openReview(sql, from, 'identity-conflict', ids.newId())
}
