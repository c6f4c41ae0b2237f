import {
  compareOrder,
  type FoldedItem,
  type FoldInputItem,
  type FoldState,
  foldContribution,
  foldEvents,
  foldTold,
  type OrderedEvent,
  type SourceOrder
} from '@chesil/care-record'
import type { ContributionEntry } from '@chesil/contracts'
import type { Resource } from '@chesil/fhir'
import type { NamedEntry } from './named-entries.ts'

/** What a message says, and where it stands in its source's order. */
export interface MessageToFold {
  readonly order: SourceOrder
  /** By resource id. */
  readonly entries: ReadonlyMap<string, NamedEntry>
  /** Parts of its record for which the source speaks whole. */
  readonly wholeParts: readonly string[]
  /** What was told before of items that many messages tell of, this message included. */
  readonly events: ReadonlyMap<string, readonly OrderedEvent[]>
}

export interface MessageChanges {
  /** Items to write, with their new state. */
  readonly items: ReadonlyMap<string, FoldedItem>
  readonly coverage: ReadonlyMap<string, SourceOrder>
  /** What those of them that stand now look like. */
  readonly resources: ReadonlyMap<string, Resource>
}

/**
 * Folds a message into what is held of the items that it names.
 *
 * @param hashOf Of a resource's JSON.
 */
export function foldMessage(
  held: FoldState,
  message: MessageToFold,
  hashOf: (text: string) => string
): MessageChanges {
  const { order, entries, wholeParts } = message
  const told = [...entries].filter(([, { entry }]) => entry.event)
  const isTold = new Set(told.map(([id]) => id))
  const whole = [...entries].filter(([id]) => !isTold.has(id))
  const changes = foldContribution(
    { ...held, items: new Map([...held.items].filter(([id]) => !isTold.has(id))) },
    {
      order,
      completeSections: wholeParts,
      items: new Map(whole.map(([id, named]) => [id, toFoldItem(named)]))
    }
  )
  const items = new Map(changes.items)
  const resources = new Map(
    whole.flatMap(([id, { entry }]) => (entry.resource ? [[id, entry.resource]] : []))
  )
  const coverage = new Map([...held.coverage, ...changes.coverage])
  for (const [id, { entry }] of told) {
    const events = message.events.get(id) ?? []
    const resource = foldEvents(events)
    const latest = events
      .map((event) => event.order)
      .reduce((a, b) => (compareOrder(a, b) > 0 ? a : b), order)
    const contentHash = resource && hashOf(JSON.stringify(resource))
    const item = foldTold(
      held.items.get(id),
      { sections: placeOf(entry), order: latest, contentHash },
      coverage
    )
    if (item) items.set(id, item)
    if (resource) resources.set(id, resource)
  }
  return { items, coverage: changes.coverage, resources }
}

/** Where an item stands for the fold: what speaks whole for that place, and does not name it, withdraws it. */
const placeOf = ({ part, sections }: ContributionEntry): readonly string[] =>
  part === undefined ? sections : [part]

const toFoldItem = ({ entry, hash }: NamedEntry): FoldInputItem => ({
  sections: placeOf(entry),
  contentHash: hash,
  ...(entry.resource === undefined && { deleted: true })
})
