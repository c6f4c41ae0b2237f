import { compareDemographics, hasFamily, hasFirstName } from '@chesil/care-record'
import { findNhsNumber, type NhsNumber, OutcomeError, type Patient, systems } from '@chesil/fhir'
import type { PdsSearch } from '@chesil/source-clients'
import type { Parameters } from '../http/parameters.ts'
import { parsePatientQuery } from './patient-query.ts'

/** https://hl7.org/fhir/R4/valueset-match-grade.html; what is certainly not the person is not answered. */
export type MatchGrade = 'certain' | 'probable' | 'possible'

/** The grade as a number, for clients that sort by it: not a probability. */
export const matchScores: Readonly<Record<MatchGrade, number>> = { certain: 1, probable: 0.8, possible: 0.5 }

export interface MatchQuery {
  readonly claimed: Patient
  readonly by:
    | { readonly nhsNumber: NhsNumber }
    | { readonly search: PdsSearch; readonly nhsNumber?: undefined }
  readonly onlyCertain: boolean
  readonly count: number | undefined
}

interface Parameter {
  readonly name: string
  readonly resource?: unknown
  readonly valueBoolean?: boolean
  readonly valueInteger?: number
}

/**
 * @param parameters Of a FHIR Parameters resource.
 * @throws OutcomeError `invalid`, saying what is needed.
 * @see https://hl7.org/fhir/R4/patient-operation-match.html
 */
export function parseMatch(parameters: readonly Parameter[]): MatchQuery {
  const named = (name: string) => parameters.find((one) => one.name === name)
  const claimed = named('resource')?.resource
  if (!isPatient(claimed)) throw new OutcomeError('invalid', 'The parameter resource needs a Patient')
  const count = named('count')?.valueInteger
  if (count !== undefined && count < 1) throw new OutcomeError('invalid', 'count needs a number above nought')
  return {
    claimed,
    by: whoOf(claimed),
    onlyCertain: named('onlyCertainMatches')?.valueBoolean ?? false,
    count
  }
}

const isPatient = (value: unknown): value is Patient =>
  typeof value === 'object' && value !== null && 'resourceType' in value && value.resourceType === 'Patient'

function whoOf(claimed: Patient): MatchQuery['by'] {
  const numbers = listOf(claimed.identifier).filter(({ system }) => system === systems.nhsNumber)
  if (numbers.length > 1) throw new OutcomeError('invalid', 'Patient names two NHS numbers')
  const [number] = numbers
  if (!number) return searchOf(claimed)
  const nhsNumber = findNhsNumber(String(number.value))
  if (nhsNumber) return { nhsNumber }
  throw new OutcomeError('invalid', 'Not a valid NHS number', { expression: 'Patient.identifier' })
}

/** As a search by the same details understands and refuses them. */
function searchOf(claimed: Patient): MatchQuery['by'] {
  const { family, given } = nameOf(claimed)
  const details: Parameters = Object.entries({
    family,
    birthdate: claimed.birthDate,
    given: given?.[0],
    gender: claimed.gender,
    'address-postalcode': listOf(claimed.address)[0]?.postalCode
  }).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value] as const] : []))
  const { query } = parsePatientQuery(details, 'strict')
  if (query.by !== 'name') throw new OutcomeError('invalid', 'Patient needs a name and a birth date')
  return query
}

const nameOf = ({ name }: Patient) => {
  const names = listOf(name)
  return names.find(({ use }) => use === 'official' || use === 'usual') ?? names[0] ?? {}
}

/** What is no list is nothing: nobody has checked the Patient that was sent. */
const listOf = <One>(value: One[] | undefined): readonly One[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'object' && one !== null) : []

/**
 * How sure it is that an NHS number is that of whom the reader means: certain only where PDS has their birth date and
 * first name too. A family name may have changed, and so a different one alone makes nobody else of them.
 *
 * @param pds The person as they are shown.
 * @returns `undefined` where the details are somebody else's.
 */
export function gradeOf(claimed: Patient, pds: Patient): MatchGrade | undefined {
  const details = detailsOf(claimed)
  return details.given.length > 0 ? gradeNamed(details, pds) : gradeUnnamed(details, pds)
}

type Details = ReturnType<typeof detailsOf>

function detailsOf(claimed: Patient) {
  const { family, given } = nameOf(claimed)
  return {
    given: Array.isArray(given) ? given.filter((one) => typeof one === 'string') : [],
    ...(typeof family === 'string' && { family }),
    ...(typeof claimed.birthDate === 'string' && { birthDate: claimed.birthDate }),
    ...(typeof claimed.gender === 'string' && { gender: claimed.gender })
  }
}

function gradeNamed(details: Details, pds: Patient): MatchGrade | undefined {
  const { given, birthDate, gender } = details
  if (!hasFirstName(given, pds.name ?? [])) return undefined
  if (birthDate === undefined) return 'possible'
  const isOtherGender = gender !== undefined && gender !== pds.gender
  if (birthDate === pds.birthDate)
    return isOfOtherFamily(details, pds) && isOtherGender ? 'probable' : 'certain'
  return compareDemographics(details, pds) === 'agrees' ? 'probable' : undefined
}

function gradeUnnamed(details: Details, pds: Patient): MatchGrade | undefined {
  const isOther = isOfOtherFamily(details, pds)
  if (details.birthDate === undefined) return isOther ? undefined : 'possible'
  if (details.birthDate !== pds.birthDate) return undefined
  return isOther ? 'possible' : 'probable'
}

const isOfOtherFamily = ({ family }: Details, { name = [] }: Patient): boolean =>
  family !== undefined && !hasFamily(family, name)
