import type { PdsStatus } from '@chesil/care-record'
import { type NhsNumber, type OdsCode, type Patient, systems } from '@chesil/fhir'
import type { Sql } from './database.ts'
import { showDemographics } from './demographics.ts'
import { lockClaimants, settleClaims } from './identity/claims.ts'
import { regroupPersons } from './identity/regroup.ts'
import { openReview } from './identity/reviews.ts'
import { raiseRevisionOfNumber } from './identity/revisions.ts'
import type { Ids } from './ids.ts'
import { mergePersons } from './merge.ts'
import { lockPersons } from './view-writing.ts'

/** What PDS answered about a number. */
export interface TraceToSave {
  /** The number that was asked about. */
  readonly asked: NhsNumber
  readonly status: PdsStatus
  /** Differs from `asked` where PDS has replaced that number. */
  readonly current: NhsNumber
  /** PDS's Patient; present when the status is `unrestricted`. */
  readonly patient?: Patient
  /** ms since 1970 */
  readonly tracedAt: number
}

/** @returns the person a number belongs to now, the survivor of any merge. */
export async function findPersonByNhsNumber(sql: Sql, nhsNumber: NhsNumber): Promise<string | undefined> {
  const [row] = await sql.query<{ patient_id: string }>(
    'select patient_id from patient_identifier where system = $1 and value = $2',
    [systems.nhsNumber, nhsNumber]
  )
  return row?.patient_id
}

/** @returns whether one of these sources has told of a person, or has been asked about them. */
export async function isKnownToSources(
  sql: Sql,
  patientId: string,
  sourceIds: readonly string[]
): Promise<boolean> {
  const [row] = await sql.query<{ isKnown: boolean }>(
    `with recursive held (id) as (
       select $1::uuid
       union all select p.id from patient p join held on p.merged_into = held.id)
     select exists (
              select from contribution c join held on held.id = c.patient_id where c.source_id = any ($2::text[]))
         or exists (
              select from pull p join held on held.id = p.patient_id where p.source_id = any ($2::text[])) as "isKnown"`,
    [patientId, [...sourceIds]]
  )
  return row?.isKnown ?? false
}

/** @returns PDS's Patient as it was last traced; `undefined` unless the person is unrestricted. */
export async function findDemographics(sql: Sql, patientId: string): Promise<Patient | undefined> {
  const [row] = await sql.query<{ demographics: string | null }>(
    'select demographics from pds_trace where patient_id = $1 order by traced_at desc limit 1',
    [patientId]
  )
  return row?.demographics ? (JSON.parse(row.demographics) as Patient) : undefined
}

/**
 * Keeps what PDS said, and makes or joins persons so that every number of one person leads to one person.
 * Runs in a transaction. Nothing but the status is kept of somebody who is not unrestricted.
 *
 * PDS had replaced a number and now answers it as a number of its own: perhaps two people were made one. Somebody
 * has to look; until then nothing that is shown changes, unless PDS closes the record.
 *
 * @returns the person's id.
 */
export async function saveTrace(sql: Sql, trace: TraceToSave, ids: Ids): Promise<string> {
  await lockClaimants(sql, [trace.asked, trace.current])
  const owners = await lockOwners(sql, trace)
  const { current: holder } = owners
  if (holder?.use === 'old' && isAnswered(trace)) {
    await openReview(sql, holder.patientId, 'pds-supersession-reversed', ids.newId())
    if (trace.status === 'unrestricted') return await findOrIsolate(sql, trace, owners, ids)
  }
  const patientId =
    holder?.use === 'old'
      ? (owners.asked?.patientId ?? holder.patientId)
      : await onePerson(sql, trace, owners, ids)
  const kept = await keepTrace(sql, trace, patientId)
  if (kept === 'older') return patientId
  if (trace.patient) await showDemographics(sql, patientId, { ...trace, patient: trace.patient }, ids)
  if (!isAnswered(trace)) {
    await openReview(sql, patientId, `pds-${trace.status}`, ids.newId())
  }
  const isJoined = owners.asked && holder && owners.asked.patientId !== holder.patientId
  await judgeAgain(sql, trace, patientId, kept === 'news' || isJoined === true, ids)
  // Hearing the same again moves nothing: else each of many readers at once would have to begin anew.
  if (kept === 'news') await raiseRevisionOfNumber(sql, trace.current)
  return patientId
}

