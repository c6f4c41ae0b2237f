import type { ClaimedSubject, LocalIdentifier } from '@chesil/contracts'
import { chesil, findNhsNumber } from '@chesil/fhir'
import { containedIn, type Person, targetOf } from '../fhir-r4/subject.ts'
import { toClaimedSubject } from '../itk3/person.ts'
import { type Json, many, uri, word } from '../json.ts'
import type { MessageContext } from '../message-context.ts'
import { nhsNumbersIn } from '../stu3/person.ts'
import type { PushedEntry } from './read-entry.ts'

/** Somebody whom a push is about. */
export interface PushedPerson {
  readonly subject: ClaimedSubject
  /** As what refers to them calls them. */
  readonly named: Person
}

export interface Persons {
  readonly ofPatient: (entry: PushedEntry) => PushedPerson | undefined
  /** @returns `undefined` where it cannot be told whom an element names. */
  readonly named: (element: Json, source: Json) => PushedPerson | undefined
  /** Whether an element names a person, whoever that is, and not a clinician or a room. */
  readonly isPerson: (element: Json, source: Json) => boolean
}

/** By this address a subject is called that nothing else in a push is called by. */
const nameless = 'urn:chesil:subject'

/** The source's own patient of that id, for ever the same, whatever else is said of them. */
export const ownPatient = (id: string, { source }: MessageContext): LocalIdentifier => ({
  system: chesil.localId(source.odsCode, `${source.id}/Patient`),
  value: id
})

/** The trust's own number of a Patient, by which its other systems know them. */
export function ownNumber(patient: Json, { source }: MessageContext): LocalIdentifier | undefined {
  const system = source.patientNumberSystem
  const values = many(patient['identifier'])
    .filter((identifier) => uri(identifier['system']) === system)
    .flatMap((identifier) => word(identifier['value']) ?? [])
    .filter((value) => !/[\r\n]/.test(value))
  const [value, ...others] = new Set(values)
  return value === undefined || others.length > 0 ? undefined : { system, value }
}

/** @param bases Below which an id is the source's own. */
export function findPersons(
  entries: readonly PushedEntry[],
  bases: readonly string[],
  context: MessageContext
): Persons {
  const byId = patientsIn(entries, bases, context)
  const byNumber = byNhsNumber([...byId.values()])
  const byUrl = new Map(entries.flatMap((entry) => (entry.fullUrl ? [[entry.fullUrl, entry] as const] : [])))
  const ofNumbers = (source: Json): PushedPerson | undefined => {
    const numbers = nhsNumbersIn(source['identifier'])
    const [known, ...others] = new Set(numbers.flatMap((number) => byNumber.get(number) ?? []))
    if (known && others.length === 0) return known
    const subject = toClaimedSubject({ type: 'Patient', id: undefined, fullUrl: undefined, source }, context)
    if (!subject || hasLineBreak(subject.local)) return undefined
    return { subject, named: { id: '', fullUrl: nameless, nhsNumbers: new Set(numbers), bases } }
  }
  const ofId = (id: string): PushedPerson =>
    byId.get(id) ?? {
      subject: { local: ownPatient(id, context) },
      named: { id, fullUrl: undefined, nhsNumbers: new Set(), bases }
    }
  const ofBundle = ({ type, id }: PushedEntry) => (type === 'Patient' ? byId.get(id) : undefined)
  const ofInside = (inside: Json) => (inside['resourceType'] === 'Patient' ? ofNumbers(inside) : undefined)
  const ofAddress = (reference: string): PushedPerson | undefined => {
    const asked = identifierAsked(reference)
    if (asked) return ofNumbers({ identifier: [asked] })
    const target = targetOf(reference, bases)
    return target?.type === 'Patient' ? ofId(target.id) : undefined
  }
  const ofReference = (reference: string, source: Json): PushedPerson | undefined => {
    const inside = containedIn(source, reference)
    if (inside) return ofInside(inside)
    const entry = byUrl.get(reference)
    return entry ? ofBundle(entry) : ofAddress(reference)
  }

  return {
    ofPatient: ({ id, source }) => (source ? byId.get(id) : ofId(id)),
    named(element, source) {
      const reference = word(element['reference'])
      return reference === undefined ? ofNumbers(element) : ofReference(reference, source)
    },
    isPerson(element, source) {
      const reference = word(element['reference']) ?? ''
      if (word(element['type']) === 'Patient' || nhsNumbersIn(element['identifier']).length > 0) return true
      const found = containedIn(source, reference)?.['resourceType'] ?? byUrl.get(reference)?.type
      return found === 'Patient' || /(^|\/)Patient[/?][^/]+(\/_history\/[^/]+)?$/.test(reference)
    }
  }
}

