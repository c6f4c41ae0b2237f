import type { ContributionEntry, Section } from '@chesil/contracts'
import type { Coding, Narrative, Resource } from '@chesil/fhir'
import { contentOf, fingerprint } from '../fingerprint.ts'
import { itemMeta } from '../item-meta.ts'
import type { Json } from '../json.ts'
import { toDiv } from '../paragraphs.ts'
import { labelled, toSecurity } from '../sensitive-words.ts'
import type { Document } from './document.ts'
import type { Labels } from './labels.ts'

/** A resource without what follows from where it comes to stand. */
export interface Draft {
  readonly resourceType: Resource['resourceType']
  /** What tells it from its like in the document, and stays the same in the next issue. */
  readonly key: string
  readonly sections: readonly Section[]
  readonly labels?: Labels
  readonly isDegraded?: boolean
  readonly body: object
}

/** Answers that have no element of their own, as they were asked. */
export const toNarrative = (lines: readonly string[]): Narrative | undefined =>
  lines.length === 0 ? undefined : { status: 'additional', div: toDiv(lines) }

/** Of the record's part that a document is: see `wholeParts` of a contribution. */
export const partOf = (documentName: string): string => `questionnaire/${documentName}`

/**
 * Each under a name that follows from what it says, not from where it stands. What is said twice is one; of those that
 * one key does not tell apart each is named by all its content.
 */
export function draftsToEntries(drafts: readonly Draft[], document: Document): ContributionEntry[] {
  const named = new Map<string, Draft>()
  for (const alike of Map.groupBy(drafts, toName).values()) {
    const byContent = new Map(alike.map((draft) => [contentOf(draft.body as Json), draft]))
    for (const [content, draft] of byContent) {
      const name = toName(draft)
      named.set(byContent.size === 1 ? name : `${name}~${fingerprint(content)}`, draft)
    }
  }
  return [...named]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, draft]) => toEntry(draft, `${document.name}|${name}`, document))
}

const toName = ({ resourceType, key, labels = [] }: Draft): string =>
  `${resourceType}/${fingerprint(`${labels.join('+')}|${key}`)}`

function toEntry(draft: Draft, sourceResourceId: string, document: Document): ContributionEntry {
  const { resourceType, sections, labels, isDegraded, body } = draft
  const meta = itemMeta(document.context.source, resourceType, sections, isDegraded ? ['degraded'] : [])
  const security = securityOf(labels, document)
  const resource = labelled({
    resourceType,
    id: document.context.resourceId(resourceType, sourceResourceId),
    meta: security.length > 0 ? { ...meta, security } : meta,
    ...body
  } as Resource)
  return { resourceType, sourceResourceId, resource, part: partOf(document.name), sections }
}

/** The source's labels hold for all of its document. */
export const securityOf = (labels: Labels = [], { security }: Document): Coding[] => [
  ...security,
  ...toSecurity(labels)
]
