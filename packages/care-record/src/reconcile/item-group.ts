import type { Resource } from '@chesil/fhir'

/** One resource of a person's record as one reader may see it, for grouping with what other sources say. */
export interface GroupableItem {
  /** `Type/id` */
  readonly key: string
  readonly resource: Resource
  readonly sourceId: string
  /** ms since 1970: when its source last said so. */
  readonly confirmedAt: number
}

/** What sources say of one real-world thing. Every item is in exactly one group, mostly alone. */
export interface ItemGroup {
  /** `Type/id` of the entry that stands for the group: one of `members`. */
  readonly lead: string
  /** The lead first. */
  readonly members: readonly GroupMember[]
  /** ms since 1970 */
  readonly firstConfirmed: number
  /** ms since 1970 */
  readonly lastConfirmed: number
  readonly conflicts: readonly Conflict[]
}

export interface GroupMember {
  /** `Type/id` */
  readonly key: string
  readonly sourceId: string
  /** Its status, dose, severity, reaction or value is not the lead's, or the lead tells none: always shown beside it. */
  readonly differs: boolean
}

export type ConflictKind =
  | 'status'
  | 'dose'
  | 'certainty'
  | 'contact'
  | 'severity'
  | 'criticality'
  | 'reaction'
  | 'value'
  | 'next-of-kin'
  | 'address'
  | 'resuscitation-status'

/** Sources that cannot all be right, or not at the same time. */
export interface Conflict {
  readonly kind: ConflictKind
  /** `Type/id` of those that differ from one another. */
  readonly between: readonly string[]
  /** In words, for a clinician. */
  readonly text: string
}

export interface Reconciled {
  readonly groups: readonly ItemGroup[]
  /** Of the person as a whole, such as two next of kin: the items are no one thing. */
  readonly conflicts: readonly Conflict[]
}
