import type { Coding, Resource } from '@chesil/fhir'

/**
 * What one source said about one person in one message, as UK Core R4: all that the record knows
 * of a source's format ends here.
 *
 * A `snapshot` speaks for whole sections, as far as `sections` says they were returned complete: what
 * it no longer names there is withdrawn. A `delta` speaks for the entries it names and for nothing else.
 */
export interface Contribution {
  readonly mode: 'snapshot' | 'delta'
  /** One for each section that was asked for; empty in a delta. */
  readonly sections: readonly SectionStatement[]
  readonly entries: readonly ContributionEntry[]
  readonly quarantined: readonly QuarantinedItem[]
}

/** Sections of a record as one source divides it. GP Connect has these ten. */
export const sections = [
  'allergies',
  'medications',
  'problems',
  'consultations',
  'immunisations',
  'uncategorised',
  'investigations',
  'referrals',
  'diary',
  'documents'
] as const
export type Section = (typeof sections)[number]

/**
 * - `returned`: with content
 * - `empty`: asked for, and the source says it has nothing
 * - `unsupported`: the source cannot say (or has switched this section off)
 * - `not-returned`: asked for, and the answer is silent about it
 */
export type SectionState = 'returned' | 'empty' | 'unsupported' | 'not-returned'

export interface SectionStatement {
  readonly section: Section
  readonly state: SectionState
  readonly warnings: readonly SectionWarning[]
  /**
   * Whether the source speaks for the whole section, so that what it no longer names is withdrawn.
   * False for an unsupported or unreturned section, and while a record is still in transit.
   */
  readonly complete: boolean
}

export interface SectionWarning {
  /**
   * The source's own code where we know it: `confidential-items`, `data-in-transit`, `data-awaiting-filing`.
   * `demographics-differ` is ours: the source knows the person by another name or sex than PDS.
   */
  readonly code: string
  /** The source's own words, or ours where the code is ours; may be empty. */
  readonly text: string
}

export interface ContributionEntry {
  readonly resourceType: Resource['resourceType']
  /** The item's name at its source, unique there by type. Minted from content where the source gives none. */
  readonly sourceResourceId: string
  /** Absent in a delta's deletion. Its `id` is Chesil's, its `subject` is `Patient/{Chesil's id}`. */
  readonly resource?: Resource
  /** Where the item stands in the source's record; a supporting item stands where those that name it do. */
  readonly sections: readonly Section[]
}

/**
 * An item that was not let into the record, and why. The reader is told how many, in which section,
 * and whom to ring.
 */
export interface QuarantinedItem {
  readonly reason: QuarantineReason
  readonly resourceType: string
  /** Absent where the source gave none. */
  readonly sourceResourceId?: string
  readonly sections: readonly Section[]
  /** FHIRPath in the source's own resource; never its content. */
  readonly expression?: string
}

/**
 * - `other-subject`: it names another person as its subject
 * - `no-subject`: it must name its subject and does not
 * - `owned-by-another-person`: the source has already said that this item is somebody else's
 * - `invalid`: not a FHIR resource, even reduced to its text
 */
export type QuarantineReason = 'other-subject' | 'no-subject' | 'owned-by-another-person' | 'invalid'

/**
 * Why a whole answer was refused, so that nothing of it is used.
 *
 * - `wrong-person`: it is about another NHS number, or its demographics are not this person's
 * - `no-person`: it does not say whom it is about, or says so twice
 * - `not-a-record`: it is not the kind of message that was asked for
 */
export type RefusalReason = 'wrong-person' | 'no-person' | 'not-a-record'

/** What a mapper makes of one message. */
export type Mapped =
  | { readonly outcome: 'mapped'; readonly contribution: Contribution }
  | { readonly outcome: 'refused'; readonly reason: RefusalReason }

/** Tags in `meta.tag` (system `chesil.itemTag`) with which an item says what a reader must know of it. */
export const itemTags = {
  degraded: { code: 'degraded', display: 'A code or date could not be read; see the text' },
  formerPractice: { code: 'former-practice', display: 'Said by a practice the person has since left' }
} as const satisfies Record<string, Coding>
