import type { Entry, Judgement } from './kind.ts'
import { type Judge, judgeWith, type Links, linkEntries, type Rules } from './link-entries.ts'

type Cluster<Facts> = Entry<Facts>[]
/**
 * Joins what is one thing, by what the entries say alone: no order, count or id decides.
 *
 * Entries are taken from the most exact to the vaguest. Of one exactness, those that the rules call the same are
 * joined where no two of them are different; where some are, only those that are alike. A vaguer entry joins
 * those before it where exactly one fits, and stays alone where several do. So an undated entry never bridges
 * two dated ones, nor a third entry two that one source tells apart.
 */
export function joinEntries<Facts>(
  entries: readonly Entry<Facts>[],
  rules: Rules<Facts>
): readonly (readonly Entry<Facts>[])[] {
  const judge = judgeWith(rules)
  const links = linkEntries(entries, rules, judge)
  const joined: Joined<Facts> = { clusters: [], clusterOf: new Map() }
  const levels = Map.groupBy(entries, ({ facts }) => rules.vagueness(facts))
  for (const level of [...levels.keys()].sort((a, b) => a - b)) {
    const free = attach(levels.get(level) ?? [], joined, links, judge)
    for (const members of partition(free, links, judge)) {
      const cluster = [...members]
      joined.clusters.push(cluster)
      for (const member of members) joined.clusterOf.set(member, cluster)
    }
  }
  return joined.clusters
}

interface Joined<Facts> {
  readonly clusters: Cluster<Facts>[]
  /** Of each entry joined so far, unless it is in doubt. */
  readonly clusterOf: Map<Entry<Facts>, Cluster<Facts>>
}

/** @returns the entries that fit no cluster. Those that fit several, or one that another of them rules out, stay alone. */
function attach<Facts>(
  entries: readonly Entry<Facts>[],
  { clusters, clusterOf }: Joined<Facts>,
  links: Links<Facts>,
  judge: Judge<Facts>
): readonly Entry<Facts>[] {
  const fitting = entries.map((entry) => ({
    entry,
    near: fittingClusters(entry, links, clusterOf, judge)
  }))
  const joining = new Map<Cluster<Facts>, Entry<Facts>[]>()
  for (const { entry, near } of fitting) {
    const [cluster, another] = near
    if (another) clusters.push([entry])
    else if (cluster) joining.set(cluster, [...(joining.get(cluster) ?? []), entry])
  }
  for (const [cluster, candidates] of joining) {
    const agreed = candidates.filter((one) => isApartFromNone(one, candidates, judge))
    clusters.push(...candidates.filter((one) => !agreed.includes(one)).map((one) => [one]))
    cluster.push(...agreed)
    for (const one of agreed) clusterOf.set(one, cluster)
  }
  return fitting.filter(({ near }) => near.length === 0).map(({ entry }) => entry)
}

function fittingClusters<Facts>(
  entry: Entry<Facts>,
  links: Links<Facts>,
  clusterOf: ReadonlyMap<Entry<Facts>, Cluster<Facts>>,
  judge: Judge<Facts>
): readonly Cluster<Facts>[] {
  const near = new Set(
    [...(links.get(entry)?.keys() ?? [])].flatMap((other) => {
      const cluster = clusterOf.get(other)
      return cluster ? [cluster] : []
    })
  )
  return [...near].filter((cluster) => isApartFromNone(entry, cluster, judge))
}

/** Of one exactness: whole components, else the components of what is alike, else each alone. */
function partition<Facts>(
  entries: readonly Entry<Facts>[],
  links: Links<Facts>,
  judge: Judge<Facts>
): readonly (readonly Entry<Facts>[])[] {
  const isOne = (members: readonly Entry<Facts>[]) =>
    members.every((one) => isApartFromNone(one, members, judge))
  return componentsOf(entries, links, () => true).flatMap((component) =>
    isOne(component)
      ? [component]
      : componentsOf(component, links, (judgement) => judgement === 'alike').flatMap((part) =>
          isOne(part) ? [part] : part.map((one) => [one])
        )
  )
}

const isApartFromNone = <Facts>(
  one: Entry<Facts>,
  others: readonly Entry<Facts>[],
  judge: Judge<Facts>
): boolean => others.every((other) => other === one || judge(one, other) !== 'different')

function componentsOf<Facts>(
  entries: readonly Entry<Facts>[],
  links: Links<Facts>,
  counts: (judgement: Judgement) => boolean
): readonly (readonly Entry<Facts>[])[] {
  const left = new Set(entries)
  const components: Entry<Facts>[][] = []
  for (const start of entries) {
    if (!left.delete(start)) continue
    const component = [start]
    for (const member of component) {
      const linked = [...(links.get(member) ?? [])].filter(([, judgement]) => counts(judgement))
      component.push(...linked.map(([other]) => other).filter((other) => left.delete(other)))
    }
    components.push(component)
  }
  return components
}
