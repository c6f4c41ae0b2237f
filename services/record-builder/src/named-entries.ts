import type { ContributionEntry, QuarantinedItem } from '@chesil/contracts'
import { type Ids, type ItemName, resourceIdOf } from '@chesil/record-store'

/** An entry of a contribution under Chesil's name for it. */
export interface NamedEntry extends ItemName {
  readonly entry: ContributionEntry
  /** Of its content; `deleted` for a deletion. */
  readonly hash: string
}

/** By resource id. */
export function nameEntries(
  entries: readonly ContributionEntry[],
  sourceId: string,
  ids: Ids
): Map<string, NamedEntry> {
  const named = new Map<string, NamedEntry>()
  for (const entry of entries) {
    const { resourceType, sourceResourceId, resource } = entry
    const resourceId = resourceIdOf(sourceId, resourceType, sourceResourceId)
    const hash = resource ? ids.contentHash(JSON.stringify(resource)) : 'deleted'
    named.set(resourceId, { resourceId, resourceType, sourceResourceId, entry, hash })
  }
  return named
}

/** An entry that is kept out because its source has said it of somebody else. */
export const toQuarantined = ({ entry }: NamedEntry): QuarantinedItem => ({
  reason: 'owned-by-another-person',
  resourceType: entry.resourceType,
  sourceResourceId: entry.sourceResourceId,
  sections: entry.sections
})
