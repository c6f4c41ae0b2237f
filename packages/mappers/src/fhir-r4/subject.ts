import type { QuarantineReason } from '@chesil/contracts'
import { type Json, many, one, word } from '../json.ts'
import { nhsNumbersIn } from '../stu3/person.ts'
import type { Candidate } from './read-answer.ts'

/** The person, as the endpoint names them. */
export interface Person {
  readonly id: string
  /** Of the entry in which they came. */
  readonly fullUrl: string | undefined
  readonly nhsNumbers: ReadonlySet<string>
  /** Bases below which an id is the endpoint's own, without a trailing slash. */
  readonly bases: readonly string[]
}

/** What a reference names, where it is one that the endpoint's own server could follow. */
export interface Target {
  readonly type: string
  readonly id: string
}

const localPattern = /^([A-Z][A-Za-z]{1,63})\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/[A-Za-z0-9\-.]{1,64})?$/

/** @returns `undefined` for a contained resource, another server's, a URN, or nothing that can be read. */
export function targetOf(reference: string, bases: readonly string[]): Target | undefined {
  const base = bases.find((one) => reference.startsWith(`${one}/`))
  const [, type, id] =
    localPattern.exec(base === undefined ? reference : reference.slice(base.length + 1)) ?? []
  return type !== undefined && id !== undefined ? { type, id } : undefined
}

const containedById = new WeakMap<Json, ReadonlyMap<string, Json>>()

/** @returns the one contained resource that a reference names; of several of one id the first. */
export function containedIn(source: Json, reference: string): Json | undefined {
  if (!reference.startsWith('#')) return undefined
  // Looked for by each reference anew, thousands of them would keep everybody waiting.
  const known = containedById.get(source) ?? toContainedById(source)
  containedById.set(source, known)
  return known.get(reference.slice(1))
}

const toContainedById = (source: Json): ReadonlyMap<string, Json> =>
  new Map(
    many(source['contained'])
      .flatMap((one) => {
        const id = word(one['id'])
        return id === undefined ? [] : [[id, one] as const]
      })
      .reverse()
  )

/** Whether a reference names the person, by everything that it says. */
export function namesPerson(subject: Json, source: Json, person: Person): boolean {
  const numbers = nhsNumbersIn(subject['identifier'])
  if (!numbers.every((number) => person.nhsNumbers.has(number))) return false
  const reference = word(subject['reference'])
  return reference === undefined ? numbers.length > 0 : isTheirs(reference, source, person)
}

function isTheirs(reference: string, source: Json, person: Person): boolean {
  if (reference.startsWith('#')) return isContainedPerson(containedIn(source, reference), person)
  if (reference === person.fullUrl) return true
  const target = targetOf(reference, person.bases)
  return target?.type === 'Patient' && target.id === person.id
}

/** A Patient inside a resource has no id that anybody else knows: its NHS number says who it is. */
function isContainedPerson(patient: Json | undefined, person: Person): boolean {
  const numbers = nhsNumbersIn(patient?.['identifier'])
  return (
    patient?.['resourceType'] === 'Patient' &&
    numbers.length > 0 &&
    numbers.every((number) => person.nhsNumbers.has(number))
  )
}

/**
 * Each item has to say that it is the person's: an endpoint that does not understand the search answers with
 * everybody's.
 *
 * @returns why an item is kept out; `undefined` for one that is the person's.
 */
export function findWithheld(
  { type, source }: Candidate,
  person: Person
): { readonly reason: QuarantineReason; readonly expression: string } | undefined {
  const [element, ...others] = subjectElements(type)
  const named = [element, ...others].flatMap((path) =>
    subjectsAt(source, path).map((subject) => ({ path, subject }))
  )
  const other = named.find(({ subject }) => !namesPerson(subject, source, person))
  if (other) return { reason: 'other-subject', expression: `${type}.${other.path}` }
  return named.length > 0 ? undefined : { reason: 'no-subject', expression: `${type}.${element}` }
}

/** The first is where the type says whom it is about. */
function subjectElements(type: string): readonly [string, ...string[]] {
  if (type === 'Appointment') return ['participant.actor']
  if (type === 'DocumentReference') return ['subject', 'context.sourcePatientInfo']
  return type === 'AllergyIntolerance' || type === 'Immunization'
    ? ['patient', 'subject']
    : ['subject', 'patient']
}

function subjectsAt(source: Json, path: string): readonly Json[] {
  const values = path
    .split('.')
    .reduce<readonly Json[]>((at, name) => at.flatMap((one) => many(one[name])), [source])
  return path === 'participant.actor'
    ? values.filter((actor) => isPatient(actor, source))
    : values.filter(namesSomebody)
}

const namesSomebody = (subject: Json): boolean =>
  word(subject['reference']) !== undefined || nhsNumbersIn(subject['identifier']).length > 0

/** Whether a reference is to a Patient, and not to a clinician or a room. */
function isPatient(actor: Json, source: Json): boolean {
  const reference = word(actor['reference']) ?? ''
  if (word(actor['type']) === 'Patient' || nhsNumbersIn(actor['identifier']).length > 0) return true
  if (reference.startsWith('#')) return containedIn(source, reference)?.['resourceType'] === 'Patient'
  return /(^|\/)Patient\/[^/]+(\/_history\/[^/]+)?$/.test(reference)
}

/** The person's own resource among those that were found; one that was replaced does not count beside it. */
export function patientsIn(candidates: readonly Candidate[]): readonly Candidate[] {
  const patients = candidates.filter(({ type }) => type === 'Patient')
  return patients.length > 1 ? patients.filter(({ source }) => isInUse(source)) : patients
}

const isInUse = (patient: Json): boolean =>
  patient['active'] !== false && !many(patient['link']).some((link) => one(link)?.['type'] === 'replaced-by')
