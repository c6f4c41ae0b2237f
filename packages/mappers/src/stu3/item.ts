import type { QuarantineReason, Section } from '@chesil/contracts'
import type { Resource } from '@chesil/fhir'
import type { Json } from '../json.ts'
import type { Stu3Context } from './context.ts'
import type { SectionSet } from './section-set.ts'
import type { Person } from './subject.ts'

/** One resource of the answer on its way to R4. */
export interface Item {
  /** As the source says it (STU3); `Resource` where it does not. */
  readonly type: string
  readonly source: Json
  readonly answer: Answer
  /** Absent for a type that we do not know. */
  readonly kind: Kind | undefined
  readonly sourceResourceId: string
  /** Chesil's id; for one that stays inside its container, its id there. */
  readonly id: string
  /** The item that contains this one. */
  readonly container: Item | undefined
  /** It stays inside its container. Those that do not become entries of their own. */
  readonly inside: boolean
  /** Set when it is kept out of the record. */
  readonly withheld: Withheld | undefined
  /** Sentences for the reader about what could not be read. Any of them marks the item as degraded. */
  readonly unread: string[]
  readonly links: Link[]
  /** The resources inside this one that it refers to: R4 lets no other be contained. */
  readonly insiders: Set<Item>
  sections: SectionSet
}

export interface Withheld {
  readonly reason: QuarantineReason
  /** FHIRPath in the source's own resource. */
  readonly expression?: string
}

/** `to` stands in the sections that the item stands in, or in those of them that are among `only`. */
export interface Link {
  readonly to: Item
  readonly only?: SectionSet
}

/** What can be looked up while the items of one answer are mapped. */
export interface Answer {
  readonly context: Stu3Context
  readonly person: Person
  /** Source ids of Patients that items of this answer named as their subject and that are somebody else. */
  readonly strangers: ReadonlySet<string>
  /** The day of the request in London, as a FHIR date. */
  readonly asAtDay: string
  /** In the order of the answer; what is contained follows its container. */
  readonly items: readonly Item[]
  /**
   * By `Type/id`, by `{container's sourceResourceId}#id`, by `entry.fullUrl` and by id alone; `undefined` for a
   * name that items of several types share.
   */
  readonly named: ReadonlyMap<string, Item | undefined>
  /** What the list of ended allergies contains or names. */
  readonly endedAllergies: ReadonlySet<Item>
  /** The day of the latest issue of each plan that has been issued, as a FHIR date. */
  readonly lastIssues: ReadonlyMap<Item, string>
}

/** How one STU3 resource type becomes R4. */
export interface Kind {
  readonly r4Type: Resource['resourceType']
  /**
   * - `clinical`: the person's; it must name them as its subject
   * - `list`: likewise, but its id is only unique within the person's record
   * - `shared`: people and things of the practice that occur in many persons' records
   * - `patient`: the practice's own idea of the person
   */
  readonly role: 'clinical' | 'list' | 'shared' | 'patient'
  /** Where an item stands that no list reaches. */
  readonly home?: (source: Json) => Section
  /** Without `id` and `meta`. */
  readonly map: (source: Json, item: Item) => Resource
}
