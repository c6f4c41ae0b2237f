import { type CodeableConcept, findDateInterval, type Reference } from '@chesil/fhir'
import type { ItemGroup } from '../reconcile/item-group.ts'
import { isOver } from './is-over.ts'
import { type FindResource, type ItemWords, itemWords } from './item-words.ts'
import type { RecordItem } from './record-item.ts'
import type { PartDefinition, SectionDefinition } from './section-definition.ts'
import { summarySections } from './sections.ts'

/** A group of the record in its place. */
export interface PlacedGroup {
  readonly group: ItemGroup
  readonly lead: RecordItem
  readonly words: ItemWords
  /** ms since 1970: its date; without one, before all time. */
  readonly at: number
  /** Those that say otherwise than the lead: always shown beside it. */
  readonly differing: readonly RecordItem[]
  /** By all of them: what one source still has as current is. */
  readonly isOver: boolean
}

export interface ChosenPart {
  readonly definition: PartDefinition
  readonly shown: readonly PlacedGroup[]
  /** How many there are in all. */
  readonly total: number
}

export interface ChosenSection {
  readonly definition: SectionDefinition
  readonly parts: readonly ChosenPart[]
  /** All that stands in the section, whether it is shown or left out for its number. */
  readonly all: readonly PlacedGroup[]
}

/**
 * Puts each group where its lead belongs, latest first, and leaves out what goes beyond a part's limit.
 *
 * @param now ms since 1970
 */
export function chooseItems(
  items: readonly RecordItem[],
  groups: readonly ItemGroup[],
  find: FindResource,
  now: number
): readonly ChosenSection[] {
  const byKey = new Map(items.map((item) => [item.key, item]))
  const covered = coveredRequests(items, byKey)
  const placed = groups
    .filter(({ lead }) => !covered.has(lead))
    .flatMap((group) => place(group, byKey, find, now))
  const byPart = Map.groupBy(placed.map(toPart), ({ part }) => part)
  return summarySections.map((definition) => {
    const parts = definition.parts.map((part) => {
      const all = (byPart.get(part) ?? []).map(({ placed: one }) => one)
      return { part, all: all.toSorted(latestFirst) }
    })
    return {
      definition,
      parts: parts.map(({ part, all }) => choose(part, all)),
      all: parts.flatMap(({ all }) => all)
    }
  })
}

function place(
  group: ItemGroup,
  byKey: ReadonlyMap<string, RecordItem>,
  find: FindResource,
  now: number
): PlacedGroup[] {
  const lead = byKey.get(group.lead)
  if (!lead) return []
  const differing = group.members
    .filter(({ key, differs }) => differs && key !== group.lead)
    .flatMap(({ key }) => byKey.get(key) ?? [])
  const words = itemWords(lead.resource, find)
  const interval = words.date === undefined ? undefined : findDateInterval(words.date)
  const at = interval?.low ?? Number.NEGATIVE_INFINITY
  const isPast = [lead, ...differing].every(({ resource }) => isOver(resource, now))
  return [{ group, lead, words, at, differing, isOver: isPast }]
}

const definedParts = summarySections.flatMap(({ parts }) => parts)

const toPart = (placed: PlacedGroup) => ({
  placed,
  part: definedParts.find(({ takes }) => takes(placed.lead, placed.isOver))
})

/** A plan or an order of a medicine that is shown says nothing more here; one of no medicine stands for itself. */
function coveredRequests(
  items: readonly RecordItem[],
  byKey: ReadonlyMap<string, RecordItem>
): ReadonlySet<string> {
  const ofMedicines = items.flatMap(({ resource }) =>
    resource.resourceType === 'MedicationStatement' ? keysOf(resource.basedOn) : []
  )
  const orders = items.filter(
    ({ resource }) =>
      resource.resourceType === 'MedicationRequest' &&
      keysOf(resource.basedOn).some((plan) => byKey.has(plan))
  )
  return new Set([...ofMedicines, ...orders.map(({ key }) => key)])
}

const keysOf = (references: readonly Reference[] | undefined): readonly string[] =>
  (references ?? []).flatMap(({ reference }) => reference ?? [])

function choose(definition: PartDefinition, all: readonly PlacedGroup[]): ChosenPart {
  const candidates = definition.isLatestByCode ? latestByCode(all) : all
  return { definition, shown: candidates.slice(0, definition.limit), total: all.length }
}

/** What cannot be told apart by a code or a text counts by itself. */
const latestByCode = (sorted: readonly PlacedGroup[]): readonly PlacedGroup[] =>
  [...new Map(sorted.map((one) => [codeOf(one), one] as const).reverse()).values()].toSorted(latestFirst)

function codeOf({ lead }: PlacedGroup): string {
  const { code } = lead.resource as { readonly code?: CodeableConcept }
  const [coding] = code?.coding ?? []
  if (coding?.code !== undefined) return `${coding.system}|${coding.code}`
  return code?.text ?? lead.key
}

/** Without a date last; in the order of their keys where nothing else tells. */
function latestFirst(a: PlacedGroup, b: PlacedGroup): number {
  if (a.at !== b.at) return a.at > b.at ? -1 : 1
  return a.lead.key < b.lead.key ? -1 : a.lead.key > b.lead.key ? 1 : 0
}
