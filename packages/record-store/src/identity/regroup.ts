import { groupPersons } from '@chesil/care-record'
import type { Sql } from '../database.ts'
import type { Ids } from '../ids.ts'
import { mergePersons, unmergePersons } from '../merge.ts'
import { lockPersons } from '../view-writing.ts'
import {
  type GraphEdge,
  type GraphPerson,
  type IdentityGraph,
  readIdentityGraph,
  samePerson
} from './identity-graph.ts'
import { showMerge } from './show-merge.ts'
import { findSomebodyElse, type SomebodyElse } from './somebody-else.ts'

/**
 * Makes one person of those who are said to be one, and parts those who are not any more. Who that is follows
 * from what is said now, whatever was joined before. Runs in a transaction.
 *
 * @param seeds Of whom something was said.
 * @returns what was said and is not believed: it would make one of two of whom PDS says that they are two.
 */
export async function regroupPersons(
  sql: Sql,
  seeds: readonly string[],
  ids: Ids
): Promise<readonly GraphEdge[]> {
  let graph = await lockNeighbourhood(sql, seeds)
  const { wanted, conflicts } = wantedTops(graph, await findSomebodyElse(sql, graph))
  // Each step brings one person to where they belong, or lets one go who stands in the way.
  for (let steps = graph.persons.size * 3; steps > 0; steps--) {
    const step = nextStep(graph, wanted)
    if (!step) return conflicts
    await step(sql, ids)
    graph = await readIdentityGraph(sql, [...graph.persons.keys()])
  }
  throw new Error('The persons could not be grouped')
}

/**
 * Everybody who may become one person with these, locked in id order; again, where more of them turn up by the time the
 * locks are ours. Whoever will regroup takes these locks before any other: else two could wait for each other.
 */
export async function lockNeighbourhood(sql: Sql, seeds: readonly string[]): Promise<IdentityGraph> {
  for (let before = await readIdentityGraph(sql, seeds); ; ) {
    const persons = [...before.persons.keys()]
    await lockPersons(sql, persons)
    const locked = await readIdentityGraph(sql, persons)
    if (locked.persons.size === before.persons.size) return locked
    before = locked
  }
}

/** Merged because of what sources say: taken back as they take that back. */
const isOurs = (person: GraphPerson | undefined): boolean => person?.reason === samePerson

/** Whoever is merged for other reasons, as PDS superseding a number, stays so: they count as one. */
function fixedTop({ persons }: IdentityGraph, id: string): string {
  const person = persons.get(id)
  return person?.mergedInto && !isOurs(person) ? fixedTop({ persons, edges: [] }, person.mergedInto) : id
}

const topOf = (persons: IdentityGraph['persons'], id: string): string => {
  const into = persons.get(id)?.mergedInto
  return into ? topOf(persons, into) : id
}

interface Wanted {
  /** By person that is not fixed to another: who is to stand for them. */
  readonly wanted: ReadonlyMap<string, string>
  readonly conflicts: readonly GraphEdge[]
}

function wantedTops(graph: IdentityGraph, others: readonly SomebodyElse[]): Wanted {
  const traced = new Set(
    [...graph.persons.values()].filter(({ isTraced }) => isTraced).map(({ id }) => fixedTop(graph, id))
  )
  const nodes = [...new Set([...graph.persons.keys()].map((id) => fixedTop(graph, id)))]
  const edges = graph.edges.map((edge) => ({
    ...edge,
    from: fixedTop(graph, edge.from),
    into: fixedTop(graph, edge.into)
  }))
  const apart = others
    .map(({ id, isNot }) => ({ id: fixedTop(graph, id), isNot: fixedTop(graph, isNot) }))
    .filter(({ id, isNot }) => id !== isNot)
    .concat(sharedNumbers(edges))
  const { representatives, conflicts } = groupPersons(
    nodes.map((id) => ({
      id,
      isTraced: traced.has(id),
      isKnown: graph.persons.get(id)?.isKnown ?? false,
      isNot: new Set(apart.flatMap((one) => (one.id === id ? one.isNot : [])))
    })),
    edges
  )
  return {
    wanted: representatives,
    conflicts: conflicts.flatMap((conflict) => graph.edges[edges.indexOf(conflict as GraphEdge)] ?? [])
  }
}

/** Two people PDS knows came under one of a source's numbers: what stands there is neither's. */
function sharedNumbers(edges: readonly GraphEdge[]): readonly SomebodyElse[] {
  const verified = Map.groupBy(
    edges.filter(({ isVerified }) => isVerified),
    ({ from }) => from
  )
  return [...verified].flatMap(([id, claims]) => {
    const people = new Set(claims.map(({ into }) => into))
    return people.size > 1 ? [...people].map((isNot) => ({ id, isNot })) : []
  })
}

type Step = (sql: Sql, ids: Ids) => Promise<void>

function nextStep({ persons }: IdentityGraph, wanted: Wanted['wanted']): Step | undefined {
  const astray = [...wanted].filter(
    ([id, top]) => topOf(persons, id) !== topOf(persons, top) || isUpsideDown(persons, id, top)
  )
  const free = astray.find(
    ([id, top]) => id !== top && persons.get(id)?.mergedInto === null && canGoWhole(persons, wanted, id)
  )
  if (free) return join(persons, ...free)
  const stuck = astray.map(([id]) => persons.get(id)).find((person) => isOurs(person))
  return stuck && ((sql, ids) => detach(sql, persons, stuck, ids))
}

/** Who is to stand for a group is merged into somebody of it. */
const isUpsideDown = (persons: IdentityGraph['persons'], id: string, top: string): boolean =>
  id === top && isOurs(persons.get(id))

/** All who are merged into this person are to go to the same place. */
const canGoWhole = (persons: IdentityGraph['persons'], wanted: Wanted['wanted'], id: string): boolean =>
  [...wanted].every(([other, top]) => topOf(persons, other) !== id || top === wanted.get(id))

function join(persons: IdentityGraph['persons'], from: string, top: string): Step {
  return async (sql, ids) => {
    const merge = { from, into: topOf(persons, top) }
    await mergePersons(sql, { ...merge, reason: samePerson, linkId: ids.newId() }, ids)
    await showMerge(sql, merge.into, { ...merge, kind: 'merge' }, ids)
  }
}

/** Merges above are undone first, and made again: an item goes back to whom it came from. */
async function detach(
  sql: Sql,
  persons: IdentityGraph['persons'],
  person: GraphPerson,
  ids: Ids
): Promise<void> {
  const above = person.mergedInto === null ? undefined : persons.get(person.mergedInto)
  if (person.linkId === null || !above) return
  if (above.linkId !== null) await detach(sql, persons, above, ids)
  await unmergePersons(sql, person.linkId, 'not-said-any-more', ids)
  const parting = { kind: 'unmerge', from: person.id, into: above.id } as const
  for (const patientId of [person.id, above.id]) await showMerge(sql, patientId, parting, ids)
  if (above.linkId === null || above.reason === null) return
  const into = topOf(persons, above.id)
  await mergePersons(sql, { from: above.id, into, reason: above.reason, linkId: ids.newId() }, ids)
}
