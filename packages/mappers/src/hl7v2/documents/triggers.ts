import type { DocumentReferenceRelatesTo } from '@chesil/fhir'
import triggers from './tables/document-triggers.json' with { type: 'json' }

/** What a trigger of MDM means for its document. */
export interface DocumentTrigger {
  /** Of its events; see `ItemEvent`. */
  readonly kind: string
  /** To the document that TXA-13 names. */
  readonly relation?: DocumentReferenceRelatesTo['code']
  readonly isEdit?: true
  readonly withdraws?: true
}

const known: ReadonlyMap<string, DocumentTrigger> = new Map(
  Object.entries(triggers as Record<string, DocumentTrigger>)
)

/** @returns `undefined` for one that is not handled. */
export const findDocumentTrigger = (event: string): DocumentTrigger | undefined => known.get(event)
