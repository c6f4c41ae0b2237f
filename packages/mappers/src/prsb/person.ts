import type { ClaimedSubject } from '@chesil/contracts'
import { findNhsNumber } from '@chesil/fhir'
import type { BundleEntry } from '../itk3/bundle-entries.ts'
import { toClaimedSubject } from '../itk3/person.ts'
import { type Json, many, one, text, uri, word } from '../json.ts'
import type { MessageContext } from '../message-context.ts'
import { nhsNumbersIn } from '../stu3/person.ts'
import { toDay } from './dates.ts'
import { findAll, partsOf, saidIn } from './question.ts'
import type { PrsbContent } from './read-prsb.ts'
import { findSections } from './sections.ts'

/** Whom a response is about. */
export interface Found {
  readonly subject: ClaimedSubject
  /** Absent where a number is all that is said of them. */
  readonly patient: BundleEntry | undefined
}

/**
 * The person by everything that is said of them: the response's subject, the Patient that came with it, and the answers
 * about who they are. Where two of them name two people, nothing of it is anybody's.
 */
export function findPerson(
  content: PrsbContent,
  context: MessageContext
): Found | 'no-person' | 'wrong-person' {
  const named = one(content.response['subject'])
  const patient = findPatient(content, named)
  if (typeof patient === 'string') return patient
  const identifiers = [...many(patient?.source['identifier']), ...many(named?.['identifier'])]
  if (disagree(many(patient?.source['identifier']), many(named?.['identifier']))) return 'wrong-person'
  const numbers = new Set(nhsNumbersIn(identifiers))
  if (numbers.size > 1) return 'no-person'
  const source = { ...patient?.source, identifier: identifiers }
  const subject = toClaimedSubject(
    { type: 'Patient', id: patient?.id, fullUrl: patient?.fullUrl, source },
    context
  )
  if (subject === undefined) return 'no-person'
  return contradicts(content, subject, numbers) ? 'wrong-person' : { subject, patient }
}

type Sought = BundleEntry | undefined | 'no-person' | 'wrong-person'

function findPatient({ resources, named }: PrsbContent, subject: Json | undefined): Sought {
  const patients = resources.filter(({ type }) => type === 'Patient')
  const reference = word(subject?.['reference'])
  if (reference !== undefined) {
    const target = named(reference)
    if (target) return target.type === 'Patient' ? target : 'no-person'
    return patients.length > 0 ? 'wrong-person' : undefined
  }
  const isNumbered = many(subject?.['identifier']).some(({ value }) => text(value) !== undefined)
  const [only, ...others] = patients
  if (others.length === 0) return only
  const theirs = patients.filter(({ source }) => shareNumber(source, subject))
  return isNumbered && theirs.length === 1 ? theirs[0] : 'no-person'
}

const keyOf = (identifier: Json): string =>
  `${uri(identifier['system']) ?? ''}|${(text(identifier['value']) ?? '').replaceAll(' ', '')}`

function shareNumber(patient: Json, subject: Json | undefined): boolean {
  const numbers = new Set(many(patient['identifier']).map(keyOf))
  return many(subject?.['identifier']).some((identifier) => numbers.has(keyOf(identifier)))
}

/** A system has one number for one person. */
function disagree(ours: readonly Json[], theirs: readonly Json[]): boolean {
  const numbers = new Set(ours.map(keyOf))
  const systems = new Set(ours.flatMap(({ system }) => uri(system) ?? []))
  return theirs.some(
    (identifier) => systems.has(uri(identifier['system']) ?? '') && !numbers.has(keyOf(identifier))
  )
}

/**
 * The demographics among the answers are somebody else's: another NHS number; or another birth date, where no NHS number
 * says that it is them.
 */
function contradicts(
  { questions }: PrsbContent,
  { birthDate }: ClaimedSubject,
  claimed: ReadonlySet<string>
): boolean {
  const demographics = findSections(questions).filter(({ role }) => role === 'demographics')
  const parts = demographics.flatMap(({ question }) => partsOf(question))
  const answered = findAll(parts, 'nhsnumber').flatMap(
    (found) => findNhsNumber(saidIn([found], 'nhsnumber') ?? '') ?? []
  )
  if (answered.some((number) => claimed.size > 0 && !claimed.has(number))) return true
  const born = toDay(saidIn(parts, 'dateofbirth'))
  return answered.length === 0 && birthDate !== undefined && born?.length === 10 && born !== birthDate
}