/** By their ids; of two versions of one the later. */
function patientsIn(
  entries: readonly PushedEntry[],
  bases: readonly string[],
  context: MessageContext
): ReadonlyMap<string, PushedPerson> {
  const patients = entries.filter(({ type, source }) => type === 'Patient' && source).toSorted(latestLast)
  return new Map(
    patients.flatMap((patient) => {
      const person = toPerson(patient, bases, context)
      return person ? [[patient.id, person] as const] : []
    })
  )
}

const latestLast = ({ version: a }: PushedEntry, { version: b }: PushedEntry): number =>
  a.time === b.time ? a.sequence - b.sequence : a.time < b.time ? -1 : 1

/** Those of whom a number names one alone. */
function byNhsNumber(persons: readonly PushedPerson[]): ReadonlyMap<string, PushedPerson> {
  const all = persons.flatMap((person) => [...person.named.nhsNumbers].map((number) => ({ number, person })))
  return new Map(
    [...Map.groupBy(all, ({ number }) => number)].flatMap(([number, [one, ...others]]) =>
      one && others.length === 0 ? [[number, one.person] as const] : []
    )
  )
}

const hasLineBreak = ({ value }: LocalIdentifier): boolean => /[\r\n]/.test(value)

function toPerson(
  entry: PushedEntry,
  bases: readonly string[],
  context: MessageContext
): PushedPerson | undefined {
  const { id, fullUrl, hasOwnId, source = {} } = entry
  const local = hasOwnId ? ownPatient(id, context) : undefined
  const identifier = [...many(source['identifier']), ...(local ? [local] : [])]
  const claimed = toClaimedSubject(
    { type: 'Patient', id, fullUrl, source: { ...source, identifier } },
    context
  )
  if (!claimed || (!local && hasLineBreak(claimed.local))) return undefined
  const nhsNumbers = new Set(nhsNumbersIn(source['identifier']))
  return {
    subject: { ...claimed, local: local ?? claimed.local },
    named: { id, fullUrl, nhsNumbers, bases }
  }
}

/** A subject that is to be searched for by a number (`Patient?identifier=system|value`). */
function identifierAsked(reference: string): Json | undefined {
  const query = /^Patient\?identifier=([^&]+)$/.exec(reference)?.[1]
  const [system, value, ...others] = decoded(query)?.split('|') ?? []
  return value === undefined || others.length > 0 ? undefined : { system, value }
}

function decoded(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** The same person with an NHS number that what is about them gives, and their own Patient is not there to. */
export function withNumber(person: PushedPerson, element: Json): PushedPerson | 'other-subject' {
  const numbers = [...new Set(nhsNumbersIn(element['identifier']))]
  if (numbers.length === 0) return person
  const { subject, named } = person
  if (named.nhsNumbers.size > 0)
    return numbers.every((number) => named.nhsNumbers.has(number)) ? person : 'other-subject'
  const [nhsNumber, ...others] = numbers.flatMap((number) => findNhsNumber(number) ?? [])
  const isOne = nhsNumber !== undefined && others.length === 0
  return {
    subject: isOne ? { ...subject, nhsNumber } : subject,
    named: { ...named, nhsNumbers: new Set(numbers) }
  }
}
