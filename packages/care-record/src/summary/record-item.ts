import type { Resource } from '@chesil/fhir'

/** One resource of the record as the reader may see it. */
export interface RecordItem {
  /** `Type/id` */
  readonly key: string
  readonly resource: Resource
  readonly sourceId: string
  /** Where it stands in its source's record. */
  readonly sections: readonly string[]
}
