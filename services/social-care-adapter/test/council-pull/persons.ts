import type { Database, PullToRequest } from '@chesil/record-store'
// Types of what the run of tests provides: see tests/support/databases.ts.
import type {} from '../../../../tests/support/global-setup.ts'
import { nextTracedPerson, requestOf } from '../../../../tests/support/pulls.ts'
import { personOf } from './council.ts'

export { meet } from '../../../../tests/support/pulls.ts'
export { useDatabase } from '../../../../tests/support/store.ts'

let met = 0

/** Another one for each test. @returns them, and how the council knows them. */
export function nextPerson() {
  const person = nextTracedPerson()
  const { birthDate, name } = person.demographics
  const atCouncil = personOf(person.nhsNumber, {
    laPersonId: `P${++met}`,
    birthDate,
    family: name?.[0]?.family,
    given: name?.[0]?.given
  })
  return { ...person, atCouncil }
}

/** @returns the pull's id. */
export const request = (database: Database, patientId: string, changes: Partial<PullToRequest> = {}) =>
  requestOf(database, { patientId, sourceId: 'council-api', ...changes })
