import type { PdsStatus } from '@chesil/care-record'
import { parseNhsNumber } from '@chesil/fhir'
import { type Database, type PullToRequest, requestPulls, saveTrace, systemIds } from '@chesil/record-store'
import { gpPatients } from './gp-records.ts'

const people = gpPatients.values()

/** Another one for each test. */
export function nextTracedPerson() {
  const { value } = people.next()
  if (!value) throw new Error('All people are used up')
  return { ...value, number: parseNhsNumber(value.nhsNumber) }
}

/** PDS has just told of them. @returns the person's id. */
export async function meet(
  database: Database,
  { number, demographics }: Pick<ReturnType<typeof nextTracedPerson>, 'number' | 'demographics'>,
  {
    status = 'unrestricted',
    tracedAt = Date.now()
  }: { readonly status?: PdsStatus; readonly tracedAt?: number } = {}
): Promise<string> {
  const trace = { asked: number, current: number, status, tracedAt }
  return await database.transaction((sql) =>
    saveTrace(sql, status === 'unrestricted' ? { ...trace, patient: demographics } : trace, systemIds)
  )
}

/** Asks one source, for everybody unless otherwise said. @returns the pull's id. */
export async function requestOf(
  database: Database,
  pull: Pick<PullToRequest, 'patientId' | 'sourceId'> & Partial<PullToRequest>
): Promise<string> {
  const id = systemIds.newId()
  const reader = { userId: 'u', organisation: 'R9Z' }
  await database.transaction((sql) => requestPulls(sql, [{ id, authority: 'system', reader, ...pull }]))
  return id
}
