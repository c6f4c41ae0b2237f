/** A person as one source knows them, or as PDS does. */
export interface PersonNode {
  readonly id: string
  /** PDS knows them: two of these are never one, whatever a source says. */
  readonly isTraced: boolean
  /** A source has said something of them: whoever is found by another number is to be seen. */
  readonly isKnown: boolean
  /** Nodes PDS knows that this one is not, whatever a source says. */
  readonly isNot?: ReadonlySet<string>
}

/** Two nodes that are said to be one person. */
export interface PersonEdge {
  readonly from: string
  readonly into: string
  /** `from` is not used any more, so that the other stands for both. */
  readonly isMerge: boolean
}

export interface PersonGroups {
  /** By node: who stands for it; itself, where it stands for itself. */
  readonly representatives: ReadonlyMap<string, string>
  /** Edges that would make one person of two of whom PDS says that they are two. They join nobody. */
  readonly conflicts: readonly PersonEdge[]
}

/**
 * Who is one person. It follows from the edges alone and from their order, never from what was joined before:
 * an edge that is taken back leaves no trace.
 *
 * @param edges The earlier ones first; where two contradict, the earlier holds.
 */
export function groupPersons(nodes: readonly PersonNode[], edges: readonly PersonEdge[]): PersonGroups {
  const groups = new Map(nodes.map((node) => [node.id, new Set([node])]))
  const conflicts = edges.filter((edge) => !join(groups, edge))
  const merged = new Set(
    edges.filter((edge) => edge.isMerge && !conflicts.includes(edge)).map(({ from }) => from)
  )
  const representatives = new Map<string, string>()
  for (const members of new Set(groups.values())) {
    const chosen = representativeOf([...members], merged)
    for (const { id } of members) representatives.set(id, chosen)
  }
  return { representatives, conflicts }
}

/** @returns false for an edge between two of whom PDS says that they are two. */
function join(groups: Map<string, Set<PersonNode>>, { from, into }: PersonEdge): boolean {
  const [a, b] = [groups.get(from), groups.get(into)]
  if (!a || !b || a === b) return true
  const [tracedA, tracedB] = [tracedOf([...a]), tracedOf([...b])]
  if (tracedA && tracedB) return false
  const traced = tracedA ?? tracedB
  if (traced && [...a, ...b].some(({ isNot }) => isNot?.has(traced.id))) return false
  for (const node of a) {
    b.add(node)
    groups.set(node.id, b)
  }
  return true
}

const tracedOf = (members: readonly PersonNode[]): PersonNode | undefined =>
  members.find(({ isTraced }) => isTraced)

/** Whom PDS knows; else one whose number is still used, for there is one unless merges go in a circle. */
function representativeOf(members: readonly PersonNode[], merged: ReadonlySet<string>): string {
  const used = members.filter(({ id }) => !merged.has(id))
  const candidates = used.length > 0 ? used : members
  const known = candidates.filter(({ isKnown }) => isKnown)
  const ids = (known.length > 0 ? known : candidates).map(({ id }) => id).sort()
  return tracedOf(members)?.id ?? (ids[0] as string)
}
