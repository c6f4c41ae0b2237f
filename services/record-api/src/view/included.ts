import { isListedType, referencesAt } from '@chesil/care-record'
import type { Include } from '../http/result-parameters.ts'
import { type ProvenanceContext, provenanceItems } from './provenance-items.ts'
import type { Selection } from './selection.ts'
import type { ViewItem } from './view-item.ts'

export interface Included {
  readonly items: readonly ViewItem[]
  /** There is more than one answer can hold. */
  readonly isCut: boolean
}

/** Rounds of `:iterate`; a record has no longer chains worth following at once. */
const maxRounds = 4
const maxIncluded = 1_000

/**
 * What matches refer to and what refers to them, inside the record and as far as this reader may see it, each once.
 *
 * @see https://hl7.org/fhir/R4/search.html#revinclude
 */
export function includedWith(
  matches: readonly ViewItem[],
  includes: readonly Include[],
  selection: Selection,
  context: ProvenanceContext
): Included {
  const found = new Map<string, ViewItem>(matches.map((item) => [item.key, item]))
  let last = matches
  for (let round = 0; round < maxRounds && last.length > 0; round++) {
    const due = includes.filter(({ isIterated }) => round === 0 || isIterated)
    const reached = due.flatMap((include) => follow(include, last, selection, context))
    const fresh = new Map(reached.filter(({ key }) => !found.has(key)).map((item) => [item.key, item]))
    for (const [key, item] of fresh) found.set(key, item)
    last = [...fresh.values()]
  }
  const included = [...found.values()].slice(matches.length)
  return { items: included.slice(0, maxIncluded), isCut: included.length > maxIncluded }
}

function follow(
  { direction, sourceType, parameter, targetType }: Include,
  from: readonly ViewItem[],
  { byKey, items }: Selection,
  context: ProvenanceContext
): readonly ViewItem[] {
  const isTarget = (key: string) => targetType === undefined || key.startsWith(`${targetType}/`)
  if (direction === 'include') {
    const sources = from.filter(({ resourceType }) => sourceType === '*' || resourceType === sourceType)
    const keys = sources.flatMap((item) => referencesAt(item.readResource(), parameter))
    return keys.filter(isTarget).flatMap((key) => {
      const item = byKey.get(key)
      return item && isListedType(item.resourceType) ? [item] : []
    })
  }
  // That of an item is made of the item: no other reference leads to it as surely.
  const isOfItem = parameter === 'target' || parameter === '*'
  if (sourceType === 'Provenance' && isOfItem) return provenanceItems(from, context)
  const targets = new Set(from.map(({ key }) => key).filter(isTarget))
  const referring = sourceType === 'Provenance' ? [...items, ...provenanceItems(items, context)] : items
  return referring.filter(
    (item) =>
      item.resourceType === sourceType &&
      referencesAt(item.readResource(), parameter).some((key) => targets.has(key))
  )
}
