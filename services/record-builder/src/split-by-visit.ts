import type { Contribution, ContributionEntry } from '@chesil/contracts'
import { resourceIdOf } from '@chesil/record-store'

/** What a message says, by whose it is. */
export interface PersonsShare {
  /** The source's own patient. */
  readonly homePatientId: string
  readonly contribution: Contribution
}

/** @returns Chesil's ids of the stays that a message speaks of. */
export const visitsIn = ({ entries }: Contribution, sourceId: string): readonly string[] => [
  ...new Set(entries.flatMap((entry) => visitOf(entry, sourceId) ?? []))
]

/**
 * A message may speak of a stay that its source has given to another patient since: that share of it is theirs, with
 * whatever it refers to. Parts of which it speaks whole are spoken of to all; what it keeps out is told to its own.
 *
 * @param moves By stay, whose it is.
 */
export function splitByVisit(
  contribution: Contribution,
  { sourceId, homePatientId }: { readonly sourceId: string; readonly homePatientId: string },
  moves: ReadonlyMap<string, string>
): readonly PersonsShare[] {
  if (moves.size === 0) return [{ homePatientId, contribution }]
  const { entries, wholeParts, quarantined } = contribution
  const moved = new Map<string, string>()
  for (const entry of entries) {
    const into = moves.get(visitOf(entry, sourceId) ?? '')
    if (into === undefined) continue
    moved.set(keyOf(entry, sourceId), into)
    for (const reference of referencesIn(entry)) if (!moved.has(reference)) moved.set(reference, into)
  }
  const whose = (entry: ContributionEntry) => moved.get(keyOf(entry, sourceId)) ?? homePatientId
  const homes = new Set([homePatientId, ...moves.values()])
  return [...homes].map((home) => ({
    homePatientId: home,
    contribution: {
      mode: 'delta',
      sections: [],
      ...(wholeParts && { wholeParts }),
      entries: entries.filter((entry) => whose(entry) === home),
      quarantined: home === homePatientId ? quarantined : []
    }
  }))
}

const keyOf = ({ resourceType, sourceResourceId }: ContributionEntry, sourceId: string): string =>
  `${resourceType}/${resourceIdOf(sourceId, resourceType, sourceResourceId)}`

const textOf = ({ resource, event }: ContributionEntry): string => JSON.stringify(resource ?? event ?? null)

/** The stay that an entry is, or refers to. */
function visitOf(entry: ContributionEntry, sourceId: string): string | undefined {
  if (entry.resourceType === 'Encounter')
    return resourceIdOf(sourceId, entry.resourceType, entry.sourceResourceId)
  return /"Encounter\/([0-9a-f-]{36})"/.exec(textOf(entry))?.[1]
}

/** `Type/id`, but for the person and the stay themselves. */
const referencesIn = (entry: ContributionEntry): readonly string[] =>
  [...textOf(entry).matchAll(/"([A-Z][A-Za-z]+\/[0-9a-f-]{36})"/g)]
    .map(([, reference]) => reference as string)
    .filter((reference) => !/^(Patient|Encounter)\//.test(reference))
