import { sourceName } from './identity.ts'
import type { Conflict, ConflictKind, ItemGroup } from './item-group.ts'
import { type Aspect, agree, type Entry, type Kind } from './kind.ts'

const labels: Readonly<Record<ConflictKind, string>> = {
  status: 'Status',
  dose: 'Dose',
  certainty: 'Certainty',
  severity: 'Severity',
  criticality: 'Criticality',
  reaction: 'Reaction',
  value: 'Value',
  contact: 'Contact details',
  'next-of-kin': 'Next of kin',
  address: 'Address',
  'resuscitation-status': 'Resuscitation status'
}

interface Told<Facts> {
  readonly entry: Entry<Facts>
  readonly rank: readonly number[]
  readonly aspects: ReadonlyMap<ConflictKind, Aspect>
}

/**
 * The lead first: by the rules of its kind, then whoever was confirmed last, then by the source's id and its own.
 *
 * @param companions Plans of medicines: members that say nothing of their own.
 */
export function toGroup<Facts>(
  entries: readonly Entry<Facts>[],
  { rank, aspects }: Pick<Kind<never, Facts>, 'rank' | 'aspects'>,
  companions: readonly Entry<undefined>[] = []
): ItemGroup {
  const told = entries
    .map((entry) => ({
      entry,
      rank: rank(entry.facts),
      aspects: new Map(aspects(entry.facts).map((aspect) => [aspect.kind, aspect]))
    }))
    .sort(compareTold)
  const others = companions.toSorted((a, b) => compareText(a.item.key, b.item.key))
  const [lead] = told
  if (!lead) throw new Error('A group has a member')
  const confirmed = [...told.map(({ entry }) => entry), ...others].map(({ item }) => item.confirmedAt)
  return {
    lead: lead.entry.item.key,
    members: [
      ...told.map((one) => ({ ...named(one.entry), differs: differs(one, lead) })),
      ...others.map((other) => ({ ...named(other), differs: false }))
    ],
    firstConfirmed: Math.min(...confirmed),
    lastConfirmed: Math.max(...confirmed),
    conflicts: conflictsAmong(told)
  }
}

const named = ({ item }: Entry<unknown>) => ({ key: item.key, sourceId: item.sourceId })

function compareTold(a: Told<unknown>, b: Told<unknown>): number {
  for (const [at, rank] of a.rank.entries()) if (rank !== b.rank[at]) return rank - (b.rank[at] ?? 0)
  const [x, y] = [a.entry.item, b.entry.item]
  return y.confirmedAt - x.confirmedAt || compareText(x.sourceId, y.sourceId) || compareText(x.key, y.key)
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Also where the lead is silent: what only a member says is not told by the lead. */
const differs = (one: Told<unknown>, lead: Told<unknown>): boolean =>
  [...one.aspects].some(([kind, aspect]) => {
    const leading = lead.aspects.get(kind)
    return leading === undefined || !agree(aspect, leading)
  })

/** Who is silent about something contradicts nobody. */
function conflictsAmong(told: readonly Told<unknown>[]): readonly Conflict[] {
  if (told.length < 2) return []
  return (Object.keys(labels) as ConflictKind[]).flatMap((kind) => {
    const speaking = told.flatMap(({ entry, aspects }) => {
      const aspect = aspects.get(kind)
      return aspect ? [{ item: entry.item, aspect }] : []
    })
    if (speaking.every(({ aspect: a }) => speaking.every(({ aspect: b }) => agree(a, b)))) return []
    const words = speaking.map(
      ({ item, aspect }) => `${aspect.words} (${sourceName(item.resource, item.sourceId)})`
    )
    return [
      {
        kind,
        between: speaking.map(({ item }) => item.key),
        text: `${labels[kind]} differs: ${words.join('; ')}`
      }
    ]
  })
}
