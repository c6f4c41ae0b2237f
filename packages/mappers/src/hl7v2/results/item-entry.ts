import type { ContributionEntry, ItemEvent, Section } from '@chesil/contracts'
import { type Annotation, defined, type Narrative, type Resource } from '@chesil/fhir'
import { itemMeta } from '../../item-meta.ts'
import { hasNotes, unreadMarks } from '../elements/marks.ts'
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

/** The same deletion, of what was never this person's. */
export const erasing = (entry: ContributionEntry): ContributionEntry => ({ ...entry, erases: true })

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

interface EventOf {
  readonly body: Body<Resource>
  readonly name: ItemName
  readonly reading: Reading
  /** The event says nothing of what earlier ones could not read. */
  readonly keepsMarks?: boolean
}

/** One of the messages that make up an item. */
export function toEventEntry(
  { set, clear, ...event }: Omit<ItemEvent, 'base'>,
  { body, name, reading, keepsMarks }: EventOf
): ContributionEntry {
  const { resourceType } = body
  const { unread } = reading
  const base = { ...skeletonOf(resourceType, name, { ...reading, unread: [] }), ...body } as Resource
  const marks = keepsMarks ? { set: {}, clear: [] } : unreadMarks(resourceType, unread)
  return {
    ...deletionOf(resourceType, name),
    event: { base, ...event, set: { ...set, ...marks.set }, clear: [...(clear ?? []), ...marks.clear] }
  }
}

function unreadOf(
  body: Body<Resource>,
  lines: readonly string[]
): { note: Annotation[] } | { text: Narrative } {
  if (!hasNotes(body.resourceType)) return { text: toNarrative(lines) }
  const notes = 'note' in body ? ((body.note as Annotation[] | undefined) ?? []) : []
  return { note: [...notes, ...lines.map((text) => ({ text }))] }
}
