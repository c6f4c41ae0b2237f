import type { GroupableItem, ItemGroup } from '../reconcile/item-group.ts'

/** Each item a group of its own: nothing is said of what other sources say. */
export const ungrouped = (
  items: readonly Pick<GroupableItem, 'key' | 'sourceId' | 'confirmedAt'>[]
): readonly ItemGroup[] =>
  items.map(({ key, sourceId, confirmedAt }) => ({
    lead: key,
    members: [{ key, sourceId, differs: false }],
    firstConfirmed: confirmedAt,
    lastConfirmed: confirmedAt,
    conflicts: []
  }))
