import type { ContributionEntry, MessageDocument } from '@chesil/contracts'
import type { MessageBody } from '../message-body.ts'

/** One body of several. An item that stands in more than one, such as a specimen of two orders, is there once. */
export function joinBodies(bodies: readonly MessageBody[]): MessageBody {
  const entries = new Map<string, ContributionEntry>()
  const documents = new Map<string, MessageDocument>()
  for (const body of bodies) {
    for (const entry of body.entries) entries.set(`${entry.resourceType} ${entry.sourceResourceId}`, entry)
    for (const document of body.documents) documents.set(document.sourceResourceId, document)
  }
  return {
    entries: [...entries.values()],
    quarantined: bodies.flatMap(({ quarantined }) => quarantined),
    documents: [...documents.values()],
    wholeParts: bodies.flatMap(({ wholeParts }) => wholeParts ?? [])
  }
}
