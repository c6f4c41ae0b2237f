import { fulfils, parsedOnce, type Searchable } from './search-match.ts'
import type { SearchQuery, SortKey } from './search-query.ts'

/** The place of an entry in a sorted result, as a cursor keeps it: its sort values, then its id. */
export type SortPosition = readonly (number | string | null)[]

export function matches(entry: Searchable, { resourceType, criteria }: SearchQuery): boolean {
  if (entry.resourceType !== resourceType) return false
  const once = criteria.length > 1 ? parsedOnce(entry) : entry
  return criteria.every((criterion) => fulfils(once, criterion))
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
