import type { Coding, Patient, Resource } from '@chesil/fhir'
import type { Speaker } from '../absence/speakers.ts'
import type { Completeness } from '../completeness/completeness.ts'
import type { Conflict, ItemGroup } from '../reconcile/item-group.ts'
import type { FindResource } from './item-words.ts'
import type { RecordItem } from './record-item.ts'

/** All that a summary is made from: what one reader may see of one person, and what is said of the rest. */
export interface SummaryInput {
  readonly patient: Patient
  /** Of `summaryTypes`, and lists that say why they are empty. */
  readonly items: readonly RecordItem[]
  /** Of the same items; what is in no group is not shown. */
  readonly groups: readonly ItemGroup[]
  /** Of the person as a whole, such as two next of kin. */
  readonly conflicts: readonly Conflict[]
  readonly completeness: Completeness
  readonly speakers: readonly Speaker[]
  /** By role and scopes. */
  readonly mayRead: (resourceType: string) => boolean
  /** Any resource that the reader may see, by `Type/id`. */
  readonly find: FindResource
  /** `Type/id` of items whose labels not everybody may see. */
  readonly labelled: ReadonlySet<string>
  /** FHIR base, without a trailing slash. */
  readonly baseUrl: string
  /** ms since 1970: when the document is made. */
  readonly now: number
  /** ms since 1970: of what moment it tells what is current; `now`, unless it is of an earlier one. */
  readonly asAt: number
  /** A fresh UUID. */
  readonly newId: () => string
}

/** One entry of the document. */
export interface DocumentEntry {
  readonly fullUrl: string
  readonly resource: Resource
  /** `Type/id` where the resource is, unchanged, the one of the record: its bytes can be used. */
  readonly asKept?: string
}

export interface SummaryDocument {
  readonly id: string
  /** ms since 1970 */
  readonly timestamp: number
  readonly security: readonly Coding[]
  /** The Composition first, then the person. */
  readonly entries: readonly DocumentEntry[]
  /** How many of them are the record's. */
  readonly count: number
}
