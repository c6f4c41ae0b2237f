import { defined, type Extension, type List, type ListEntry, systems, ukCoreExtension } from '@chesil/fhir'
import { each, type Json, many, some, text, word } from '../../json.ts'
import { toNotes } from '../elements/annotations.ts'
import { same, toCode, toConcept } from '../elements/coding.ts'
import { toDateTime } from '../elements/dates.ts'
import { extensionsOf } from '../elements/extensions.ts'
import { toIdentifiers } from '../elements/identifiers.ts'
import { asserters, encounters, findTarget, toReference } from '../elements/references.ts'
import type { Item } from '../item.ts'
import { subjectOf } from '../subject.ts'
import { warningCodesOf } from '../warnings.ts'
import { toRelatedProblem } from './condition.ts'

const statuses = same('current', 'retired', 'entered-in-error')
const modes = same('working', 'snapshot', 'changes')

/**
 * The content of a section, a consultation, one of its topics or headings. The list of ended allergies
 * contains them; they become items of their own, and the list points to them.
 *
 * @see https://simplifier.net/hl7fhirukcorer4/ukcore-list
 */
export function toList(source: Json, item: Item): List {
  const entry = [
    ...(each(source['entry'], (one) => toEntry(one, item)) ?? []),
    ...unlistedEntries(source, item)
  ]
  return defined({
    resourceType: 'List' as const,
    extension: toExtensions(source, item),
    identifier: toIdentifiers(source['identifier'], item),
    status: toCode(source['status'], statuses, 'current', { label: 'Status', item }),
    mode: toCode(source['mode'], modes, 'snapshot', { label: 'Mode', item }),
    title: text(source['title']),
    code: toConcept(source['code'], 'List', item),
    subject: subjectOf(item),
    encounter: toReference(source['encounter'], item, encounters),
    date: toDateTime(source['date'], 'Date', item),
    source: toReference(source['source'], item, asserters),
    orderedBy: toConcept(source['orderedBy'], 'Order', item),
    note: toNotes(source['note'], item),
    entry: some(entry),
    // R4 wants a reason only where there is nothing (lst-1).
    emptyReason: entry.length > 0 ? undefined : toConcept(source['emptyReason'], 'Empty', item)
  })
}

/** An entry marked as deleted is no longer in the list. */
function toEntry(source: Json, item: Item): ListEntry | undefined {
  if (source['deleted'] === true) return undefined
  const found = toReference(source['item'], item, undefined, { bond: 'part' })
  if (found === undefined) item.unread.push('An entry of the list could not be read')
  return defined({
    flag: toConcept(source['flag'], 'Flag', item),
    item: found ?? { display: 'An entry that could not be read' }
  })
}

/** What a list contains and does not name is in it nevertheless. */
function unlistedEntries(source: Json, item: Item): ListEntry[] {
  const contained = many(source['contained'])
  if (contained.length === 0) return []
  const listed = new Set(many(source['entry']).map((entry) => namedBy(entry, item)))
  return contained.flatMap((inner) => {
    const reference = `#${word(inner['id']) ?? ''}`
    const target = findTarget(reference, item)
    if (target === undefined || target.inside || listed.has(target)) return []
    const found = toReference({ reference }, item, undefined, { bond: 'part' })
    return found ? [{ item: found }] : []
  })
}

function namedBy(entry: Json, item: Item): Item | undefined {
  const [reference] = many(entry['item'])
  return findTarget(word(reference?.['reference']) ?? '', item)
}

function toExtensions(source: Json, item: Item): Extension[] | undefined {
  const found = extensionsOf(source)
  const setting = toConcept(found.get('clinicalsetting')?.[0]?.['valueCodeableConcept'], 'Setting', item)
  const result: Extension[] = setting
    ? [{ url: ukCoreExtension('ClinicalSetting'), valueCodeableConcept: setting }]
    : []
  for (const code of warningCodesOf(source)) {
    result.push({
      url: ukCoreExtension('ListWarningCode'),
      valueCodeableConcept: { coding: [{ system: systems.ukCoreListWarning, code }] }
    })
  }
  for (const problem of found.get('relatedproblemheader') ?? [])
    result.push(...toRelatedProblem(problem, item))
  return some(result)
}
