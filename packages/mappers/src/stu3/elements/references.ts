import { defined, type Identifier, type Reference } from '@chesil/fhir'
import { isJson, one, text, word } from '../../json.ts'
import type { Answer, Item, Link } from '../item.ts'
import { namesPerson } from '../subject.ts'
import { toIdentifier } from './identifiers.ts'

/** The R4 types that an element may refer to; `undefined`: any. */
export type Targets = ReadonlySet<string> | undefined

export interface Bond {
  /**
   * - `names`: merely mentions it; people, places and products then stand where they are mentioned
   * - `part`: it belongs to what mentions it, and stands where that stands
   * - `whole`: the other way round, as an issue names its plan
   */
  readonly bond?: 'names' | 'part' | 'whole'
  /** Only in these sections. */
  readonly only?: Link['only']
}

/** Without what Medplum's type adds. With neither `reference` nor `identifier` it points to nothing. */
type Referring = Pick<Reference, 'reference' | 'type' | 'identifier' | 'display'>

export const targets = (...types: readonly string[]): Targets => new Set(types)
export const practitioners = targets('Practitioner', 'PractitionerRole')
export const authors = targets('Practitioner', 'PractitionerRole', 'Organization', 'Patient')
export const asserters = targets('Practitioner', 'PractitionerRole', 'Patient')
export const organisations = targets('Organization')
export const encounters = targets('Encounter')

const longestName = 200
const stranger: Referring = { display: 'Another person, not named here' }

/**
 * Rewrites a reference to Chesil's id of its target. One whose target is not in the answer, was kept out of
 * the record, or is of a type that does not belong there keeps what it says, and points to nothing.
 */
export function toReference(
  value: unknown,
  item: Item,
  allowed: Targets,
  bond: Bond = {}
): Referring | undefined {
  const source = one(value)
  if (source === undefined) return undefined
  const identifier = isJson(source['identifier']) ? toIdentifier(source['identifier'], item) : undefined
  if (isForeignNumber(identifier, item.answer)) return stranger
  const given = word(source['reference'])
  const display = text(source['display'])
  if (given === undefined) return identifier || display ? defined({ identifier, display }) : undefined
  const target = findTarget(given, item)
  if (target === undefined) return toDeadReference(given, display, item.answer)
  join(item, target, bond)
  if (target.withheld) return toWithheldReference(target)
  if (isPerson(target)) return toPerson(given, item.answer, allowed)
  if (!leadsThere(target, item, allowed)) return toDeadReference(nameOf(target), display, item.answer)
  // A reader who may not see an item must not read its words where another one mentions it.
  const words = target.kind?.role === 'shared' ? display : undefined
  return defined({ reference: referenceTo(target, item), identifier, display: words })
}

export function toReferences(
  value: unknown,
  item: Item,
  allowed: Targets,
  bond: Bond = {}
): Referring[] | undefined {
  const all: readonly unknown[] = Array.isArray(value) ? value : [value]
  const found = all
    .map((source) => toReference(source, item, allowed, bond))
    .filter((reference) => reference !== undefined)
  return found.length > 0 ? found : undefined
}

const isPerson = (target: Item): boolean => target.kind?.role === 'patient'

function toPerson(given: string, { context, person }: Answer, allowed: Targets): Referring {
  if (!namesPerson(given, person)) return stranger
  return allowed && !allowed.has('Patient')
    ? { display: 'The patient' }
    : { reference: `Patient/${context.patientId}` }
}

/** Its own words are not repeated: they may be about somebody else. */
const toWithheldReference = ({ type, withheld }: Item): Referring => ({
  display: `${type} ${withheld?.reason === 'invalid' ? 'that could not be read' : 'withheld: not shown to be this person’s'}`
})

const nameOf = (target: Item): string => `${target.type}/${text(target.source['id']) ?? ''}`

/** What stays inside its container cannot be pointed to from elsewhere. */
function leadsThere(target: Item, from: Item, allowed: Targets): boolean {
  if (target.kind === undefined || (allowed && !allowed.has(target.kind.r4Type))) return false
  return !target.inside || target.container === outermost(from)
}

const outermost = (item: Item): Item => (item.inside && item.container ? item.container : item)

function referenceTo(target: Item, from: Item): string {
  if (!target.inside) return `${target.kind?.r4Type}/${target.id}`
  outermost(from).insiders.add(target)
  return `#${target.id}`
}

function join(item: Item, target: Item, { bond = 'names', only }: Bond): void {
  if (bond === 'whole') target.links.push({ to: item })
  else if (bond === 'part') item.links.push(only === undefined ? { to: target } : { to: target, only })
  else if (target.kind?.role === 'shared') item.links.push({ to: target })
}

/** The system of NHS numbers as a URL, also in a query, and as an OID. */
const numberSystem = /nhs-number|2\.16\.840\.1\.113883\.2\.1\.4\.1\b/i

const isForeignNumber = (identifier: Identifier | undefined, { person }: Answer): boolean =>
  numberSystem.test(identifier?.system ?? '') &&
  !person.nhsNumbers.has(identifier?.value?.replaceAll(' ', '') ?? '')

/**
 * Some providers write a sentence where a reference belongs; that is for reading. Whoever another
 * Patient is, nothing about them belongs here.
 */
function toDeadReference(given: string, display: string | undefined, answer: Answer): Referring {
  if (/\bPatient[/?]/i.test(given) || numberSystem.test(given) || isStranger(given, answer)) return stranger
  if (/\s/.test(given)) return { display: display ?? given }
  const type = /(?:^|\/)([A-Z][A-Za-z]+)\/[^/]+$/.exec(given)?.[1] ?? 'Item'
  const words = { display: display ?? `${type} that the source did not send` }
  return given.startsWith('#') || given.length > longestName
    ? words
    : { identifier: { value: given }, ...words }
}

/** So many strangers that each reference would have to be compared with each are trusted in nothing. */
const mostStrangers = 50

const isStranger = (given: string, { strangers }: Answer): boolean =>
  strangers.size > mostStrangers ||
  [...strangers].some((id) => given === id || (id.length > 7 && given.includes(id)))

/** Types as providers misspell them, in lower case. */
const spellings: ReadonlyMap<string, string> = new Map([
  ['practioner', 'Practitioner'],
  ['practionerrole', 'PractitionerRole'],
  ['organisation', 'Organization'],
  ['immunisation', 'Immunization']
])

/**
 * Understands what providers write: `Type/id`, `Encounter/Encounter/1`, an absolute URL, a version,
 * a misspelt type, an id alone, `#contained` and `List/x#contained` from outside the list.
 *
 * @returns `undefined` when nothing in the answer, or more than one thing, has that name.
 */
export function findTarget(given: string, from: Item): Item | undefined {
  const { named } = from.answer
  const direct = named.get(given)
  if (direct) return direct
  const [path = '', fragment] = given.split('#', 2)
  if (fragment !== undefined) return findContained(path, fragment, from)
  const parts = path.replace(/\/_history\/[^/]*$/, '').split('/')
  const id = parts.at(-1) ?? ''
  const type = parts.at(-2)
  if (type === undefined || type === '') return named.get(id.replace(/^urn:uuid:/, ''))
  return named.get(`${spellings.get(type.toLowerCase()) ?? type}/${id}`)
}

function findContained(path: string, fragment: string, from: Item): Item | undefined {
  const container = path === '' ? (from.container ?? from) : findTarget(path, from)
  return container && from.answer.named.get(`${container.sourceResourceId}#${fragment}`)
}
