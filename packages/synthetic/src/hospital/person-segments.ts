import names from '../names.json' with { type: 'json' }
import { createRandom } from '../random.ts'
import { compactDate, components, type Field, repetitions, segment } from './hl7-text.ts'
import type { HospitalPatient } from './hospital-patient.ts'
import type { Trust } from './trusts.ts'

/** NHS Data Dictionary's person gender codes, as ITK has them; a laboratory writes HL7's letters. */
const sexes = {
  itk: { male: '1', female: '2', other: '9', unknown: '0' },
  hl7: { male: 'M', female: 'F', other: 'O', unknown: 'U' }
} as const

export interface PidOptions {
  readonly sex?: keyof typeof sexes
  /** In place of the telephone number; `""` takes it away. */
  readonly telephone?: Field
  /** An account or visit that the message is about as a whole. */
  readonly account?: string
}

/** The trust's own number first, then the NHS number where it knows one. */
export const identifiersOf = ({ odsCode }: Trust, { patientNumber, nhsNumber }: HospitalPatient): Field =>
  repetitions(
    components(patientNumber, '', '', odsCode, 'MR'),
    nhsNumber === undefined ? '' : components(nhsNumber, '', '', 'NHS', 'NH')
  )

export function pid(trust: Trust, patient: HospitalPatient, options: PidOptions = {}): string {
  const { sex = 'itk', telephone, account } = options
  const { address } = patient
  return segment('PID', {
    1: '1',
    3: identifiersOf(trust, patient),
    5: personName(patient),
    7: compactDate(patient.birthDate),
    8: sexes[sex][patient.gender],
    11: address && components(...linesOf(address.lines), address.city, '', address.postalCode, 'GBR', 'H'),
    13: telephone ?? (patient.telephone === undefined ? undefined : components(patient.telephone)),
    15: 'EN',
    18: account === undefined ? undefined : components(account, '', '', 'VISITID'),
    22: 'A'
  })
}

const linesOf = ([first = '', ...others]: readonly string[]): readonly [string, string] => [
  first,
  others.join(', ')
]

const personName = ({ family, given, prefix }: HospitalPatient): Field =>
  components(family.toUpperCase(), given[0], given.slice(1).join(' '), '', prefix, '', 'L')

export const pd1 = ({ practice }: HospitalPatient): readonly string[] =>
  practice ? [segment('PD1', { 3: components(practice.name, '', practice.odsCode) })] : []

/** The next of kin; the same person whenever they are named. */
export function nk1({ personKey, family, address }: HospitalPatient): string {
  const random = createRandom(`next of kin ${personKey}`)
  return segment('NK1', {
    1: '1',
    2: components(family.toUpperCase(), random.pick(names.female), '', '', 'Mrs', '', 'L'),
    3: components('16', 'Relative'),
    4: address && components(...linesOf(address.lines), address.city, '', address.postalCode, 'GBR', 'H'),
    5: components(`07700 900${String(random.integer(0, 999)).padStart(3, '0')}`)
  })
}

/** @param visit Absent where the whole of what stood under the number moves. */
export const mrg = (trust: Trust, from: HospitalPatient, visit?: string): string =>
  segment('MRG', {
    1: components(from.patientNumber, '', '', trust.odsCode, 'MR'),
    5: visit === undefined ? undefined : components(visit, '', '', 'VISITID'),
    7: personName(from)
  })
