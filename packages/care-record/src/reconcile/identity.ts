import {
  chesil,
  type HumanName,
  type Identifier,
  type Organization,
  type Reference,
  type Resource,
  systems
} from '@chesil/fhir'
import { contradicts, plainWords } from './concept.ts'
import type { Lookup } from './kind.ts'

/** `system|value` of each that is in use. */
export const identifierKeys = (
  identifiers: Identifier | readonly Identifier[] | undefined
): ReadonlySet<string> => new Set(listed(identifiers).map(({ system, value }) => `${system}|${value}`))

const listed = (identifiers: Identifier | readonly Identifier[] | undefined): readonly Identifier[] =>
  [identifiers ?? []]
    .flat()
    .filter(({ system, value, use }: Identifier) => system && value && use !== 'old') as readonly Identifier[]

/** Numbers of which anybody has one only. */
const national: ReadonlySet<string> = new Set([
  systems.nhsNumber,
  systems.odsOrganisation,
  systems.odsSite,
  systems.sdsUser,
  systems.gmcNumber
])

/** Both have a national number of one kind, and none in common. */
export function haveOtherNumbers(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  const others = Map.groupBy(b, systemOf)
  return [...Map.groupBy(a, systemOf)].some(
    ([system, keys]) => national.has(system) && contradicts(new Set(keys), new Set(others.get(system)))
  )
}

const systemOf = (key: string): string => key.slice(0, key.lastIndexOf('|'))

/** The organisation that is meant: by its ODS code where there is one. */
export function organisationKey(reference: Reference | undefined, lookup: Lookup): string | undefined {
  const found = lookup.find(reference)
  const identifiers = [
    ...(reference?.identifier ? [reference.identifier] : []),
    ...(found?.resourceType === 'Organization' ? ((found as Organization).identifier ?? []) : [])
  ]
  const ods = identifiers.find(({ system }) => system === systems.odsOrganisation)?.value
  return ods ?? reference?.reference
}

const titles = new Set(['mr', 'mrs', 'miss', 'ms', 'mx', 'dr', 'prof', 'sir', 'dame', 'rev'])

/** A whole name, without titles; absent where it is one word or none. */
export function wholeName(names: readonly HumanName[] | undefined): string | undefined {
  const [name] = names ?? []
  const parts = name?.family ? [...(name.given ?? []), name.family] : [name?.text ?? '']
  const words = plainWords(parts.join(' '))
    .split(' ')
    .filter((word) => !titles.has(word))
  return words.length < 2 ? undefined : words.sort().join(' ')
}

/** How a source is called before a clinician. */
export function sourceName(resource: Resource, sourceId: string): string {
  const tag = resource.meta?.tag?.find(({ system }) => system === chesil.source)
  return tag?.display ?? sourceId
}
