import type { ViewEntryIndex } from '../view/search-index.ts'

/**
 * Which codes make an item sensitive: `{ "<code>": "<label>" }`, by code alone, because the same SNOMED CT
 * id travels under several systems. A deployment reads the licensed exclusion reference sets into it.
 */
export type SensitiveCodes = ReadonlyMap<string, string>

/** An entry of one person's view, as far as its labels depend on it. */
export interface LabelledItem {
  /** `Type/id` */
  readonly key: string
  readonly index: ViewEntryIndex
}

/**
 * The security labels of each item: those its source gave (`meta.security`), those of its codes, and those
 * of what belongs to it: a medicine's label also holds for its prescriptions, a report's for its results,
 * a result's for the report and the panel that name it, a problem's for the topics about it, a document's for its
 * files.
 *
 * Computed whenever a view is loaded and not stored, so that a change of the table holds from the next start.
 *
 * @param items Several wordings of one item count together.
 * @returns only items that have a label.
 */
export function labelItems(
  items: readonly LabelledItem[],
  sensitive: SensitiveCodes
): ReadonlyMap<string, ReadonlySet<string>> {
  const labels = new Map<string, Set<string>>()
  for (const { key, index } of items) {
    const own = ownLabels(index, sensitive)
    if (own.size > 0) labels.set(key, own.union(labels.get(key) ?? new Set()))
  }
  if (labels.size > 0) spread(items, labels)
  return labels
}

/** @returns whether every label of the item is one the role may see. */
export const mayView = (labels: ReadonlySet<string> | undefined, allowed: ReadonlySet<string>): boolean =>
  labels === undefined || labels.isSubsetOf(allowed)

/** Ordinary confidentiality is not a label; R, V and every other code is. */
const ordinary = new Set(['U', 'L', 'M', 'N'])

function ownLabels(index: ViewEntryIndex, sensitive: SensitiveCodes): Set<string> {
  const labels = new Set(index.security?.filter((code) => !ordinary.has(code)))
  for (const code of index.codes ?? []) {
    const label = sensitive.get(code)
    if (label) labels.add(label)
  }
  return labels
}

/**
 * Whether an item may have a label of its own, told from its index as it is stored, without reading all of it.
 *
 * @param indexText JSON of a `ViewEntryIndex`; a quote inside a text of it is escaped, so that no text looks like a name.
 */
export function mayBeLabelled(indexText: string, sensitive: SensitiveCodes): boolean {
  if (indexText.includes(endOfSecurity)) return true
  const found = indexText.indexOf(codesName)
  // Another name may end in it.
  const start = found < 0 || indexText[found - 1] === '"' ? found : indexText.indexOf(`"${codesName}`) + 1
  if (start <= 0) return false
  const end = indexText.indexOf(']', start)
  return mayBeSensitive(indexText.slice(start + codesName.length, end), sensitive)
}

// What begins with a letter that is seldom, or at least with no quote, is found in half the time.
const endOfSecurity = 'urity":'
const codesName = 'codes":['

const judged = new WeakMap<SensitiveCodes, Map<string, boolean>>()
/** Few lists of codes stand on most of all items. */
const mostJudged = 10_000

/** @param codes As they stand in JSON, between the brackets. */
function mayBeSensitive(codes: string, sensitive: SensitiveCodes): boolean {
  const known = judged.get(sensitive) ?? new Map<string, boolean>()
  judged.set(sensitive, known)
  const before = known.get(codes)
  if (before !== undefined) return before
  const parts = codes.split('"')
  // An escape, or a bracket inside a code, which ends it too early: it has to be read.
  const isUnclear = codes.includes('\\') || parts.length % 2 === 0
  const verdict = isUnclear || parts.some((part, at) => at % 2 === 1 && sensitive.has(part))
  if (known.size < mostJudged) known.set(codes, verdict)
  return verdict
}

/** One prescription being sensitive says nothing about the medicine, nor one topic about the problem, that others share. */
const isShared = (part: string): boolean => part.startsWith('Medication/') || part.startsWith('Condition/')

/** Until nothing changes: chains (report, panel, result) are short, and a label only ever spreads. */
function spread(items: readonly LabelledItem[], labels: Map<string, Set<string>>): void {
  const links = items.flatMap(({ key, index }) => (index.content ?? []).map((part) => [key, part] as const))
  const copy = (from: string, to: string): boolean => {
    const more = labels.get(from)
    const known = labels.get(to)
    if (!more || (known && more.isSubsetOf(known))) return false
    labels.set(to, more.union(known ?? new Set()))
    return true
  }
  for (let changed = true; changed; ) {
    changed = false
    for (const [whole, part] of links) {
      if (copy(part, whole)) changed = true
      if (!isShared(part) && copy(whole, part)) changed = true
    }
  }
}
