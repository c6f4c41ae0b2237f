import { findEventDate } from '../event-date.ts'
import { indexByName } from '../references.ts'
import { endedAllergies, primaryLists } from '../sections.ts'
import {
  type CodeableConcept,
  concept,
  gpcExtension,
  type ListEntry,
  nhsCodeSystem,
  profiled,
  type Reference,
  referTo,
  type Stu3Resource,
  sct,
  secondaryListSystem
} from '../stu3.ts'
import type { Draft } from './draft.ts'
import { listTitle } from './linked-lists.ts'

/** How many entries `primaryListsOf` makes. */
export const primaryListEntries = primaryLists.length + 1

/** One list for each section, empty or not, and that of the ended allergies, which contains them. */
export function primaryListsOf(draft: Draft): Stu3Resource[] {
  const byName = indexByName(draft.entries)
  const lists = primaryLists.map(({ section, code, display }) =>
    topLevelList(draft, {
      title: display,
      code: sct({ code, display }),
      entry: latestFirst(draft.listed.get(section) ?? [], byName)
    })
  )
  const ended = topLevelList(draft, {
    title: endedAllergies.display,
    code: sct(endedAllergies),
    entry: draft.ended.map(({ id }) => ({ item: { reference: `#${id}` } }))
  })
  const contained = draft.ended.length > 0 ? { ...ended, contained: draft.ended } : ended
  return [...lists, contained]
}

/** One list for each kind of item that a consultation or a problem links to; none of them is empty. */
export function secondaryListsOf(draft: Draft): Stu3Resource[] {
  return [...draft.linked].map(([code, items]) =>
    topLevelList(draft, {
      title: listTitle(code),
      code: concept(secondaryListSystem, code, listTitle(code)),
      entry: items.map((item) => ({ item }))
    })
  )
}

function latestFirst(items: readonly Reference[], byName: ReadonlyMap<string, Stu3Resource>): ListEntry[] {
  const dated = items.map((item) => ({ item, day: findEventDate(byName.get(item.reference)) ?? '' }))
  dated.sort((one, other) => Number(one.day < other.day) - Number(one.day > other.day))
  return dated.map(({ item }) => ({ item }))
}

function topLevelList(
  { patient, asAt }: Pick<Draft, 'patient' | 'asAt'>,
  { title, code, entry }: { title: string; code: CodeableConcept; entry: readonly ListEntry[] }
): Stu3Resource {
  return {
    resourceType: 'List',
    meta: profiled('CareConnect-GPC-List-1'),
    extension: [
      {
        url: gpcExtension('ClinicalSetting'),
        valueCodeableConcept: sct({ code: '1060971000000108', display: 'General practice service' })
      }
    ],
    status: 'current',
    mode: 'snapshot',
    title,
    code,
    subject: referTo(patient),
    date: `${asAt}T08:00:00+00:00`,
    orderedBy: concept('http://hl7.org/fhir/list-order', 'event-date', 'Sorted by Event Date'),
    ...(entry.length > 0 ? { entry } : nothingListed)
  }
}

/** What stands in a list that was asked for and has nothing in it. */
export const nothingListed = {
  note: [{ text: 'Information not available' }],
  emptyReason: concept(
    nhsCodeSystem('CareConnect-ListEmptyReasonCode-1'),
    'no-content-recorded',
    'No Content Recorded'
  )
}
