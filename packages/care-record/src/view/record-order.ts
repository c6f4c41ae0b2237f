interface Placed {
  readonly resourceType: string
  readonly resourceId: string
}

/**
 * The order in which a record is shown: the person, what sources say of the person, then by type and id.
 *
 * @returns negative when `a` comes first.
 */
export function compareInRecord(a: Placed, b: Placed, patientId: string): number {
  if (a.resourceType !== b.resourceType) {
    if (a.resourceType === 'Patient') return -1
    if (b.resourceType === 'Patient') return 1
    return a.resourceType < b.resourceType ? -1 : 1
  }
  if (a.resourceId === b.resourceId) return 0
  if (a.resourceId === patientId) return -1
  if (b.resourceId === patientId) return 1
  return a.resourceId < b.resourceId ? -1 : 1
}

/** @returns all of one person's record, in the order of `compareInRecord`: the same, sooner for thousands. */
export function inRecordOrder<Item extends Placed>(
  items: readonly Item[],
  patientId: string
): readonly Item[] {
  const byType = new Map<string, Item[]>()
  for (const item of items) {
    const ofType = byType.get(item.resourceType)
    if (ofType) ofType.push(item)
    else byType.set(item.resourceType, [item])
  }
  const people = byType.get('Patient') ?? []
  byType.delete('Patient')
  const others = [...byType.keys()].sort().map((type) => byType.get(type) as Item[])
  return people.sort((a, b) => compareInRecord(a, b, patientId)).concat(...others.map(byId))
}

const byId = <Item extends Placed>(items: Item[]): Item[] =>
  items.sort((a, b) => (a.resourceId < b.resourceId ? -1 : 1))
