import type { Coding, NhsNumber, Patient, Resource } from '@chesil/fhir'

/**
 * What one source said about one person in one message, as UK Core R4: all that the record knows
 * of a source's format ends here.
 *
 * A `snapshot` speaks for whole sections, as far as `sections` says they were returned complete: what
 * it no longer names there is withdrawn. A `delta` speaks for the entries it names and for nothing else.
 */
export interface Contribution {
  readonly mode: 'snapshot' | 'delta'
  /**
   * Names of parts of the source's record for which this contribution speaks whole, also in a delta: an entry
   * of that `part` which it does not name is withdrawn. E.g. a document that replaces its earlier issue.
   */
  readonly wholeParts?: readonly string[]
  /** One for each section that was asked for; empty in a delta. */
  readonly sections: readonly SectionStatement[]
  readonly entries: readonly ContributionEntry[]
  readonly quarantined: readonly QuarantinedItem[]
}

/** Sections of a GP record, as GP Connect divides it. */
export const gpSections = [
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

/** Of a council's record: services and equipment, assessments and reviews, carers and key workers, what to beware of. */
export const socialCareSections = ['services', 'assessments', 'people', 'alerts', 'about-me'] as const

/** Sections of a record as its sources divide it: a hospital's items stand in those of the GP record, and in more. */
export const sections = [
  ...gpSections,
  'demographics',
  'admissions',
  'appointments',
  'procedures',
  ...socialCareSections
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
  /** Instead of a resource: one of several messages that make it up. An item is told one way, always. */
  readonly event?: ItemEvent
  /** Of a deletion: the item never was this person's, so that its earlier wordings are not theirs to read either. */
  readonly erases?: true
  /** Instead of a resource: the source still has the item, unchanged since it was last fetched. */
  readonly isUnchanged?: true
  /** The part of the source's record it belongs to, see `wholeParts`. An item's part never changes. */
  readonly part?: string
  /** Where the item stands in the source's record; a supporting item stands where those that name it do. */
  readonly sections: readonly Section[]
}

/**
 * What one message says of an item that many messages tell of, such as a stay in hospital. The item is the fold
 * of its events in the source's order (`foldEvents` in care-record), whenever each arrives: later ones win,
 * element by element.
 */
export interface ItemEvent {
  /** `resourceType`, `id`, `meta` and whatever else is the same in each of its events. */
  readonly base: Resource
  /** What kind of event, for `cancels`; e.g. `admission`, `transfer`, `discharge`, `update`. */
  readonly kind: string
  /** FHIR dateTime: when it happened; periods of histories begin and end with it. */
  readonly at?: string
  /** Elements by path (names joined by dots, through objects only), and the values they take. */
  readonly set: Readonly<Record<string, unknown>>
  /** Paths that have no value any more. */
  readonly clear?: readonly string[]
  /** Values that join a list; one that is there already does not come twice. */
  readonly add?: Readonly<Record<string, readonly unknown[]>>
  /** Values that leave a list. */
  readonly drop?: Readonly<Record<string, readonly unknown[]>>
  /** The latest event of this kind before this one never happened. */
  readonly cancels?: string
  /**
   * Where the element at `path` already has one of these values, the event is told late or again: it neither sets nor
   * clears what `keeps` names by path. E.g. an admission of somebody who has been discharged.
   */
  readonly unless?: {
    readonly path: string
    readonly is: readonly unknown[]
    readonly keeps: readonly string[]
  }
  /** The item is withdrawn, with all that was said of it before; a later event makes it anew. */
  readonly deletes?: true
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
 * - `unprocessed-message`: a message of a kind that is not mapped; it is kept
 * - `wrong-patient`: its source says that it reported it for the wrong person
 * - `other-demographics`: the message names the person's NHS number, and a first name or birth date that is not theirs
 * - `other-nhs-number`: the message names another NHS number than the one the source's patient is known by
 * - `identity-conflict`: it would make one person of two whom PDS knows as two
 */
export type QuarantineReason =
  | 'other-subject'
  | 'no-subject'
  | 'owned-by-another-person'
  | 'invalid'
  | 'unprocessed-message'
  | 'wrong-patient'
  | 'other-demographics'
  | 'other-nhs-number'
  | 'identity-conflict'

/**
 * Why a whole answer was refused, so that nothing of it is used.
 *
 * - `wrong-person`: it is about another NHS number, or its demographics are not this person's
 * - `no-person`: it does not say whom it is about, or says so twice
 * - `not-a-record`: it is not the kind of message that was asked for, or cannot be read
 * - `denied`: its source does not share such content
 */
export type RefusalReason = 'wrong-person' | 'no-person' | 'not-a-record' | 'denied'

/** What a mapper makes of one message. */
export type Mapped =
  | { readonly outcome: 'mapped'; readonly contribution: Contribution }
  | { readonly outcome: 'refused'; readonly reason: RefusalReason }

/**
 * Whom a message that came unasked says it is about, in its sender's words. Applying decides who that is.
 */
export interface ClaimedSubject {
  /**
   * The sender's own number of the person; where it gives none, the NHS number it claims, under a system of the
   * sender's. Chesil's id of whom it names follows from it (`personIdOf` in record-store).
   */
  readonly local: LocalIdentifier
  /** Passes the check digit, and is not traced. */
  readonly nhsNumber?: NhsNumber
  /** YYYY-MM-DD */
  readonly birthDate?: string
  readonly family?: string
  readonly given?: readonly string[]
  readonly gender?: Patient['gender']
}

/** A number by which one source, or the organisation behind it, knows a person. */
export interface LocalIdentifier {
  /** URI */
  readonly system: string
  readonly value: string
}

/**
 * What a message says of its sender's own numbers. What was said later counts, whatever arrives first.
 *
 * - `merge`: `from` is the same person as `into`, and is not used any more
 * - `link`, `unlink`: both go on being used, for one person; or no longer so
 * - `move-visit`: a stay and what belongs to it was recorded under `from`, and is `into`'s
 */
export type IdentityStatement =
  | {
      readonly kind: 'merge' | 'link' | 'unlink'
      readonly from: LocalIdentifier
      readonly into: LocalIdentifier
    }
  | {
      readonly kind: 'move-visit'
      readonly from: LocalIdentifier
      readonly into: LocalIdentifier
      /** `sourceResourceId` of the Encounter. */
      readonly visit: string
    }

/** A file that comes with a message: it is stored beside the record, and `Binary/{id}` serves it. */
export interface MessageDocument {
  /** Of the entry of type Binary that stands for it. */
  readonly sourceResourceId: string
  /** As the source says; e.g. `application/pdf`. */
  readonly contentType: string
  readonly base64: string
}

/** What one message says about one person. */
export interface MessagePart {
  readonly subject: ClaimedSubject
  /** A delta: a message speaks of what it names. */
  readonly contribution: Contribution
  readonly identity: readonly IdentityStatement[]
  readonly documents: readonly MessageDocument[]
  /** Where the parts of one message were said at several times: in place of the message's own `sourceTime`. */
  readonly sourceTime?: string
  /** In place of the message's own `sourceSequence`; fits 32 bits with a sign. */
  readonly sourceSequence?: number
}

/** What a mapper makes of one message that came unasked. */
export type MappedMessage =
  | {
      readonly outcome: 'mapped'
      /** The source's own order: when it recorded what it says, ISO instant, and what comes after what at one time. */
      readonly sourceTime: string
      readonly sourceSequence: number
      /** One for each person that it is about. */
      readonly parts: readonly MessagePart[]
    }
  | { readonly outcome: 'refused'; readonly reason: RefusalReason }

/** Tags in `meta.tag` (system `chesil.itemTag`) with which an item says what a reader must know of it. */
export const itemTags = {
  degraded: { code: 'degraded', display: 'A code or date could not be read; see the text' },
  sourceClaim: {
    code: 'source-claim',
    display: 'The person as this source knows them; PDS decides who they are'
  },
  unverified: { code: 'unverified', display: 'Not verified with PDS: the person as one source knows them' },
  formerPractice: { code: 'former-practice', display: 'Said by a practice the person has since left' }
} as const satisfies Record<string, Coding>
