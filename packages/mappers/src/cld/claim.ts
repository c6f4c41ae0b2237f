import type { ClaimedSubject } from '@chesil/contracts'
import { defined, type NhsNumber } from '@chesil/fhir'
import { isFilledIn } from '../filled-in-number.ts'
import type { CldEvent } from './care-state.ts'
import { type DatedRow, latestFirst } from './latest-first.ts'
import type { CldRow } from './row.ts'

/**
 * Whom the council means. Number, birth date and gender are those of one row, the latest that has a number: put
 * together from several they may be nobody's, and agree with PDS all the same. Extracts hold no names.
 */
export function subjectOf(local: ClaimedSubject['local'], events: readonly CldEvent[]): ClaimedSubject {
  const rows = latestFirst(events)
  const numbered = rows.filter(({ row }) => numberIn(row) !== undefined)
  const { row } = numbered[0] ?? rows[0] ?? {}
  if (!row || ofSeveral(numbered)) return { local }
  return defined({
    local,
    nhsNumber: numberIn(row),
    birthDate: row.birthDate,
    gender: genders.get(row.values.Gender?.toLowerCase() ?? '')
  })
}

/** Two numbers in one submission are two people under one number of the council's: which of them is meant, nobody can say. */
function ofSeveral(numbered: readonly DatedRow[]): boolean {
  const latest = numbered.filter(({ place }) => place === numbered[0]?.place)
  return new Set(latest.map(({ row }) => numberIn(row))).size > 1
}

const numberIn = ({ nhsNumber }: CldRow): NhsNumber | undefined =>
  nhsNumber && !isFilledIn(nhsNumber) ? nhsNumber : undefined

const genders: ReadonlyMap<string, NonNullable<ClaimedSubject['gender']>> = new Map([
  ['male', 'male'],
  ['female', 'female'],
  ['other', 'other'],
  ['1', 'male'],
  ['2', 'female']
])
