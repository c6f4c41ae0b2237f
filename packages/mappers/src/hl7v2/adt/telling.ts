import type { ContributionEntry, ItemEvent, itemTags, Section } from '@chesil/contracts'
import { defined, type Resource } from '@chesil/fhir'
import { fingerprint } from '../../fingerprint.ts'
import { itemMeta } from '../../item-meta.ts'
import { unreadMarks } from '../elements/marks.ts'
import type { Reading } from '../elements/reading.ts'
import { isNull, type Segment } from '../message.ts'
import type { Group } from './group.ts'

/** What one message says of an item, path by path; see `ItemEvent`. */
export interface Telling {
  readonly set: Record<string, unknown>
  readonly clear: Set<string>
}

export const newTelling = (): Telling => ({ set: {}, clear: new Set() })

/** A field of the message, from which a path has its value: an empty one says nothing, `""` takes it back. */
export function tell(
  { set, clear }: Telling,
  path: string,
  [segment, number]: readonly [Segment | undefined, number],
  value: unknown
): void {
  if (isNull(segment, number)) clear.add(path)
  else if (value !== undefined) set[path] = value
}

/** An item that messages tell of, and how this one names it. */
export interface Told {
  readonly resourceType: Resource['resourceType']
  readonly key: string
  readonly sections: readonly Section[]
  /** See `ContributionEntry`. */
  readonly part?: string | undefined
  /** What every message about it says, besides who, where and from whom. */
  readonly base: Readonly<Record<string, unknown>>
  readonly cancels?: string | undefined
  /** See `ItemEvent`. */
  readonly unless?: ItemEvent['unless']
  readonly tags?: readonly (keyof typeof itemTags)[]
}

/** One event of an item. */
export function eventEntry(told: Told, telling: Telling, group: Group, reading: Reading): ContributionEntry {
  const { resourceType, key, sections, part } = told
  const { context, trigger, at } = group
  const marks = unreadMarks(resourceType, reading.unread)
  Object.assign(telling.set, marks.set)
  for (const path of marks.clear) telling.clear.add(path)
  return {
    resourceType,
    sourceResourceId: key,
    sections,
    ...defined({ part }),
    event: {
      base: {
        resourceType,
        id: context.resourceId(resourceType, key),
        meta: itemMeta(context.source, resourceType, sections, told.tags),
        ...told.base
      } as Resource,
      kind: trigger.kind,
      set: telling.set,
      ...(telling.clear.size > 0 && { clear: [...telling.clear] }),
      ...defined({ at, cancels: told.cancels, unless: told.unless })
    }
  }
}

/** The item is gone, for this source. */
export function deletionEntry(told: Told, group: Group, reading: Reading): ContributionEntry {
  const { event, ...entry } = eventEntry(told, newTelling(), group, reading)
  return event ? { ...entry, event: { ...event, set: {}, clear: [], deletes: true } } : entry
}

const longestName = 200

/** A name made of what a source wrote, in one line; a long one ends in a fingerprint of the whole. */
export function nameOf(...parts: readonly string[]): string {
  const name = parts.join('|').replaceAll(/\s+/g, ' ').toWellFormed()
  return name.length <= longestName ? name : `${name.slice(0, longestName - 30)}~${fingerprint(name)}`
}

/** A text as it tells one thing from another: without regard to case and spaces. */
export const plain = (text: string): string => text.trim().toLowerCase().replaceAll(/\s+/g, ' ')