/** Sources may have named any number that the person ever had; and what names none may mean somebody else by now. */
async function judgeAgain(
  sql: Sql,
  { asked, current, status, patient: demographics }: TraceToSave,
  patientId: string,
  isNews: boolean,
  ids: Ids
): Promise<void> {
  const numbers = new Set([asked, current, ...(await readNumbers(sql, patientId))])
  await settleClaims(sql, [...numbers], { status, demographics }, ids)
  if (!isNews) return
  for (const { from } of await regroupPersons(sql, [patientId], ids))
    await openReview(sql, from, 'identity-conflict', ids.newId())
}

async function readNumbers(sql: Sql, patientId: string): Promise<readonly NhsNumber[]> {
  const rows = await sql.query<{ value: NhsNumber }>(
    'select value from patient_identifier where patient_id = $1 and system = $2',
    [patientId, systems.nhsNumber]
  )
  return rows.map(({ value }) => value)
}

const isAnswered = ({ status }: TraceToSave): boolean => status !== 'invalidated' && status !== 'not-found'

/** Whose the numbers are, held against every change until the transaction ends. */
async function lockOwners(sql: Sql, { asked, current }: TraceToSave): Promise<Owners> {
  for (;;) {
    const before = await findOwners(sql, asked, current)
    await lockPersons(
      sql,
      [before.asked, before.current].flatMap((owner) => owner?.patientId ?? [])
    )
    const held = await findOwners(sql, asked, current)
    const isSame =
      before.asked?.patientId === held.asked?.patientId &&
      before.current?.patientId === held.current?.patientId
    if (isSame) return held
  }
}

interface Owner {
  readonly patientId: string
  readonly use: 'official' | 'old'
}
interface Owners {
  readonly asked: Owner | undefined
  readonly current: Owner | undefined
}

async function findOwners(sql: Sql, asked: NhsNumber, current: NhsNumber): Promise<Owners> {
  const rows = await sql.query<Owner & { value: string }>(
    `select value, patient_id as "patientId", use from patient_identifier where system = $1 and value in ($2, $3)`,
    [systems.nhsNumber, asked, current]
  )
  const ownerOf = (number: NhsNumber) => rows.find(({ value }) => value === number)
  return { asked: ownerOf(asked), current: ownerOf(current) }
}

/** Makes or joins persons, so that both numbers lead to one. The owners are locked. */
async function onePerson(sql: Sql, trace: TraceToSave, owners: Owners, ids: Ids): Promise<string> {
  const { asked, current } = trace
  const beginAnew = async () => await onePerson(sql, trace, await lockOwners(sql, trace), ids)
  const patientId = owners.current?.patientId ?? (await claimCurrent(sql, current, owners.asked, ids))
  if (!patientId) return await beginAnew()
  if (owners.asked && owners.asked.patientId !== patientId) {
    const merge = {
      from: owners.asked.patientId,
      into: patientId,
      reason: 'pds-superseded',
      linkId: ids.newId()
    }
    await mergePersons(sql, merge, ids)
  }
  if (asked === current) return patientId
  const owner = await addNumber(sql, patientId, asked, 'old')
  return owner === patientId ? patientId : await beginAnew()
}

/** @returns nothing when somebody else met the number's person in the same moment. */
async function claimCurrent(
  sql: Sql,
  current: NhsNumber,
  known: Owner | undefined,
  ids: Ids
): Promise<string | undefined> {
  const patientId = known?.patientId ?? ids.newId()
  if (!known) await sql.query('insert into patient (id) values ($1)', [patientId])
  if ((await addNumber(sql, patientId, current, 'official')) === patientId) return patientId
  if (!known) await sql.query('delete from patient where id = $1', [patientId])
  return undefined
}

