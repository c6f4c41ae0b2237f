import type { ClaimedSubject } from '@chesil/contracts'
import { defined } from '@chesil/fhir'
import { isFilledIn } from '../filled-in-number.ts'
import type { CldEvent } from './care-state.ts'
import { latestFirst } from './latest-first.ts'
import type { CldRow } from './row.ts'

/** As the latest submission has them. Extracts hold no names. */
export function subjectOf(local: ClaimedSubject['local'], events: readonly CldEvent[]): ClaimedSubject {
  const latest = latestFirst(events)
  const first = <Value>(of: (row: CldRow) => Value | undefined) =>
    latest.map(({ row }) => of(row)).find((value) => value !== undefined)
  return defined({
    local,
    nhsNumber: first(({ nhsNumber }) => (nhsNumber && !isFilledIn(nhsNumber) ? nhsNumber : undefined)),
    birthDate: first(({ birthDate }) => birthDate),
    gender: first(({ values }) => genders.get(values.Gender?.toLowerCase() ?? ''))
  })
}

const genders: ReadonlyMap<string, NonNullable<ClaimedSubject['gender']>> = new Map([
  ['male', 'male'],
  ['female', 'female'],
  ['other', 'other'],
  ['1', 'male'],
  ['2', 'female']
])
