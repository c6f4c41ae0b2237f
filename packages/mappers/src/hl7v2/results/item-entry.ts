import { type ContributionEntry, type ItemEvent, itemTags, type Section } from '@chesil/contracts'
import { type Annotation, chesil, defined, type Narrative, type Resource } from '@chesil/fhir'
import { itemMeta } from '../../item-meta.ts'
import { toNarrative } from '../elements/narrative.ts'
import type { Reading } from '../elements/reading.ts'

/** What an item is called at its source, and where it stands. */
export interface ItemName {
  readonly key: string
  readonly sections: readonly Section[]
  /** The part of the source's record that is taken back as a whole. */
  readonly part?: string
}

/** A resource as the mapper fills it: who, where and from whom is added here. */
export type Body<T extends Resource> = Omit<T, 'id' | 'meta'>

/** An item that each message tells whole. What could not be read of it stands in a note, or in its narrative. */
export function toEntry<T extends Resource>(
  body: Body<T>,
  name: ItemName,
  reading: Reading
): ContributionEntry {
  const { resourceType } = body
  const { unread } = reading
  const said = unread.length === 0 ? {} : unreadOf(body, [...new Set(unread)])
  return {
    ...deletionOf(resourceType, name),
    resource: { ...skeletonOf(resourceType, name, reading), ...body, ...said } as Resource
  }
}

/** An item that goes. */
export const deletionOf = (
  resourceType: Resource['resourceType'],
  { key, sections, part }: ItemName
): ContributionEntry => ({ resourceType, sourceResourceId: key, sections, ...defined({ part }) })

/** `resourceType`, `id` and `meta`. */
export function skeletonOf(
  resourceType: Resource['resourceType'],
  { key, sections }: ItemName,
  { context, unread }: Reading
): Pick<Resource, 'resourceType' | 'id' | 'meta'> {
  const tags = unread.length > 0 ? (['degraded'] as const) : []
  return {
    resourceType,
    id: context.resourceId(resourceType, key),
    meta: itemMeta(context.source, resourceType, sections, tags)
  }
}

const degraded = { system: chesil.itemTag, ...itemTags.degraded }

/**
 * One of the messages that make up an item. The latest decides whether it is marked degraded: what could not be read
 * of it stands in the narrative.
 */
export function toEventEntry(
  { set, clear, ...event }: Omit<ItemEvent, 'base'>,
  { body, name, reading }: { body: Body<Resource>; name: ItemName; reading: Reading }
): ContributionEntry {
  const { resourceType } = body
  const { unread } = reading
  const base = { ...skeletonOf(resourceType, name, { ...reading, unread: [] }), ...body } as Resource
  const marks = { text: toNarrative([...new Set(unread)]), 'meta.tag#degraded': [degraded] }
  const isMarked = unread.length > 0
  const cleared = [...(clear ?? []), ...(isMarked ? [] : Object.keys(marks))]
  return {
    ...deletionOf(resourceType, name),
    event: { base, ...event, set: isMarked ? { ...set, ...marks } : set, clear: cleared }
  }
}

const noted: ReadonlySet<string> = new Set(['Observation', 'ServiceRequest', 'Specimen'])

function unreadOf(
  body: Body<Resource>,
  lines: readonly string[]
): { note: Annotation[] } | { text: Narrative } {
  if (!noted.has(body.resourceType)) return { text: toNarrative(lines) }
  const notes = 'note' in body ? ((body.note as Annotation[] | undefined) ?? []) : []
  return { note: [...notes, ...lines.map((text) => ({ text }))] }
}
