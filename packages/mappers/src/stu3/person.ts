import type { RefusalReason, SectionState, SectionStatement, SectionWarning } from '@chesil/contracts'
import type { NhsNumber } from '@chesil/fhir'
import { type Json, many, texts, uri, word } from '../json.ts'
import type { Entry } from './entries.ts'

/** Whom we asked about, as PDS knows them, for the cross-check. */
export interface AskedPerson {
  /** The current one first, then those it superseded. */
  readonly nhsNumbers: readonly NhsNumber[]
  /** FHIR date, also partial. */
  readonly birthDate?: string
  readonly family?: string
  readonly given?: readonly string[]
  /** FHIR code, as `female`. */
  readonly gender?: string
}

/** How GP Connect, now and in its first version, names the system of NHS numbers. */
const nhsNumberSystem = /^https?:\/\/fhir\.nhs\.(?:uk|net)\/Id\/nhs-number$/i

/** @returns the NHS numbers that a resource gives as its identifiers, without spaces, unchecked. */
export const nhsNumbersIn = (identifiers: unknown): string[] =>
  many(identifiers)
    .filter((identifier) => nhsNumberSystem.test(uri(identifier['system']) ?? ''))
    .map((identifier) => (word(identifier['value']) ?? '').replaceAll(' ', ''))

/**
 * Whether an answer is about the person who was asked about. One that may be about somebody else is refused
 * as a whole.
 *
 * @returns the answer's Patient, or why nothing of the answer may be used.
 */
export function findPerson(entries: readonly Entry[], person: AskedPerson): Entry | RefusalReason {
  const [patient, ...others] = entries.filter((entry) => entry.type === 'Patient')
  if (patient?.id === undefined || others.length > 0) return 'no-person'
  const numbers = nhsNumbersIn(patient.source['identifier'])
  if (numbers.length === 0) return 'no-person'
  const ours = new Set<string>(person.nhsNumbers)
  if (!numbers.every((number) => ours.has(number))) return 'wrong-person'
  return agreesWith(patient, person) ? patient : 'wrong-person'
}

/**
 * The rule by which an NHS number counts as verified with PDS: the birth date agrees, or two of its three
 * parts do, with the first three letters of the family name and the first initial. Without a birth date from
 * PDS, the names decide.
 *
 * @see https://developer.nhs.uk/apis/gpconnect-1-6-0/integration_personal_demographic_service.html
 */
function agreesWith(patient: Entry, person: AskedPerson): boolean {
  if (person.birthDate === undefined) return namesAgree(patient, person)
  const claimed = word(patient.source['birthDate']) ?? ''
  if (claimed === person.birthDate) return true
  const parts = claimed.split('-')
  const agreeing = person.birthDate.split('-').filter((part, position) => part === parts[position])
  return agreeing.length >= 2 && namesAgree(patient, person)
}

/** Any of the names that the practice knows, also a former one. */
function namesAgree(patient: Entry, { family, given }: AskedPerson): boolean {
  const start = lettersOf(family).slice(0, 3)
  const initial = lettersOf(given?.[0]).slice(0, 1)
  if (start === '' || initial === '') return false
  return many(patient.source['name']).some(
    (name) =>
      lettersOf(texts(name['family'])[0]).slice(0, 3) === start &&
      lettersOf(texts(name['given'])[0]).slice(0, 1) === initial
  )
}

const former = new Set(['old', 'maiden'])

/**
 * Whether the practice knows the person, who is accepted as this one, by another family name or sex than PDS:
 * a reader should know. What either of the two does not say differs in nothing; nor does a given name, of which
 * there are short ones.
 */
export function differsFromPds(patient: Json, { family, gender }: AskedPerson): boolean {
  const names = many(patient['name'])
    .filter((name) => !former.has(word(name['use']) ?? ''))
    .map((name) => lettersOf(texts(name['family'])[0]))
    .filter((name) => name !== '')
  const ours = lettersOf(family)
  if (ours !== '' && names.length > 0 && !names.includes(ours)) return true
  const [theirSex, ourSex] = [word(patient['gender'])?.toLowerCase(), gender]
  return isKnown(theirSex) && isKnown(ourSex) && theirSex !== ourSex
}

const isKnown = (sex: string | undefined): boolean => sex !== undefined && sex !== 'unknown'

/** Without accents, hyphens, apostrophes and spaces, in lower case. */
const lettersOf = (name: string | undefined): string =>
  (name ?? '')
    .normalize('NFD')
    .replaceAll(/[^\p{L}]/gu, '')
    .toLowerCase()

/** Ours, not the source's. Without the values: who may read the section need not see them. */
const demographicsDiffer: SectionWarning = {
  code: 'demographics-differ',
  text: 'The practice’s name or sex of this person differs from PDS'
}

/** What a section that was answered says where the practice knows the person otherwise than PDS. */
export function withDemographicsWarning(statement: SectionStatement): SectionStatement {
  if (!isAnswered(statement.state)) return statement
  return { ...statement, warnings: [...statement.warnings, demographicsDiffer] }
}

export const isAnswered = (state: SectionState): boolean => state === 'returned' || state === 'empty'
