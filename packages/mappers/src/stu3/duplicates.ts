import { contentOf, fingerprint } from '../fingerprint.ts'
import type { Json } from '../json.ts'

interface Named {
  readonly name: string
  readonly source: Json
  /** Somebody or something of the practice. */
  readonly isShared: boolean
}

interface Kept<T> {
  readonly entry: T
  readonly name: string
  /** Another one has kept the name. */
  readonly isRenamed: boolean
}

/**
 * What becomes of entries of one name. Copies of one thing are one. Of two different practitioners, places
 * or products one is kept: the one that refers to more of what is there, then the one that says more. A
 * clinical item is never dropped: the second gets a name made from its content, so that it has the same one
 * at the next pull, in whatever order they come.
 *
 * @param references `Type/id` of all that is there.
 */
export function withoutDuplicates<T extends Named>(
  entries: readonly T[],
  references: ReadonlySet<string>
): readonly Kept<T>[] {
  const byName = Map.groupBy(entries, (entry) => entry.name)
  if (byName.size === entries.length) {
    return entries.map((entry) => ({ entry, name: entry.name, isRenamed: false }))
  }
  const kept = new Map(
    [...byName.values()].flatMap((alike) => settle(alike, references)).map((one) => [one.entry, one])
  )
  return entries.flatMap((entry) => kept.get(entry) ?? [])
}

function settle<T extends Named>(alike: readonly T[], references: ReadonlySet<string>): Kept<T>[] {
  const [first] = alike
  if (first && alike.length === 1) return [{ entry: first, name: first.name, isRenamed: false }]
  const distinct = [...new Map(alike.map((entry) => [contentOf(entry.source), entry]))]
  const ranked = distinct
    .map(([content, entry]) => ({ content, entry, links: liveLinksIn(content, references) }))
    .sort(
      (a, b) => b.links - a.links || b.content.length - a.content.length || (a.content < b.content ? -1 : 1)
    )
  return ranked.flatMap(({ content, entry }, position): Kept<T>[] => {
    if (position === 0) return [{ entry, name: entry.name, isRenamed: false }]
    return entry.isShared ? [] : [{ entry, name: `${entry.name}~${fingerprint(content)}`, isRenamed: true }]
  })
}

const liveLinksIn = (content: string, references: ReadonlySet<string>): number =>
  [...content.matchAll(/"reference":"([^"]*)"/g)].filter(([, reference]) => references.has(reference ?? ''))
    .length
