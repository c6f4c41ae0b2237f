import type { Coding } from '@chesil/fhir'
import type { BundleEntry } from '../itk3/bundle-entries.ts'
import type { MessageContext } from '../message-context.ts'
import type { CareEntry } from './care-entries.ts'
import type { Labels } from './labels.ts'
import type { Question } from './question.ts'
import type { PrsbContent } from './read-prsb.ts'
import type { Section } from './sections.ts'

/** A response and whose it is, with all that its parts are mapped by. */
export interface Document {
  readonly content: PrsbContent
  readonly context: MessageContext
  /** What it is called through all its issues. */
  readonly name: string
  /** Absent where a number is all that is said of the person. */
  readonly patient: BundleEntry | undefined
  /** Chesil's id of the person. */
  readonly personId: string
  /** The day in London on which it came, YYYY-MM-DD. */
  readonly today: string
  readonly sections: readonly Section[]
  /** Those of plans, people and services without what has a label. */
  readonly entries: readonly CareEntry[]
  /** Questions that not every reader may see, with all beneath them. */
  readonly labels: ReadonlyMap<Question, Labels>
  /** Labels that its source gave to all of it. */
  readonly security: readonly Coding[]
}
