import { type GroupableItem, type Reconciled, reconcile, reconciledTypes } from '@chesil/care-record'
import type { Resource } from '@chesil/fhir'
import type { PersonState } from '@chesil/record-store'
import type { Selection } from './selection.ts'
import type { ViewItem } from './view-item.ts'

interface Kept {
  /** When each item was last confirmed may change while the selection does not. */
  readonly confirmed: string
  readonly reconciled: Reconciled
}

const kept = new WeakMap<Selection, Kept>()

/**
 * What is one thing among what a reader is shown, and nothing of what they are not. Made when somebody asks for it, and
 * kept as long as the selection is.
 *
 * @param isHeld Of a moment that is over: what was confirmed since then counts for nothing.
 */
export function reconciledOf(selection: Selection, state: PersonState, isHeld: boolean): Reconciled {
  const sources = isHeld ? [] : state.sources
  const confirmed = JSON.stringify(sources.map(({ sourceId, asAt, sections }) => [sourceId, asAt, sections]))
  const known = kept.get(selection)
  if (known?.confirmed === confirmed) return known.reconciled
  const items = [...selection.byKey.values()].filter(({ resourceType }) => reconciledTypes.has(resourceType))
  const reconciled = reconcile(items.map((item) => toGroupable(item, sources)))
  kept.set(selection, { confirmed, reconciled })
  return reconciled
}

/** A source that answered for the whole of its sections has confirmed what it has not changed since. */
function toGroupable(item: ViewItem, sources: PersonState['sources']): GroupableItem {
  const { key, sourceId, lastUpdated, sections, body } = item
  const whole = sources.find(
    (source) =>
      source.sourceId === sourceId &&
      sections.length > 0 &&
      sections.every((name) => source.sections.some(({ section, complete }) => section === name && complete))
  )
  const resource = JSON.parse(body.toString()) as Resource
  return { key, sourceId, resource, confirmedAt: whole?.asAt ?? lastUpdated }
}
