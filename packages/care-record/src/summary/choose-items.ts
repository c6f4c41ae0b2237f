import { type CodeableConcept, findDateInterval, type MedicationRequest, type Reference } from '@chesil/fhir'
import { isVague } from '../reconcile/concept.ts'
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
  const covered = coveredRequests(items, byKey, now)
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
  const isPastByLead = isOver(lead.resource, now)
  const members = group.members.flatMap(({ key, differs }) => {
    const item = key === group.lead ? undefined : byKey.get(key)
    // A plan that belongs to a medicine ends by itself.
    const isLike = item?.resource.resourceType === lead.resource.resourceType
    return item && isLike ? [{ item, differs, isPast: isOver(item.resource, now) }] : []
  })
  // That one is over by now and another is not is told, whatever they were when they were compared.
  const differing = members
    .filter(({ differs, isPast }) => differs || isPast !== isPastByLead)
    .map(({ item }) => item)
  const words = itemWords(lead.resource, find)
  const interval = words.date === undefined ? undefined : findDateInterval(words.date)
  const at = interval?.low ?? Number.NEGATIVE_INFINITY
  const isPast = isPastByLead && members.every((member) => member.isPast)
  return [{ group, lead, words, at, differing, isOver: isPast }]
}

const definedParts = summarySections.flatMap(({ parts }) => parts)

const toPart = (placed: PlacedGroup) => ({
  placed,
  part: definedParts.find(({ takes }) => takes(placed.lead, placed.isOver))
})

/**
 * A plan or an order of a medicine that is shown says nothing more here; one of no medicine stands for itself, and so
 * does one that goes on where what it belongs to is over.
 */
function coveredRequests(
  items: readonly RecordItem[],
  byKey: ReadonlyMap<string, RecordItem>,
  now: number
): ReadonlySet<string> {
  const requestOf = (key: string): MedicationRequest | undefined => {
    const resource = byKey.get(key)?.resource
    return resource?.resourceType === 'MedicationRequest' ? resource : undefined
  }
  const goesOn = (request: MedicationRequest | undefined) => request !== undefined && !isOver(request, now)
  const ofMedicines = items.flatMap(({ resource }) => {
    if (resource.resourceType !== 'MedicationStatement') return []
    const isPast = stopped.has(resource.status) || isOver(resource, now)
    return keysOf(resource.basedOn).filter((key) => !(isPast && goesOn(requestOf(key))))
  })
  const orders = items.flatMap(({ key, resource }) => {
    if (resource.resourceType !== 'MedicationRequest' || resource.intent === 'plan') return []
    const plans = keysOf(resource.basedOn).flatMap((plan) => requestOf(plan) ?? [])
    const isCovered = plans.some((plan) => plan.intent === 'plan' && (goesOn(plan) || !goesOn(resource)))
    return isCovered ? [key] : []
  })
  return new Set([...ofMedicines, ...orders])
}

const stopped: ReadonlySet<string> = new Set(['entered-in-error', 'stopped', 'completed', 'not-taken'])

const keysOf = (references: readonly Reference[] | undefined): readonly string[] =>
  (references ?? []).flatMap(({ reference }) => reference ?? [])

function choose(definition: PartDefinition, all: readonly PlacedGroup[]): ChosenPart {
  const candidates = definition.isLatestByCode ? latestByCode(all) : all
  return { definition, shown: candidates.slice(0, definition.limit), total: all.length }
}

/** What cannot be told apart by a code or a text counts by itself. What was an error stands only where nothing else does. */
function latestByCode(sorted: readonly PlacedGroup[]): readonly PlacedGroup[] {
  const best = [...sorted.filter(({ isOver }) => !isOver), ...sorted.filter((one) => one.isOver)]
  return [...new Map(best.map((one) => [codeOf(one), one] as const).reverse()).values()].toSorted(latestFirst)
}

function codeOf({ lead }: PlacedGroup): string {
  const { code } = lead.resource as { readonly code?: CodeableConcept }
  const [coding] = code?.coding ?? []
  if (coding?.code === undefined) return code?.text ?? lead.key
  // A code lost in a transfer says nothing: the words beside it do.
  return `${coding.system}|${coding.code}${isVague(coding.code) ? `|${code?.text ?? lead.key}` : ''}`
}

/** Without a date last; in the order of their keys where nothing else tells. */
function latestFirst(a: PlacedGroup, b: PlacedGroup): number {
  if (a.at !== b.at) return a.at > b.at ? -1 : 1
  return a.lead.key < b.lead.key ? -1 : a.lead.key > b.lead.key ? 1 : 0
}
