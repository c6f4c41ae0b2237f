import {
  type Contribution,
  type ContributionEntry,
  type QuarantinedItem,
  type Section,
  sections
} from '@chesil/contracts'
import { chesil, type Resource } from '@chesil/fhir'

/**
 * One contribution of what a practice answered at one time by both its interfaces. An item that both name
 * stands in the sections of both; kept apart, each pull would seem to move it to and fro.
 *
 * A document is as the documents interface has it, which tells more; anything else as the structured record
 * has it. What either of them keeps out stays out.
 */
export function joinContributions(structured: Contribution, documents: Contribution): Contribution {
  const quarantined = joinQuarantined([...structured.quarantined, ...documents.quarantined])
  const keptOut = new Set(quarantined.flatMap(({ sourceResourceId = [] }) => sourceResourceId))
  const joined = new Map(structured.entries.map((entry) => [entryKey(entry), entry]))
  for (const entry of documents.entries) {
    const other = joined.get(entryKey(entry))
    joined.set(entryKey(entry), other ? joinEntries(other, entry) : entry)
  }
  return {
    mode: 'snapshot',
    sections: [...structured.sections, ...documents.sections],
    entries: [...joined.values()].filter(({ sourceResourceId }) => !keptOut.has(sourceResourceId)),
    quarantined
  }
}

const entryKey = ({ resourceType, sourceResourceId }: ContributionEntry): string =>
  `${resourceType} ${sourceResourceId}`

/** What both keep out is listed once; of two that have no name neither can be told from the other. */
function joinQuarantined(items: readonly QuarantinedItem[]): readonly QuarantinedItem[] {
  const byName = new Map<unknown, QuarantinedItem>()
  for (const item of items) {
    const { reason, resourceType, sourceResourceId } = item
    byName.set(sourceResourceId === undefined ? item : `${reason} ${resourceType} ${sourceResourceId}`, item)
  }
  return [...byName.values()]
}

function joinEntries(structured: ContributionEntry, documents: ContributionEntry): ContributionEntry {
  const said = structured.resourceType === 'DocumentReference' ? documents : structured
  const where = new Set([...structured.sections, ...documents.sections])
  const inOrder = sections.filter((section) => where.has(section))
  return {
    ...said,
    sections: inOrder,
    ...(said.resource && { resource: withSections(said.resource, inOrder) })
  }
}

function withSections(resource: Resource, where: readonly Section[]): Resource {
  const others = (resource.meta?.tag ?? []).filter(({ system }) => system !== chesil.section)
  const tags = where.map((code) => ({ system: chesil.section, code }))
  return { ...resource, meta: { ...resource.meta, tag: [...others, ...tags] } }
}
