import { createNhsNumbers } from '../nhs-numbers.ts'
import { createPeople, type Person } from '../people.ts'
import type { Practice } from '../practices.ts'
import { createRandom } from '../random.ts'
import { adultsBornBefore } from './case-file.ts'

export interface CouncilPeopleOptions {
  readonly seed: string
  readonly count: number
  readonly practices: readonly Practice[]
  /** Come first; none of the others has a number of theirs. */
  readonly first?: readonly Person[]
}

/** People are made so many at a time. */
const batch = 500

/**
 * As many adults as a council has to do with: those of the demo, then others whom only the council knows, of whom one in 25
 * has died or will have by 2027. Made a few at a time, and the same ones when more are asked for.
 */
export function* councilPeople(options: CouncilPeopleOptions): Generator<Person, void, undefined> {
  const { seed, count, practices, first = [] } = options
  const random = createRandom(`council people ${seed}`)
  const nextNumber = createNhsNumbers(random)
  const taken = new Set(first.flatMap(({ nhsNumber, formerNhsNumbers }) => [nhsNumber, ...formerNhsNumbers]))
  let made = 0
  for (const person of first) {
    if (made++ === count) return
    yield person
  }
  for (let round = 0; made < count; round++) {
    const people = createPeople({ seed: `council ${seed} ${round}`, count: batch, practices })
    for (const person of people.filter(({ kind }) => kind === 'ordinary')) {
      if (made++ === count) return
      let nhsNumber = nextNumber()
      while (taken.has(nhsNumber)) nhsNumber = nextNumber()
      yield { ...person, nhsNumber, birthDate: ofAge(person.birthDate), ...fateOf(random) }
    }
  }
}

/** A child becomes its own grandparent. */
const ofAge = (birthDate: string): string =>
  birthDate < adultsBornBefore ? birthDate : `${Number(birthDate.slice(0, 4)) - 45}${birthDate.slice(4)}`

function fateOf(random: ReturnType<typeof createRandom>): Partial<Person> {
  const [died, year, month, day] = [
    random.chance(0.04),
    random.integer(2025, 2027),
    random.integer(1, 12),
    random.integer(1, 28)
  ]
  const pad = (value: number) => String(value).padStart(2, '0')
  return died ? { kind: 'deceased', deathDate: `${year}-${pad(month)}-${pad(day)}` } : {}
}
