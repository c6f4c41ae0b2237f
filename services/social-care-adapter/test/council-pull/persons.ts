import type { PdsStatus } from '@chesil/care-record'
import { parseNhsNumber } from '@chesil/fhir'
import { type Database, type PullToRequest, requestPulls, saveTrace, systemIds } from '@chesil/record-store'
// Types of what the run of tests provides: see tests/support/databases.ts.
import type {} from '../../../../tests/support/global-setup.ts'
import { gpPatients } from '../../../../tests/support/gp-records.ts'
import { personOf } from './council.ts'

export { useDatabase } from '../../../../tests/support/store.ts'

const people = gpPatients.values()
let met = 0

/** Another one for each test. @returns them, and how the council knows them. */
export function nextPerson() {
  const { value } = people.next()
  if (!value) throw new Error('All people are used up')
  const { birthDate, name } = value.demographics
  const laPersonId = `P${++met}`
  return {
    ...value,
    number: parseNhsNumber(value.nhsNumber),
    atCouncil: personOf(value.nhsNumber, {
      laPersonId,
      birthDate,
      family: name?.[0]?.family,
      given: name?.[0]?.given
    })
  }
}
export type TestPerson = ReturnType<typeof nextPerson>

/** PDS has just told of them. @returns the person's id. */
export async function meet(
  database: Database,
  { number, demographics }: TestPerson,
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

/** @returns the pull's id. */
export async function request(
  database: Database,
  patientId: string,
  changes: Partial<PullToRequest> = {}
): Promise<string> {
  const reader = { userId: 'u', organisation: 'R9Z' }
  const pull = {
    ...{ id: systemIds.newId(), patientId, sourceId: 'council-api', authority: 'system', reader },
    ...changes
  }
  await database.transaction((sql) => requestPulls(sql, [pull]))
  return pull.id
}
