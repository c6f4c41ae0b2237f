import { chesil } from '@chesil/fhir'
import { isJson, type Json, many, one, word } from '../json.ts'
import type { MessageContext } from '../message-context.ts'
import { issueOf, type PushIssue } from './issues.ts'
import { kindOf } from './kinds.ts'
import { findPersons, type Persons, type PushedPerson, withNumber } from './persons.ts'
import type { PushedEntry } from './read-entry.ts'
import { isInError, readEntries } from './read-push.ts'

/** A version of an item. */
export interface PushedItem {
  readonly entry: PushedEntry
  /** Its name at its source, e.g. `Observation/o1`. */
  readonly name: string
  readonly isDeleted: boolean
  /** Whose it is; absent: it was deleted, and that does not say whose it was. */
  readonly person?: PushedPerson
  /** The elements of it that name the person. */
  readonly subjects: ReadonlySet<Json>
}

/** What a partner's system pushed, read: every item of it is somebody's. */
export interface FhirPush {
  readonly outcome: 'read'
  readonly items: readonly PushedItem[]
  /** Who and what stands around them. */
  readonly beside: readonly PushedEntry[]
  /** Below which an id is the source's own, without a trailing slash; the first names what is no item. */
  readonly bases: readonly string[]
}

export interface FhirPushRefusal {
  readonly outcome: 'refused'
  readonly issues: readonly PushIssue[]
}

/** The catalogue entry of whoever pushes. */
export interface FhirPushSource {
  readonly source: MessageContext['source'] & {
    /** Its FHIR base, without a trailing slash. */
    readonly baseUrl?: string | undefined
  }
}

/**
 * Reads what was pushed, and tells whose each resource is. It is taken as a whole or, with every fault that was found,
 * not at all: a resource whose person cannot be told is never guessed to be somebody's.
 *
 * @param json A FHIR R4 resource, or a Bundle of them.
 */
export function readFhirPush(
  json: unknown,
  context: MessageContext & FhirPushSource
): FhirPush | FhirPushRefusal {
  const { baseUrl } = context.source
  const { entries, issues } = readEntries(json, baseUrl)
  const bases = basesOf(entries, context)
  const beside = entries.filter(({ type }) => type !== 'Patient' && !kindOf(type))
  const persons = findPersons(entries, bases, context)
  const read = entries.filter((entry) => !beside.includes(entry)).map((entry) => toItem(entry, persons))
  const found = [...issues, ...read.filter((one) => 'reason' in one)]
  if (found.length > 0) return { outcome: 'refused', issues: found }
  return { outcome: 'read', items: read.filter((one) => 'entry' in one), beside, bases }
}

function basesOf(entries: readonly PushedEntry[], { source }: MessageContext & FhirPushSource): string[] {
  if (source.baseUrl !== undefined) return [source.baseUrl]
  const own = entries.flatMap(({ type, id, fullUrl = '' }) => {
    const suffix = `/${type}/${id}`
    return /^https?:/.test(fullUrl) && fullUrl.endsWith(suffix) ? [fullUrl.slice(0, -suffix.length)] : []
  })
  return [chesil.localId(source.odsCode, source.id), ...new Set(own)]
}

function toItem(entry: PushedEntry, persons: Persons): PushedItem | PushIssue {
  const { type, id, source } = entry
  const name = `${type}/${id}`
  if (type === 'Patient') return toPatientItem(entry, persons)
  if (!source) return { entry, name, isDeleted: true, subjects: new Set() }
  const named = subjectsIn(entry, persons)
  const person = findPerson(entry, source, named, persons)
  if ('reason' in person) return person
  const subjects = new Set(named.map(({ element }) => element))
  return { entry, name, isDeleted: isInError(source), person, subjects }
}

/** The one person whom everything that says so names. */
function findPerson(
  { type, path }: PushedEntry,
  source: Json,
  named: readonly NamedSubject[],
  persons: Persons
): PushedPerson | PushIssue {
  let person: PushedPerson | undefined
  for (const { element, path: of } of named) {
    const found = persons.named(element, source)
    if (!found) return issueOf('unknown-subject', `${path}.${of}`)
    if (person && keyOf(person) !== keyOf(found)) return issueOf('several-subjects', `${path}.${of}`)
    const numbered = withNumber(person ?? found, element)
    if (numbered === 'other-subject') return issueOf(numbered, `${path}.${of}.identifier`)
    person = numbered
  }
  return person ?? issueOf('no-subject', `${path}.${kindOf(type)?.subject[0]}`)
}

function toPatientItem(entry: PushedEntry, persons: Persons): PushedItem | PushIssue {
  const person = persons.ofPatient(entry)
  if (!person) return issueOf('no-id', `${entry.path}.identifier`)
  const { local } = person.subject
  const name = `Patient/${entry.hasOwnId ? entry.id : `${local.system}|${local.value}`}`
  return { entry, name, isDeleted: entry.source === undefined, person, subjects: new Set() }
}

const keyOf = ({ subject: { local } }: PushedPerson): string => JSON.stringify([local.system, local.value])

interface NamedSubject {
  readonly element: Json
  /** From the resource. */
  readonly path: string
}

function subjectsIn({ type, source = {} }: PushedEntry, persons: Persons): NamedSubject[] {
  const paths = kindOf(type)?.subject ?? []
  const all = paths.flatMap((path) => elementsAt(source, path).map((element) => ({ element, path })))
  const isSubject = ({ element, path }: NamedSubject): boolean =>
    path === 'participant.actor' ? persons.isPerson(element, source) : namesSomebody(element)
  return all.filter(isSubject)
}

const elementsAt = (source: Json, path: string): readonly Json[] =>
  path
    .split('.')
    .reduce<readonly Json[]>((at, name) => at.flatMap((element) => many(element[name])), [source])

const namesSomebody = (element: Json): boolean =>
  word(element['reference']) !== undefined || isJson(one(element['identifier']))

/**
 * Versions of a time that has not come: they would keep what is said until then from taking effect.
 *
 * @param latest ISO instant
 */
export const issuesOfTime = ({ items }: FhirPush, latest: string): readonly PushIssue[] =>
  items
    .filter(({ entry }) => entry.version.time > latest)
    .map(({ entry: { source, path } }) =>
      issueOf(
        'time-to-come',
        one(source?.['meta'])?.['lastUpdated'] === undefined ? 'Bundle.timestamp' : `${path}.meta.lastUpdated`
      )
    )
