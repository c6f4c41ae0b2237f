import { tokenOf, type ViewEntryIndex } from './search-index.ts'
import type { Criterion, DateValue, SearchQuery, SortKey, TokenValue } from './search-query.ts'

/** What a search needs to know of an entry. */
export interface Searchable {
  readonly resourceType: string
  readonly resourceId: string
  /** Milliseconds since 1970. */
  readonly lastUpdated: number
  readonly index: ViewEntryIndex
}

/** The place of an entry in a sorted result, as a cursor keeps it: its sort values, then its id. */
export type SortPosition = readonly (number | string | null)[]

export function matches(entry: Searchable, { resourceType, criteria }: SearchQuery): boolean {
  return entry.resourceType === resourceType && criteria.every((criterion) => fulfils(entry, criterion))
}

/** Newest first unless asked otherwise; what has no value comes last; ties by id, so that the order is total. */
export function sortPosition(entry: Searchable, sort: readonly SortKey[]): SortPosition {
  return [...keys(sort).map(({ parameter }) => sortValue(entry, parameter)), entry.resourceId]
}

/** @returns negative when `a` comes first. */
export function comparePositions(a: SortPosition, b: SortPosition, sort: readonly SortKey[]): number {
  const order = keys(sort)
  for (const [at, { descending }] of order.entries()) {
    const difference = compareValues(a[at] ?? null, b[at] ?? null, descending)
    if (difference !== 0) return difference
  }
  return compareValues(a[order.length] ?? null, b[order.length] ?? null, false)
}

const byDefault: readonly SortKey[] = [{ parameter: 'date', descending: true }]
const keys = (sort: readonly SortKey[]): readonly SortKey[] => (sort.length > 0 ? sort : byDefault)

function compareValues(a: number | string | null, b: number | string | null, descending: boolean): number {
  if (a === b) return 0
  if (a === null) return 1
  if (b === null) return -1
  return (a < b ? -1 : 1) * (descending ? -1 : 1)
}

function sortValue(entry: Searchable, parameter: string): number | string | null {
  if (parameter === '_id') return entry.resourceId
  if (parameter === '_lastUpdated') return entry.lastUpdated
  return entry.index.date?.[parameter]?.[0] ?? entry.index.token?.[parameter]?.[0] ?? null
}

function fulfils(entry: Searchable, criterion: Criterion): boolean {
  if (criterion.kind === 'id') return criterion.anyOf.includes(entry.resourceId)
  if (criterion.kind === 'token') {
    const tokens = entry.index.token?.[criterion.parameter] ?? []
    return criterion.anyOf.some((value) => tokens.some((token) => isToken(token, value)))
  }
  const interval = dateOf(entry, criterion.parameter)
  return interval !== undefined && criterion.anyOf.some((value) => isInDate(interval, value))
}

function isToken(token: string, { system, code }: TokenValue): boolean {
  if (system === undefined) return token.slice(token.indexOf('|') + 1) === code
  return code === undefined ? token.startsWith(tokenOf(system, '')) : token === tokenOf(system, code)
}

function dateOf(entry: Searchable, parameter: string): readonly [number, number] | undefined {
  if (parameter === '_lastUpdated') return [entry.lastUpdated, entry.lastUpdated + 1]
  return entry.index.date?.[parameter]
}

/** @see https://hl7.org/fhir/R4/search.html#prefix */
function isInDate([low, high]: readonly [number, number], value: DateValue): boolean {
  const contained = value.low <= low && high <= value.high
  switch (value.prefix) {
    case 'eq':
      return contained
    case 'ne':
      return !contained
    case 'gt':
      return high > value.high
    case 'ge':
      return high > value.high || contained
    case 'lt':
      return low < value.low
    case 'le':
      return low < value.low || contained
    case 'sa':
      return low >= value.high
    case 'eb':
      return high <= value.low
    case 'ap':
      return low < value.high && high > value.low
  }
}
