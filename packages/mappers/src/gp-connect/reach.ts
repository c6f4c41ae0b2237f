import type { Section } from '@chesil/contracts'
import type { Item } from '../stu3/item.ts'
import { sectionsOfList } from '../stu3/lists.ts'
import { type SectionSet, setOf } from '../stu3/section-set.ts'

/**
 * Works out where each item stands, once everything is mapped and the links are known.
 *
 * From the lists the way goes on to what they name: consultation, topic, heading, item; problem, what
 * belongs to it; medicine, plan, issues; report, results; and to the people, places and products that any
 * of them mention. A clinical item that no list reaches stands in the section of its kind. The person comes
 * with every answer, whatever was asked for, and so does what nothing else mentions.
 */
export function reachItems(items: readonly Item[], asked: readonly Section[]): void {
  for (const item of items) add(item, item.kind?.role === 'list' ? sectionsOfList(item.source) : 0)
  for (const item of items) add(item, item.sections === 0 ? homeOf(item) : 0)
  const all = setOf(...asked)
  for (const item of items) add(item, item.kind?.role === 'patient' ? all : 0)
  for (const item of items) item.sections ||= item.kind ? all : 0
}

const homeOf = ({ kind, source }: Item): SectionSet => (kind?.home ? setOf(kind.home(source)) : 0)

/** Adds the sections to an item and to what its links lead to. */
function add(start: Item, sections: SectionSet): void {
  const open: [Item, SectionSet][] = [[start, sections]]
  for (let next = open.pop(); next; next = open.pop()) {
    const [item, offered] = next
    const fresh = offered & ~item.sections
    if (fresh === 0) continue
    item.sections |= fresh
    for (const { to, only } of item.links) open.push([to, only === undefined ? fresh : fresh & only])
  }
}
