import { comparePositions, type SearchQuery, type SortPosition, sortPosition } from '@chesil/care-record'
import type { Selection } from './selection.ts'
import type { ViewItem } from './view-item.ts'

export interface Candidate {
  readonly item: ViewItem
  readonly position: SortPosition
}

/** What searches of one type ask for most, made when the first of them comes. */
interface TypeItems {
  /** In the order of a search that names none. */
  readonly newestFirst: readonly Candidate[]
  /** By parameter, then by code without its system; in the same order. */
  readonly byCode: Map<string, ReadonlyMap<string, readonly Candidate[]>>
}

const kept = new WeakMap<Selection, Map<string, TypeItems>>()

/**
 * All items of a type that a search can find, and few others: where it names codes, those with one of them.
 *
 * @returns newest first.
 */
export function candidatesOf(
  selection: Selection,
  { resourceType, criteria }: SearchQuery
): readonly Candidate[] {
  const known = kept.get(selection) ?? new Map<string, TypeItems>()
  kept.set(selection, known)
  const items = known.get(resourceType) ?? itemsOfType(selection, resourceType)
  known.set(resourceType, items)
  for (const criterion of criteria) {
    if (criterion.kind !== 'token' || criterion.modifier !== undefined) continue
    const [value, another] = criterion.anyOf
    if (value?.code === undefined || another || !isIndexed(items, criterion.parameter)) continue
    return codesOf(items, criterion.parameter).get(value.code) ?? []
  }
  return items.newestFirst
}

const results = new WeakMap<Selection, Map<string, readonly Candidate[]>>()
/** Of one selection. Whoever turns pages asks the same again. */
const keptResults = 16

/** @param search Names what is looked for: the same finds the same in a selection, which never changes. */
export function foundBefore(
  selection: Selection,
  search: string,
  find: () => readonly Candidate[]
): readonly Candidate[] {
  const known = results.get(selection) ?? new Map<string, readonly Candidate[]>()
  results.set(selection, known)
  const found = known.get(search) ?? find()
  known.delete(search)
  known.set(search, found)
  const [oldest] = known.keys()
  if (known.size > keptResults && oldest !== undefined) known.delete(oldest)
  return found
}

function itemsOfType({ items }: Selection, resourceType: string): TypeItems {
  const newestFirst = sorted(
    items.filter((item) => item.resourceType === resourceType).map((item) => toCandidate(item, [])),
    []
  )
  return { newestFirst, byCode: new Map() }
}

export const toCandidate = (item: ViewItem, sort: SearchQuery['sort']): Candidate => ({
  item,
  position: sortPosition(item, sort)
})

export const sorted = (candidates: readonly Candidate[], sort: SearchQuery['sort']): readonly Candidate[] =>
  candidates.toSorted((a, b) => comparePositions(a.position, b.position, sort))

/** Some item has it in its index; where none has, it may be read from elsewhere. */
const isIndexed = ({ newestFirst }: TypeItems, parameter: string): boolean =>
  newestFirst.some(({ item }) => item.index.token?.[parameter] !== undefined)

function codesOf({ newestFirst, byCode }: TypeItems, parameter: string) {
  const known = byCode.get(parameter)
  if (known) return known
  const codes = new Map<string, Candidate[]>()
  for (const candidate of newestFirst) {
    const tokens = candidate.item.index.token?.[parameter] ?? []
    for (const code of new Set(tokens.map((token) => token.slice(token.indexOf('|') + 1)))) {
      const sameCode = codes.get(code)
      if (sameCode) sameCode.push(candidate)
      else codes.set(code, [candidate])
    }
  }
  byCode.set(parameter, codes)
  return codes
}
