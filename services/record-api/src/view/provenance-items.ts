import {
  hasProvenance,
  indexResource,
  type ProvenanceSource,
  pdsSourceId,
  provenanceOf
} from '@chesil/care-record'
import type { SourceCatalogue } from '@chesil/contracts'
import type { Resource } from '@chesil/fhir'
import { packItems, type UnpackedItem, unpack, type ViewItem } from './view-item.ts'

/** What the Provenance of an item is made with, besides the item. */
export interface ProvenanceContext {
  readonly catalogue: SourceCatalogue
  readonly baseUrl: string
}

/**
 * The Provenance of each item that has one, made of the item as it is shown: whoever is shown the one may be shown
 * the other, and nobody else.
 */
export function provenanceItems(
  shown: readonly ViewItem[],
  { catalogue, baseUrl }: ProvenanceContext
): readonly ViewItem[] {
  const unpacked = shown.flatMap((item) =>
    hasProvenance(item.resourceType) ? [toProvenance(item, sourceOf(item.sourceId, catalogue))] : []
  )
  return packItems(unpacked, baseUrl).items
}

function toProvenance(item: ViewItem, source: ProvenanceSource): UnpackedItem {
  const provenance = provenanceOf(JSON.parse(item.body.toString()) as Resource, source)
  const { resourceType } = provenance
  return {
    ...unpack(item),
    resourceType,
    isAsKept: false,
    sections: [],
    readIndex: () => indexResource(provenance, []),
    text: JSON.stringify(provenance)
  }
}

function sourceOf(sourceId: string, { sources }: SourceCatalogue): ProvenanceSource {
  if (sourceId === pdsSourceId) return { name: 'Personal Demographics Service' }
  const source = sources.find(({ id }) => id === sourceId)
  // One that has left the catalogue is still the one that said it.
  return source ? { name: source.name, odsCode: source.odsCode } : { name: sourceId }
}
