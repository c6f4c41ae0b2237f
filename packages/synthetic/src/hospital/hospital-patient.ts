import { findNhsNumber } from '@chesil/fhir'
import names from '../names.json' with { type: 'json' }
import type { Person } from '../people.ts'
import { type Address, practiceAt } from '../practices.ts'
import { createRandom } from '../random.ts'

/** A person as a trust's administration knows them. */
export interface HospitalPatient {
  /** Who it is: the NHS number where that is to be believed, else `local:` and the trust's own number. */
  readonly personKey: string
  /** The trust's own. */
  readonly patientNumber: string
  /** As the trust says it: it may be one that was superseded, or that PDS does not know. */
  readonly nhsNumber?: string
  readonly family: string
  readonly given: readonly string[]
  readonly prefix?: string
  /** An ISO date. */
  readonly birthDate: string
  readonly gender: Person['gender']
  readonly address?: Address
  readonly telephone?: string
  readonly practice?: { readonly odsCode: string; readonly name: string }
}

/** The same number whatever day is played. */
export function patientNumberOf(nhsNumber: string): string {
  const [block, serial] = [nhsNumber.slice(0, 3), nhsNumber.slice(3, 9)]
  return `C${serial}${block === '999' ? '' : block}`
}

/** The person as the trust knows them: by the number they had first. */
export function hospitalPatient(person: Person): HospitalPatient {
  const { name, nhsNumber, formerNhsNumbers, practice, ...rest } = person
  return {
    personKey: nhsNumber,
    patientNumber: patientNumberOf(nhsNumber),
    nhsNumber: formerNhsNumbers.at(-1) ?? nhsNumber,
    family: name.family,
    given: name.given,
    ...(name.prefix !== undefined && { prefix: name.prefix }),
    birthDate: rest.birthDate,
    gender: rest.gender,
    ...(rest.address && { address: rest.address }),
    ...(rest.telephone !== undefined && { telephone: rest.telephone }),
    practice: { odsCode: practice, name: practiceNameOf(practice) }
  }
}

function practiceNameOf(odsCode: string): string {
  const index = Number(/^J99(\d{3})$/.exec(odsCode)?.[1] ?? 0)
  return index > 0 ? practiceAt(index - 1).name : 'The practice'
}

/** Somebody of whom only the trust knows, by a number of its own. @param seed Another one for another person. */
export function unknownPatient(seed: string): HospitalPatient {
  const random = createRandom(`hospital patient ${seed}`)
  const gender = random.pick(['female', 'male'] as const)
  const pad = (value: number, digits: number) => String(value).padStart(digits, '0')
  const patientNumber = `U${pad(random.integer(0, 999_999), 6)}${pad(random.integer(0, 999_999), 6)}`
  return {
    personKey: `local:${patientNumber}`,
    patientNumber,
    family: random.pick(names.family),
    given: [random.pick(names[gender])],
    birthDate: `${random.integer(1930, 2015)}-${pad(random.integer(1, 12), 2)}-${pad(random.integer(1, 28), 2)}`,
    gender
  }
}

/** An NHS number that passes the check, of a block from which the synthetic people have none. */
export function untracedNumber(seed: string): string {
  const random = createRandom(`untraced ${seed}`)
  for (;;) {
    const nine = `900${String(random.integer(100_000, 999_999))}`
    for (let check = 0; check <= 9; check++) {
      const found = findNhsNumber(`${nine}${check}`)
      if (found) return found
    }
  }
}
