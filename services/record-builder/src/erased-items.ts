import type { FoldedItem } from '@chesil/care-record'
import type { NamedEntry } from './named-entries.ts'

/**
 * @param items What a message names, and what stands in parts of which it speaks whole: as it is after the message.
 * @returns those that do not stand and never were this person's: the message says so of the item or, where it does not
 *   name it, of something else in its part.
 */
export function erasedItems(
  items: ReadonlyMap<string, FoldedItem>,
  entries: ReadonlyMap<string, NamedEntry>,
  wholeParts: readonly string[]
): readonly string[] {
  const erasing = [...entries.values()].flatMap(({ entry: { erases, part } }) => (erases && part) ?? [])
  const parts = new Set(wholeParts.filter((part) => erasing.includes(part)))
  return [...items].flatMap(([id, { present, sections }]) => {
    const named = entries.get(id)
    const isErased = named ? named.entry.erases : sections.some((section) => parts.has(section))
    return isErased && !present ? [id] : []
  })
}