/** A number may become old and never current again. @returns whose the number is. */
async function addNumber(
  sql: Sql,
  patientId: string,
  value: NhsNumber,
  use: 'official' | 'old'
): Promise<string> {
  await sql.query(
    `insert into patient_identifier as held (system, value, patient_id, home_patient_id, use) values ($1, $2, $3, $3, $4)
       on conflict (system, value) do update set use = 'old'
       where held.patient_id = excluded.patient_id and held.use <> excluded.use and excluded.use = 'old'`,
    [systems.nhsNumber, value, patientId, use]
  )
  return (await findPersonByNhsNumber(sql, value)) as string
}

/** @returns who was asked about. Somebody whom we did not know gets no current number, and so stays closed. */
async function findOrIsolate(sql: Sql, { asked }: TraceToSave, owners: Owners, ids: Ids): Promise<string> {
  if (owners.asked) return owners.asked.patientId
  const patientId = ids.newId()
  await sql.query('insert into patient (id) values ($1)', [patientId])
  const owner = await addNumber(sql, patientId, asked, 'old')
  if (owner !== patientId) await sql.query('delete from patient where id = $1', [patientId])
  return owner
}

/** @returns `older`, and keeps nothing, when PDS has been asked since; else whether it says anything new. */
async function keepTrace(
  sql: Sql,
  trace: TraceToSave,
  patientId: string
): Promise<'older' | 'same' | 'news'> {
  const { patient } = trace
  const name = patient?.name?.find(({ use }) => use === 'usual') ?? patient?.name?.[0]
  const [kept] = await sql.query<{ isSame: boolean | null }>(
    `insert into pds_trace (nhs_number, patient_id, status, demographics, family, birth_date,
                            registered_practice, deceased, traced_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     on conflict (nhs_number) do update set
       patient_id = excluded.patient_id, status = excluded.status, demographics = excluded.demographics,
       family = excluded.family, birth_date = excluded.birth_date,
       registered_practice = excluded.registered_practice, deceased = excluded.deceased,
       traced_at = excluded.traced_at
     where pds_trace.traced_at <= excluded.traced_at
     returning (select (before.patient_id, before.status, before.registered_practice, before.deceased)
                  is not distinct from
                  (pds_trace.patient_id, pds_trace.status, pds_trace.registered_practice, pds_trace.deceased)
                  from pds_trace before where before.nhs_number = $1) as "isSame"`,
    [
      trace.current,
      patientId,
      trace.status,
      patient ? JSON.stringify(patient) : null,
      name?.family ?? null,
      patient?.birthDate ?? null,
      patient ? (practiceOf(patient) ?? null) : null,
      patient?.deceasedDateTime !== undefined || patient?.deceasedBoolean === true,
      new Date(trace.tracedAt)
    ]
  )
  if (!kept) return 'older'
  await sql.query('delete from pds_trace where patient_id = $1 and nhs_number <> $2', [
    patientId,
    trace.current
  ])
  return kept.isSame ? 'same' : 'news'
}

function practiceOf({ generalPractitioner = [] }: Patient): OdsCode | undefined {
  const identifier = generalPractitioner
    .map((reference) => reference.identifier)
    .find((one) => one?.system === systems.odsOrganisation && one.period?.end === undefined)
  return identifier?.value as OdsCode | undefined
}

/**
 * Persons met before, by name and birth date as PDS last had them, for when PDS cannot be asked.
 *
 * @returns at most 20 ids; only people last known as unrestricted.
 */
export async function findPersonsByName(
  sql: Sql,
  search: { readonly family: string; readonly birthdate: string }
): Promise<readonly string[]> {
  const rows = await sql.query<{ patient_id: string }>(
    `select patient_id from pds_trace
      where status = 'unrestricted' and lower(family) = lower($1) and birth_date = $2 order by patient_id limit 20`,
    [search.family, search.birthdate]
  )
  return rows.map(({ patient_id }) => patient_id)
}
