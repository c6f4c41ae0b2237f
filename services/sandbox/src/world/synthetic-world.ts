import {
  confidentialityOf,
  createNhsNumbers,
  createPeople,
  createPractices,
  createRandom,
  type Person,
  structuredRecord
} from '@chesil/synthetic'
import type { Config } from '../config.ts'
import { practiceRoot } from '../gp-connect/addresses.ts'
import { createSyntheticRecord } from './held-record.ts'
import { createWorld, type PersonState, type World } from './world.ts'

export type WorldSettings = Pick<
  Config,
  'SANDBOX_SEED' | 'SANDBOX_PEOPLE' | 'SANDBOX_PRACTICES' | 'RECORD_SIZES'
>

/**
 * @param asAt The day up to which records tell.
 * @param publicUrl Asked only when a record is made, when it is known where we listen.
 */
export function createSyntheticWorld(
  settings: WorldSettings,
  { asAt, publicUrl }: { readonly asAt: string; readonly publicUrl: () => string }
): World {
  const { SANDBOX_SEED: seed, SANDBOX_PEOPLE: count } = settings
  const practices = createPractices(settings.SANDBOX_PRACTICES)
  const sizes = settings.RECORD_SIZES.split(',').map(Number)
  const people = createPeople({ seed, count, practices }).map((person, index) => {
    const size = sizes[index % sizes.length] as number
    const state: PersonState = stateOf(person, () => {
      const practice = practices.find(({ odsCode }) => odsCode === state.person.practice)
      if (!practice) throw new RangeError('The person is registered nowhere')
      const baseUrl = practiceRoot(publicUrl(), practice.odsCode)
      return structuredRecord(state.person, { seed, size, asAt, practice, baseUrl, story: person.nhsNumber })
    })
    return state
  })
  const nextNhsNumber = createNhsNumbers(createRandom(`later ${seed}`))
  return createWorld({ practices, people, nextNhsNumber })
}

function stateOf(person: Person, make: Parameters<typeof createSyntheticRecord>[0]): PersonState {
  return {
    person,
    confidentiality: confidentialityOf(person),
    invalidated: person.kind === 'invalidated',
    dissents: person.kind === 'dissenting',
    inTransit: person.kind === 'moved-practice',
    version: 1,
    record: createSyntheticRecord(make)
  }
}
