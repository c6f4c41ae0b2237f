import type { Reference, Resource } from '@chesil/fhir'
import type { ConflictKind, GroupableItem } from './item-group.ts'

/**
 * How two entries stand to each other. `same` ones are joined, `alike` ones also where others are in doubt;
 * `compatible` ones are not joined for themselves, but may be through a third; `different` ones never are.
 */
export type Judgement = 'different' | 'compatible' | 'same' | 'alike'

/** Something about an entry that others may contradict. */
export interface Aspect {
  readonly kind: ConflictKind
  /** Equal for those that agree. */
  readonly value: string
  /** What one may tell beside it and another leave out: only two that are told can contradict each other. */
  readonly detail?: string
  /** For a clinician. */
  readonly words: string
}

export const agree = (a: Aspect, b: Aspect): boolean =>
  a.value === b.value && (a.detail === undefined || b.detail === undefined || a.detail === b.detail)

/** All of one person's resources, by reference. */
export interface Lookup {
  readonly find: (reference: Reference | undefined) => Resource | undefined
}

/** The rules for one kind of thing. None of them depends on anything but what the entries say. */
export interface Kind<Type extends Resource, Facts> {
  readonly types: readonly Type['resourceType'][]
  /** One source may write one thing twice; otherwise two entries of one source are two things. */
  readonly joinsWithinSource: boolean
  /** @returns `undefined` for what is like nothing else: it stays alone. */
  readonly read: (resource: Type, lookup: Lookup) => Facts | undefined
  /** Only entries with a block in common are compared. */
  readonly blocks: (facts: Facts) => readonly string[]
  /** The more exact are joined first; the vaguer join them where exactly one fits. */
  readonly vagueness: (facts: Facts) => number
  /** Symmetric. */
  readonly judge: (a: Facts, b: Facts) => Judgement
  /** The lowest leads: compared number by number. */
  readonly rank: (facts: Facts) => readonly number[]
  readonly aspects: (facts: Facts) => readonly Aspect[]
}

/** An item with what is compared of it. */
export interface Entry<Facts> {
  readonly item: GroupableItem
  readonly facts: Facts
}
