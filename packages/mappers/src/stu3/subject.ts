import type { Patient, Reference } from '@chesil/fhir'
import { type Json, many, word } from '../json.ts'
import type { Entry } from './entries.ts'
import type { Item, Withheld } from './item.ts'
import { nhsNumbersIn } from './person.ts'

/** Every clinical item is about the person we asked about: others do not come this far. */
export const subjectOf = (item: Item): Reference<Patient> => ({
  reference: `Patient/${item.answer.context.patientId}`
})

/** Who the person is, as an item may say it. */
export interface Person {
  readonly sourceId: string
  readonly fullUrl: string | undefined
  /** Where the source keeps what it sends; `undefined` where the answer does not show it. Looked for when asked, once. */
  readonly findBase: () => string | undefined
  readonly nhsNumbers: ReadonlySet<string>
}

/**
 * Whether an item may enter the record. Each item of a person's record has to say that it is theirs: GP
 * Connect makes the subject mandatory, and real records hold items of another person among this one's, so
 * one that says nothing is as little to be trusted as one that names somebody else.
 *
 * @param isInside A resource that stays inside another one is about whom that is about, unless it says otherwise.
 */
export function findWithheld(entry: Entry, person: Person, isInside: boolean): Withheld | undefined {
  if (entry.kind === undefined) return { reason: 'invalid' }
  if (entry.kind.role !== 'clinical' && entry.kind.role !== 'list') return undefined
  const named = subjectElements.filter((element) => namesSomebody(entry.source[element]))
  const other = named.find(
    (element) => !many(entry.source[element]).every((subject) => isAbout(subject, person))
  )
  if (other) return { reason: 'other-subject', expression: `${entry.type}.${other}` }
  if (named.length > 0 || isInside) return undefined
  return { reason: 'no-subject', expression: `${entry.type}.${subjectElement(entry)}` }
}

const subjectElements = ['subject', 'patient']

const subjectElement = ({ type }: Entry): string =>
  type === 'AllergyIntolerance' || type === 'Immunization' ? 'patient' : 'subject'

const namesSomebody = (value: unknown): boolean =>
  many(value).some(
    (subject) => word(subject['reference']) !== undefined || nhsNumbersIn(subject['identifier']).length > 0
  )

/** Where a subject is named in two ways, both have to be this person. */
function isAbout(subject: Json, person: Person): boolean {
  const reference = word(subject['reference'])
  if (reference !== undefined && !namesPerson(reference, person)) return false
  return nhsNumbersIn(subject['identifier']).every((number) => person.nhsNumbers.has(number))
}

/** An absolute URL names this person as their own entry does, or below the source's base: elsewhere an id is somebody else's. */
export function namesPerson(reference: string, { sourceId, fullUrl, findBase }: Person): boolean {
  if (reference === fullUrl) return true
  const current = reference.replace(/\/_history\/[^/]*$/, '')
  const base = /^https?:/.test(current) ? findBase() : undefined
  if (base !== undefined && current.startsWith(`${base}/`)) return current.endsWith(`/Patient/${sourceId}`)
  return current.replace(/^(?:Patient\/)+/, '') === sourceId
}

/** @returns the id of the Patient that a reference names; `undefined` when it names none, or a contained one. */
function patientIdIn(reference: string): string | undefined {
  const parts = reference.replace(/\/_history\/[^/]*$/, '').split('/')
  return parts.at(-2) === 'Patient' || parts.length === 1 ? parts.at(-1) : undefined
}

/** @returns the ids of Patients, other than this person, that the entries name as their subjects. */
export function strangersIn(entries: readonly Entry[], { sourceId }: Person): Set<string> {
  const found = new Set<string>()
  for (const { source } of entries) {
    for (const subject of subjectElements.flatMap((element) => many(source[element]))) {
      const id = patientIdIn(word(subject['reference']) ?? '')
      if (id !== undefined && id !== '' && id !== sourceId) found.add(id)
    }
  }
  return found
}
