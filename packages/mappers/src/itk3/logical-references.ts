import { defined, type Identifier, type Reference, systems } from '@chesil/fhir'
import { type Json, many, one, text, texts, word } from '../json.ts'
import { toIdentifier } from '../stu3/elements/identifiers.ts'
import { findTarget } from '../stu3/elements/references.ts'
import type { Answer, Item } from '../stu3/item.ts'

/** People, organisations and places that are no items of the record. */
export const isOutside = ({ kind, type }: Item): boolean => kind?.role === 'shared' && type !== 'Medication'

type Logical = Pick<Reference, 'type' | 'identifier' | 'display'>

/** By the reference that the mappers make: who or what each of them is, by identifier and name. */
export function logicalReferencesOf({ items }: Answer): ReadonlyMap<string, Logical> {
  return new Map(
    items
      .filter((item) => isOutside(item) && !item.inside)
      .map((item) => [`${item.kind?.r4Type}/${item.id}`, toLogical(item)])
  )
}

function toLogical(item: Item): Logical {
  if (item.type !== 'PractitionerRole') return describe(item)
  const target = (name: string) => findTarget(word(one(item.source[name])?.['reference']) ?? '', item)
  const [practitioner, organisation] = [target('practitioner'), target('organization')]
  if (!practitioner) return organisation ? describe(organisation) : describe(item)
  const who = describe(practitioner)
  const where = organisation && text(organisation.source['name'])
  return { ...who, ...defined({ display: joined(who.display, where) }) }
}

const joined = (...words: readonly (string | undefined)[]): string | undefined =>
  words.filter((word) => word !== undefined).join(', ') || undefined

const preferred = [
  ...[systems.odsOrganisation, systems.odsSite, systems.gmcNumber, systems.sdsUser],
  ...['https://fhir.hl7.org.uk/Id/nmc-number', 'https://fhir.hl7.org.uk/Id/gphc-number']
] as const

function describe(item: Item): Logical {
  const identifiers = many(item.source['identifier']).flatMap((source) => toIdentifier(source, item) ?? [])
  const identifier =
    preferred.map((system) => identifiers.find((one) => one.system === system)).find((one) => one) ??
    identifiers[0]
  const type = item.kind?.r4Type
  const display = text(item.source['name']) ?? personName(item.source)
  return defined({
    type,
    identifier: identifier && bare(identifier),
    display: display ?? (identifier ? undefined : `${type}, not named`)
  })
}

const bare = ({ system, value }: Identifier): Identifier => defined({ system, value })

function personName(source: Json): string | undefined {
  const name = many(source['name'])[0]
  if (name === undefined) return undefined
  const parts = ['prefix', 'given', 'family'].flatMap((part) => texts(name[part]))
  return text(name['text']) ?? (parts.join(' ') || undefined)
}

/** The same value with each reference to somebody outside the record replaced. */
export function withLogicalReferences<T>(value: T, logical: ReadonlyMap<string, Logical>): T {
  return rewrite(value, logical) as T
}

function rewrite(value: unknown, logical: ReadonlyMap<string, Logical>): unknown {
  if (Array.isArray(value)) return value.map((one) => rewrite(one, logical))
  if (typeof value !== 'object' || value === null) return value
  const object = value as Json
  const found = logical.get(typeof object['reference'] === 'string' ? object['reference'] : '')
  if (found) {
    const { reference: _, ...rest } = object
    return { ...found, ...rest }
  }
  return Object.fromEntries(Object.entries(object).map(([name, inner]) => [name, rewrite(inner, logical)]))
}
