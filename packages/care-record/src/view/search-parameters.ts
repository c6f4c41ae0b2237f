import type { Resource } from '@chesil/fhir'
import indexedParameters from './search-parameters.json' with { type: 'json' }
import pathsByType from './search-paths.json' with { type: 'json' }

/** How a search parameter is compared. @see https://hl7.org/fhir/R4/search.html#ptypes */
export type ParameterKind = 'token' | 'date' | 'string' | 'reference' | 'quantity' | 'uri'

export interface SearchParameter {
  readonly name: string
  readonly kind: ParameterKind
  /** Elements, by dots; after a colon the only type of resource that is meant, as in `careManager:Practitioner`. */
  readonly paths: readonly string[]
  /** Answered by what is kept beside the entry; others are read from the resource when somebody asks. */
  readonly isIndexed: boolean
}

interface IndexedParameters {
  readonly token: Readonly<Record<string, readonly string[]>>
  readonly date: Readonly<Record<string, readonly string[]>>
}

/**
 * The parameters of each type we hold that are kept in its index: the most asked for of FHIR R4 that compare
 * codes and dates, and beside them `code`, `category`, `status` and `date` on every type that has such a thing, under
 * that one name.
 *
 * @see https://hl7.org/fhir/R4/searchparameter-registry.html
 */
export const parametersByType: ReadonlyMap<string, IndexedParameters> = new Map(
  Object.entries(indexedParameters as Record<string, IndexedParameters>)
)

/** The types of resource that a record can hold. */
export const heldTypes = [...parametersByType.keys()] as readonly Resource['resourceType'][]
const held: ReadonlySet<string> = new Set(heldTypes)

export const isHeldType = (resourceType: string): boolean => held.has(resourceType)

/**
 * Whether resources of a type are part of a record as it is searched and listed. A file is not: it is read by its
 * id, which the document or report that it belongs to names.
 *
 * @see https://hl7.org/fhir/R4/compartmentdefinition-patient.html
 */
export const isListedType = (resourceType: string): boolean =>
  isHeldType(resourceType) && resourceType !== 'Binary'

/** Of `heldTypes`, those that can be searched and listed. */
export const listedTypes = heldTypes.filter(isListedType)

type PathsOfKinds = Readonly<Partial<Record<ParameterKind, Readonly<Record<string, readonly string[]>>>>>

/** @see https://hl7.org/fhir/R4/search.html#all */
const ofEveryType: readonly SearchParameter[] = [
  { name: '_lastUpdated', kind: 'date', paths: ['meta.lastUpdated'], isIndexed: true },
  { name: '_profile', kind: 'uri', paths: ['meta.profile'], isIndexed: false },
  // Read from what is shown: the labels that our table gives are among them.
  { name: '_security', kind: 'token', paths: ['meta.security'], isIndexed: false },
  { name: '_source', kind: 'uri', paths: ['meta.source'], isIndexed: false },
  { name: '_tag', kind: 'token', paths: ['meta.tag'], isIndexed: false }
]

const ownParameters: ReadonlyMap<string, ReadonlyMap<string, SearchParameter>> = new Map(
  heldTypes.map((type) => {
    const indexed = toParameters(parametersByType.get(type) ?? {}, true)
    const read = toParameters((pathsByType as Record<string, PathsOfKinds>)[type] ?? {}, false)
    const sorted = [...indexed, ...read].sort((a, b) => (a.name < b.name ? -1 : 1))
    return [type, new Map([...ofEveryType, ...sorted].map((one) => [one.name, one]))]
  })
)

function toParameters(paths: PathsOfKinds, isIndexed: boolean): SearchParameter[] {
  return Object.entries(paths).flatMap(([kind, byName]) =>
    Object.entries(byName ?? {}).map(([name, paths]) => ({
      name,
      kind: kind as ParameterKind,
      paths,
      isIndexed
    }))
  )
}

const common: ReadonlyMap<string, SearchParameter> = new Map(ofEveryType.map((one) => [one.name, one]))

/** Of one type, by name: those of every type too, but for `_id`. */
export const searchParametersOf = (resourceType: string): ReadonlyMap<string, SearchParameter> =>
  ownParameters.get(resourceType) ?? common

/** Names of all search parameters of a type, the common ones included. */
export const supported = (resourceType: string): readonly string[] => [
  '_id',
  ...searchParametersOf(resourceType).keys()
]

/** Names of those that a search can be sorted by. */
export const sortable = (resourceType: string): readonly string[] => [
  '_id',
  ...[...searchParametersOf(resourceType).values()].flatMap(({ name, isIndexed }) =>
    isIndexed ? [name] : []
  )
]
