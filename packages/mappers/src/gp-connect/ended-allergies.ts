import { type Json, many, word } from '../json.ts'
import { findTarget } from '../stu3/elements/references.ts'
import type { Item } from '../stu3/item.ts'
import { isEndedList, sectionOfList } from '../stu3/lists.ts'

/**
 * What the lists of ended allergies contain, as GP Connect wants it, or only name, as some providers do. One
 * that the list of active allergies names as well is not ended by that: of two words the careful one holds.
 */
export function endedAllergiesIn(items: readonly Item[]): ReadonlySet<Item> {
  const lists = items.filter(({ type, withheld }) => type === 'List' && !withheld)
  const active = new Set(lists.filter(({ source }) => isActiveList(source)).flatMap(namedBy))
  const contained = items.filter(({ container }) => container !== undefined && isEndedList(container.source))
  const named = lists.filter(({ source }) => isEndedList(source)).flatMap(namedBy)
  return new Set([...contained, ...named.filter((one) => !active.has(one))])
}

const isActiveList = (list: Json): boolean => sectionOfList(list) === 'allergies' && !isEndedList(list)

const namedBy = (list: Item): Item[] =>
  many(list.source['entry'])
    .filter((entry) => entry['deleted'] !== true)
    .flatMap((entry) => many(entry['item']))
    .flatMap((reference) => findTarget(word(reference['reference']) ?? '', list) ?? [])
