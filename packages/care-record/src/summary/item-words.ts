import type { Resource } from '@chesil/fhir'
import { careWords } from './care-words.ts'
import { clinicalWords } from './clinical-words.ts'

/** One item in words. */
export interface ItemWords {
  readonly what: string
  readonly details: readonly string[]
  /** A few words, as its source has it: `active`, `in progress`. */
  readonly status?: string
  /** FHIR dateTime: when it happened or began. */
  readonly date?: string
}

/** What of another resource is needed to name one: the product of a medicine. */
export type FindResource = (key: string) => Resource | undefined

/** An item of which nothing can be said is still named. */
export function itemWords(resource: Resource, find: FindResource): ItemWords {
  const words = clinicalWords(resource, find) ?? careWords(resource)
  return words ?? { what: resource.resourceType, details: [] }
}
