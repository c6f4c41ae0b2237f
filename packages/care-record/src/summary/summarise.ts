import { type Coding, chesil, type Resource } from '@chesil/fhir'
import { gapsOf } from '../absence/gaps.ts'
import { findNilStatement } from '../absence/nil-statement.ts'
import { type SectionState, type ShownItem, sectionState } from '../absence/section-state.ts'
import { speakersOf } from '../absence/speakers.ts'
import { absentEntry } from './absent-entry.ts'
import { type ChosenSection, chooseItems } from './choose-items.ts'
import { type ComposedSection, composition } from './composition.ts'
import { isOver } from './is-over.ts'
import { type FindResource, itemWords } from './item-words.ts'
import { keepers } from './keepers.ts'
import type { RecordItem } from './record-item.ts'
import { reachOf } from './section-definition.ts'
import { sectionNarrative } from './section-narrative.ts'
import type { DocumentEntry, SummaryDocument, SummaryInput } from './summary-input.ts'
import { withNarrative } from './with-narrative.ts'
import { withinDocument } from './within-document.ts'

/**
 * The summary of a record as an International Patient Summary: one document that stands by itself. It holds what its
 * sections show, the products of the medicines among it, and nothing else.
 *
 * @see https://hl7.org/fhir/uv/ips/STU1.1/
 * @see https://hl7.org/fhir/R4/documents.html
 */
export function summarise(input: SummaryInput): SummaryDocument {
  const chosen = chooseItems(input.items, input.groups, input.find, input.asAt)
  const sections = chosen.flatMap((section) => composeSection(section, input))
  const shown = [...new Map(sections.flatMap(({ items }) => items).map((item) => [item.key, item])).values()]
  const products = shown.flatMap(({ resource }) => productOf(resource, input) ?? [])
  const person = `Patient/${input.patient.id}`
  const inside = [input.patient, ...shown.map(({ resource }) => resource), ...products]
  const holds = new Set(inside.map(keyOf))
  const unique = [...new Map(inside.map((resource) => [keyOf(resource), resource])).values()]
  const record = unique.map((resource) => recordEntry(resource, holds, input))
  const { entries: own, author, custodian } = keepers(input)
  const isConfidential = shown.some(({ key }) => input.labelled.has(key))
  const head = composition({ sections, person, author, custodian, isConfidential }, input)
  const absent = sections.flatMap((section) => section.absent ?? [])
  const made = [...absent.map(toEntry), ...own]
  return {
    id: input.newId(),
    timestamp: input.now,
    security: distinctCodings(shown.flatMap(({ resource }) => resource.meta?.security ?? [])),
    entries: [toEntry(head), ...record, ...made],
    count: record.length
  }
}

function composeSection(chosen: ChosenSection, input: SummaryInput): ComposedSection[] {
  const { definition, parts, all } = chosen
  if (definition.isOptional && all.length === 0) return []
  const items = parts.flatMap(({ shown }) => shown).flatMap(({ lead, differing }) => [lead, ...differing])
  const state = stateOf(chosen, input)
  const needsEntry =
    definition.required !== undefined && state.code !== 'content' && state.code !== 'conflict'
  const absent = needsEntry
    ? absentEntry(definition.required, state, { id: input.newId(), patient: `Patient/${input.patient.id}` })
    : undefined
  const nameOf = namesOf(input)
  const narrative = sectionNarrative(chosen, state, { nameOf, find: input.find })
  return [{ definition, state, narrative, items, ...(absent && { absent }) }]
}

/** All that stands in the section counts, also what is left out for its number. */
function stateOf({ definition, all }: ChosenSection, input: SummaryInput): SectionState {
  const { of } = definition
  const gaps = gapsOf({
    of,
    mayRead: reachOf(definition, input.mayRead),
    general: input.completeness.general,
    speakers: input.speakers
  })
  const lists = input.items.filter(({ resource }) => resource.resourceType === 'List')
  const stated = lists.filter(({ resource }) =>
    of.some((section) => section === findNilStatement(resource)?.section)
  )
  const shown = [...all.flatMap(({ lead, differing }) => [lead, ...differing]), ...stated]
  const answered = speakersOf(input.speakers, of).map(({ statement }) => statement)
  return sectionState(
    shown.map((item) => toShown(item, input)),
    gaps,
    answered
  )
}

function toShown({ resource, sourceId }: RecordItem, { completeness, asAt }: SummaryInput): ShownItem {
  const statement = completeness.sources.find((one) => one.sourceId === sourceId)
  const nil = findNilStatement(resource)
  return {
    source: statement?.name ?? sourceId,
    ...(statement?.asAt !== undefined && { asAt: statement.asAt }),
    ...(nil && { nil: nil.reach }),
    isOver: isOver(resource, asAt),
    isFormer: statement?.relation === 'former'
  }
}

const namesOf =
  ({ completeness }: SummaryInput) =>
  (sourceId: string): string =>
    completeness.sources.find((one) => one.sourceId === sourceId)?.name ?? sourceId

function productOf(resource: Resource, { find }: SummaryInput): Resource | undefined {
  const { medicationReference } = resource as {
    readonly medicationReference?: { readonly reference?: string }
  }
  return medicationReference && find(medicationReference.reference ?? '')
}

function recordEntry(resource: Resource, holds: ReadonlySet<string>, input: SummaryInput): DocumentEntry {
  const { baseUrl, find } = input
  const words = itemWords(resource, find)
  const describe = (key: string) => label(find(key), find)
  const told = withNarrative(resource, words, sourceNameOf(resource, input))
  const closed = withinDocument(told, { holds, describe, baseUrl })
  const key = keyOf(resource)
  return { fullUrl: `${baseUrl}/${key}`, resource: closed, ...(closed === resource && { asKept: key }) }
}

function sourceNameOf({ meta }: Resource, { completeness }: SummaryInput): string | undefined {
  const code = meta?.tag?.find(({ system }) => system === chesil.source)?.code
  return completeness.sources.find(({ sourceId }) => sourceId === code)?.name
}

/** As `Reference.display`, in which FHIR has no spaces but plain ones. */
function label(resource: Resource | undefined, find: FindResource): string | undefined {
  if (!resource) return undefined
  const { what, details } = itemWords(resource, find)
  const text = [what, details[0]].filter((part) => part).join(' ')
  return text.replace(/\s+/g, ' ').trim() || undefined
}

/** What is made for the document has no address but its own id. */
const toEntry = (resource: Resource): DocumentEntry => ({
  fullUrl: `urn:uuid:${resource.id}`,
  resource
})

const keyOf = ({ resourceType, id }: Resource): string => `${resourceType}/${id}`

const distinctCodings = (codings: readonly Coding[]): readonly Coding[] => [
  ...new Map(codings.map((coding) => [`${coding.system}|${coding.code}`, coding])).values()
]
