import {
  type Completeness,
  emptyLists,
  type ShownOfRecord,
  type Speaker,
  sectionsSpokenFor
} from '@chesil/care-record'
import type { SourceCatalogue } from '@chesil/contracts'
import type { List } from '@chesil/fhir'
import type { PersonAnswerFacts } from '../person/gather-facts.ts'
import type { Selection } from './selection.ts'
import type { ViewItem } from './view-item.ts'

/** Each source with the sections for which it speaks whole. */
export function speakersIn({ sources }: Completeness, catalogue: SourceCatalogue): readonly Speaker[] {
  const known = new Map(catalogue.sources.map((source) => [source.id, source]))
  return sources.map((statement) => ({
    statement,
    sections: sectionsSpokenFor(known.get(statement.sourceId))
  }))
}

/** Of lists only those that say why they are empty say something of a section. Of other items the index is not read. */
export const isEmptyList = (item: Pick<ViewItem, 'resourceType' | 'hasToken'>): boolean =>
  item.resourceType === 'List' && item.hasToken('empty-reason')

/** What an ETag tells apart, and the times that a text names. */
export const saidOf = ({ key, completeness }: PersonAnswerFacts): string =>
  JSON.stringify([key, completeness.sources.map(({ asAt, attemptAt }) => [asAt, attemptAt])])

const kept = new WeakMap<Selection, { readonly said: string; readonly lists: readonly List[] }>()

/** The sections of which this reader is shown nothing, and why. Made once for as long as the sources stand as they do. */
export function emptySectionsOf(
  facts: PersonAnswerFacts,
  catalogue: SourceCatalogue,
  mayRead: (resourceType: string) => boolean
): readonly List[] {
  const { selection, completeness, state } = facts
  const said = saidOf(facts)
  const before = kept.get(selection)
  if (before?.said === said) return before.lists
  const lists = emptyLists({
    patientId: state.patientId,
    shown: shownOf(selection),
    general: completeness.general,
    speakers: speakersIn(completeness, catalogue),
    mayRead
  })
  kept.set(selection, { said, lists })
  return lists
}

const known = new WeakMap<Selection, ShownOfRecord>()

/** Once for each selection; of its items only a few lists are parsed. */
function shownOf(selection: Selection): ShownOfRecord {
  const before = known.get(selection)
  if (before) return before
  const shown = {
    types: new Set<string>(),
    standing: new Set<string>(),
    lists: [] as ShownOfRecord['lists'][number][]
  }
  // The same few arrays stand on thousands of items.
  const seen = new Set<readonly string[]>()
  for (const item of selection.items) {
    shown.types.add(item.resourceType)
    if (isEmptyList(item)) shown.lists.push({ list: item.readResource(), sourceId: item.sourceId })
    if (item.resourceType === 'List' || seen.has(item.sections)) continue
    seen.add(item.sections)
    for (const section of item.sections) shown.standing.add(section)
  }
  known.set(selection, shown)
  return shown
}
