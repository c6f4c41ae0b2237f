import type { LocalIdentifier } from '@chesil/contracts'
import { findNhsNumber, isFhirDate, type NhsNumber, OutcomeError, systems } from '@chesil/fhir'
import type { PdsSearch } from '@chesil/source-clients'
import { type Parameters, single } from '../http/parameters.ts'

/** Who is looked for. Each way stands alone: a second criterion that nobody compares would show the wrong person. */
export type PatientQuery =
  | { readonly by: 'id'; readonly id: string }
  | { readonly by: 'nhs-number'; readonly nhsNumber: NhsNumber }
  /** A number by which an organisation knows them. */
  | { readonly by: 'local-number'; readonly identifier: LocalIdentifier }
  | { readonly by: 'name'; readonly search: PdsSearch }

export interface ParsedPatientQuery {
  readonly query: PatientQuery
  /** Names that were not understood; only with lenient handling. */
  readonly ignored: readonly string[]
}

const details = ['family', 'birthdate', 'given', 'gender', 'address-postalcode'] as const
const known: ReadonlySet<string> = new Set(['_id', 'identifier', ...details])
const genders = new Set(['male', 'female', 'other', 'unknown'])

/**
 * @param handling As in `parseSearch`.
 * @throws OutcomeError `invalid`, saying how a person is found.
 */
export function parsePatientQuery(
  parameters: Parameters,
  handling: 'strict' | 'lenient'
): ParsedPatientQuery {
  const names = parameters.map(([name]) => name).filter((name) => name !== '_format')
  const ignored = names.filter((name) => !known.has(name))
  if (ignored.length > 0 && handling === 'strict') {
    throw new OutcomeError('invalid', `Not supported on Patient; supported: ${[...known].join(', ')}`)
  }
  const ways = [
    names.includes('_id'),
    names.includes('identifier'),
    details.some((one) => names.includes(one))
  ]
  if (ways.filter(Boolean).length > 1) throw howToFind()
  return { query: queryOf(parameters), ignored }
}

function queryOf(parameters: Parameters): PatientQuery {
  const id = single(parameters, '_id')
  if (id !== undefined) return { by: 'id', id: onlyOne('_id', id) }
  const identifier = single(parameters, 'identifier')
  if (identifier !== undefined) return parseIdentifier(identifier)
  return { by: 'name', search: toPdsSearch(parameters) }
}

const howToFind = () =>
  new OutcomeError(
    'invalid',
    'Find a person by identifier alone, by _id alone, or by family and birthdate together (and given, gender, address-postalcode)'
  )

function onlyOne(name: string, value: string): string {
  if (value.includes(',')) throw new OutcomeError('invalid', `${name} names one person`)
  return value
}

function parseIdentifier(text: string): PatientQuery {
  const bar = text.lastIndexOf('|')
  const [system, value] = [text.slice(0, Math.max(bar, 0)), text.slice(bar + 1)]
  if (bar >= 0 && system !== systems.nhsNumber) return { by: 'local-number', identifier: { system, value } }
  const nhsNumber = findNhsNumber(value)
  if (nhsNumber) return { by: 'nhs-number', nhsNumber }
  throw new OutcomeError(
    'invalid',
    'identifier is not a valid NHS number: ten digits that pass the check digit',
    { expression: 'Patient.identifier' }
  )
}

function toPdsSearch(parameters: Parameters): PdsSearch {
  const family = single(parameters, 'family')?.trim()
  const birthdate = single(parameters, 'birthdate')?.replace(/^eq/, '')
  if (!family || !birthdate) throw howToFind()
  if (!isFhirDate(birthdate) || birthdate.length !== 10) {
    throw new OutcomeError('invalid', 'birthdate needs a whole date, such as 1950-04-21')
  }
  const gender = single(parameters, 'gender')
  if (gender !== undefined && !genders.has(gender)) {
    throw new OutcomeError('invalid', 'gender is male, female, other or unknown')
  }
  const given = single(parameters, 'given')
  const postcode = single(parameters, 'address-postalcode')
  return {
    family,
    birthdate,
    ...(given && { given }),
    ...(gender && { gender: gender as NonNullable<PdsSearch['gender']> }),
    ...(postcode && { postcode })
  }
}
