import type { NhsNumber, OdsCode } from '@chesil/fhir'
import names from './names.json' with { type: 'json' }
import { createNhsNumbers } from './nhs-numbers.ts'
import places from './places.json' with { type: 'json' }
import type { Address, Practice } from './practices.ts'
import { createRandom, type Random } from './random.ts'

/**
 * What is particular about a person.
 *
 * - `restricted`, `very-restricted`, `redacted`: PDS says so, and the practice tells nobody of them
 * - `superseded`: was known under another NHS number
 * - `invalidated`: PDS has withdrawn the number
 * - `deceased`: as the registrar of deaths reported
 * - `objecting`: ordinary to PDS and to the practice; the record's own keeper holds an objection
 * - `dissenting`: ordinary to PDS; the practice refuses to share
 * - `safeguarding`: the record holds safeguarding items
 * - `session-practice`: registered where answers may not be kept
 * - `moved-practice`: PDS names a new practice, which still waits for the former one's record
 */
export const personKinds = [
  'ordinary',
  'restricted',
  'very-restricted',
  'redacted',
  'superseded',
  'invalidated',
  'deceased',
  'objecting',
  'dissenting',
  'safeguarding',
  'session-practice',
  'moved-practice'
] as const
export type PersonKind = (typeof personKinds)[number]

export interface Person {
  readonly kind: PersonKind
  readonly nhsNumber: NhsNumber
  /** Numbers that were superseded by the present one. */
  readonly formerNhsNumbers: readonly NhsNumber[]
  readonly name: { readonly family: string; readonly given: readonly string[]; readonly prefix?: string }
  readonly gender: 'female' | 'male' | 'other' | 'unknown'
  /** An ISO date. */
  readonly birthDate: string
  /** An ISO date. */
  readonly deathDate?: string
  readonly address?: Address
  readonly telephone?: string
  readonly email?: string
  /** Where the person is registered. */
  readonly practice: OdsCode
  /** Where the person was registered before. */
  readonly formerPractice?: OdsCode
}

export interface PeopleOptions {
  readonly seed: string
  /** How many ordinary people follow the one of each kind that comes first. */
  readonly count: number
  /** At least two, one of them `session`. */
  readonly practices: readonly Practice[]
}

/** @returns one person of each kind but `ordinary`, then `count` ordinary ones; nobody twice. */
export function createPeople({ seed, count, practices }: PeopleOptions): readonly Person[] {
  const random = createRandom(`people ${seed}`)
  const nextNumber = createNhsNumbers(random)
  const storing = practices.filter((practice) => practice.retention === 'store')
  const particular = personKinds.filter((kind) => kind !== 'ordinary')
  const kinds: readonly PersonKind[] = [...particular, ...Array<PersonKind>(count).fill('ordinary')]
  return kinds.map((kind, index) => {
    const practice = practiceFor(kind, index, practices, storing)
    const person = anyone(random, { kind, nhsNumber: nextNumber(), practice: practice.odsCode })
    return { ...person, ...particularsOf(kind, practice, practices, nextNumber) }
  })
}

function practiceFor(
  kind: PersonKind,
  index: number,
  practices: readonly Practice[],
  storing: readonly Practice[]
): Practice {
  const session = practices.find((practice) => practice.retention === 'session')
  const practice = kind === 'session-practice' ? session : storing[index % storing.length]
  if (!practice) throw new RangeError('People need a practice that stores and one that does not')
  return practice
}

function particularsOf(
  kind: PersonKind,
  practice: Practice,
  practices: readonly Practice[],
  nextNumber: () => NhsNumber
): Partial<Person> {
  if (kind === 'superseded') return { formerNhsNumbers: [nextNumber()] }
  if (kind === 'deceased') return { birthDate: '1938-11-02', deathDate: '2025-03-14' }
  if (kind === 'safeguarding') return { birthDate: '1986-05-19' }
  if (kind !== 'moved-practice') return {}
  const former = practices.find(
    ({ odsCode, retention }) => odsCode !== practice.odsCode && retention === 'store'
  )
  return { formerPractice: (former ?? (practices.at(-1) as Practice)).odsCode }
}

function anyone(
  random: Random,
  { kind, nhsNumber, practice }: Pick<Person, 'kind' | 'nhsNumber' | 'practice'>
): Person {
  const gender = random.pick(['female', 'male'] as const)
  const given = random.pick(names[gender])
  const second = random.pick(names[gender])
  const family = random.pick(names.family)
  const serial = String(random.integer(0, 999)).padStart(3, '0')
  return {
    kind,
    nhsNumber,
    formerNhsNumbers: [],
    name: {
      family,
      given: second === given || random.chance(0.5) ? [given] : [given, second],
      prefix: gender === 'female' ? random.pick(['Mrs', 'Ms', 'Miss', 'Dr']) : random.pick(['Mr', 'Mr', 'Dr'])
    },
    gender,
    birthDate: birthDate(random),
    address: addressOf(random),
    // Ofcom keeps these two blocks for drama.
    telephone: random.chance(0.6) ? `07700 900${serial}` : `01632 960${serial}`,
    email: `${plain(given)}.${plain(family)}@example.com`,
    practice
  }
}

/** Between 1928 and 2021, the old more often than the very old; days to the 28th, which every month has. */
function birthDate(random: Random): string {
  const year = 2021 - Math.floor(93 * random.fraction() ** 1.2)
  const pad = (value: number) => String(value).padStart(2, '0')
  return `${year}-${pad(random.integer(1, 12))}-${pad(random.integer(1, 28))}`
}

function addressOf(random: Random): Address {
  const town = random.pick(places.towns)
  // The inward part of a postcode has none of the letters C, I, K, M, O and V.
  const inward = [...'ABDEFGHJLNPQRSTUWXYZ']
  return {
    lines: [`${random.integer(1, 140)} ${random.pick(places.streets)}`],
    city: town.name,
    postalCode: `${town.district} ${random.integer(0, 9)}${random.pick(inward)}${random.pick(inward)}`
  }
}

const plain = (name: string): string =>
  name
    .normalize('NFD')
    .replaceAll(/[^A-Za-z]/g, '')
    .toLowerCase()
