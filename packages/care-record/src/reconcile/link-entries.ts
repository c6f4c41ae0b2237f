import type { Entry, Judgement, Kind } from './kind.ts'

export type Rules<Facts> = Pick<Kind<never, Facts>, 'joinsWithinSource' | 'blocks' | 'vagueness' | 'judge'>
export type Judge<Facts> = (a: Entry<Facts>, b: Entry<Facts>) => Judgement
/** Every pair that is the same or alike, from both sides. */
export type Links<Facts> = ReadonlyMap<Entry<Facts>, ReadonlyMap<Entry<Facts>, Judgement>>

/** What one source writes as two things is two things, unless the rules of the kind say otherwise. */
export function judgeWith<Facts>({ joinsWithinSource, judge }: Rules<Facts>): Judge<Facts> {
  return (a, b) =>
    !joinsWithinSource && a.item.sourceId === b.item.sourceId ? 'different' : judge(a.facts, b.facts)
}

/** Compares only entries with a block in common, so that a long record costs little. */
export function linkEntries<Facts>(
  entries: readonly Entry<Facts>[],
  rules: Rules<Facts>,
  judge: Judge<Facts>
): Links<Facts> {
  const links = new Map<Entry<Facts>, Map<Entry<Facts>, Judgement>>()
  const link = (from: Entry<Facts>, to: Entry<Facts>, judgement: Judgement): void => {
    const known = links.get(from)
    if (known) known.set(to, judgement)
    else links.set(from, new Map([[to, judgement]]))
  }
  for (const members of blocksOf(entries, rules)) {
    for (const [at, a] of members.entries()) {
      for (const b of members.slice(at + 1)) {
        const judgement = judge(a, b)
        if (judgement !== 'same' && judgement !== 'alike') continue
        link(a, b, judgement)
        link(b, a, judgement)
      }
    }
  }
  return links
}

/**
 * More entries of one key than any record has of one thing: they stay apart, for comparing each with each would
 * hold up everybody else.
 */
const maxBlock = 400

/** @returns only blocks in which there may be two of one thing. */
function blocksOf<Facts>(
  entries: readonly Entry<Facts>[],
  { blocks, joinsWithinSource }: Rules<Facts>
): readonly (readonly Entry<Facts>[])[] {
  const byBlock = new Map<string, Entry<Facts>[]>()
  for (const entry of entries) {
    for (const block of new Set(blocks(entry.facts))) {
      const members = byBlock.get(block)
      if (members) members.push(entry)
      else byBlock.set(block, [entry])
    }
  }
  const small = [...byBlock.values()].filter(({ length }) => length <= maxBlock)
  return small.filter(
    ([first, ...others]) =>
      joinsWithinSource || others.some(({ item }) => item.sourceId !== first?.item.sourceId)
  )
}
