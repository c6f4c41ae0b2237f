import type { Database, PullToRequest } from '@chesil/record-store'
// Types of what the run of tests provides: see tests/support/databases.ts.
import type {} from '../../../../tests/support/global-setup.ts'
import { nextTracedPerson, requestOf } from '../../../../tests/support/pulls.ts'
import { patientOf } from './trust.ts'

export { meet } from '../../../../tests/support/pulls.ts'
export { useDatabase } from '../../../../tests/support/store.ts'

/** Another one for each test. @returns them, and how the trust knows them. */
export function nextPerson() {
  const person = nextTracedPerson()
  const { birthDate, name } = person.demographics
  return { ...person, atTrust: patientOf(person.nhsNumber, { birthDate, name }) }
}

/** @returns the pull's id. */
export const request = (database: Database, patientId: string, changes: Partial<PullToRequest> = {}) =>
  requestOf(database, { patientId, sourceId: 'trust-fhir', ...changes })
