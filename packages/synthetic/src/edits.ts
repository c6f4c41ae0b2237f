import { type NhsNumber, systems } from '@chesil/fhir'
import { changeItems, pickItem } from './items.ts'
import { nothingListed } from './record/lists.ts'
import { withoutReferences } from './references.ts'
import { endedAllergies, findListCode, findSection } from './sections.ts'
import { gpcExtension, nameOf, type Stu3Bundle, type Stu3Resource } from './stu3.ts'

/**
 * What can happen to a record between two answers. Each edit gives a new record and leaves the old one;
 * where no item is named, the first that fits is meant.
 */

/**
 * @param medicine Name of a MedicationStatement; default the first that is taken regularly.
 * @throws RangeError when there is none.
 */
export function withMedicineStopped(
  record: Stu3Bundle,
  { on, medicine }: { readonly on: string; readonly medicine?: string }
): Stu3Bundle {
  const statement = pickItem(record, medicine, isOngoingIn(record))
  const plan = statement.basedOn?.[0]?.reference
  const reason = {
    url: gpcExtension('MedicationStatusReason'),
    extension: [
      { url: 'statusReason', valueCodeableConcept: { text: 'Stopped on review' } },
      { url: 'statusChangeDate', valueDateTime: on }
    ]
  }
  return changeItems(record, (resource) => {
    if (resource === statement) {
      return { ...resource, status: 'stopped', effectivePeriod: { ...resource.effectivePeriod, end: on } }
    }
    if (resource.id === undefined || nameOf(resource) !== plan) return resource
    return { ...resource, status: 'stopped', extension: [...(resource.extension ?? []), reason] }
  })
}

const isAllergy = ({ resourceType }: Stu3Resource): boolean => resourceType === 'AllergyIntolerance'

/** @throws RangeError when there is no such allergy. */
export function withoutAllergy(record: Stu3Bundle, allergy?: string): Stu3Bundle {
  return withoutItem(record, nameOf(pickItem(record, allergy, isAllergy)))
}

/**
 * The allergy is over: under the id that it had it stands inside the list of ended ones, and nowhere else.
 *
 * @throws RangeError when there is no such allergy.
 */
export function withAllergyEnded(
  record: Stu3Bundle,
  { on, allergy }: { readonly on: string; readonly allergy?: string }
): Stu3Bundle {
  const active = pickItem(record, allergy, isAllergy)
  const end = {
    url: gpcExtension('AllergyIntoleranceEnd'),
    extension: [
      { url: 'endDate', valueDateTime: on },
      { url: 'reasonEnded', valueString: 'Tested and not confirmed' }
    ]
  }
  const ended = { ...active, clinicalStatus: 'resolved', extension: [...(active.extension ?? []), end] }
  return changeItems(withoutItem(record, nameOf(active)), (resource) =>
    findListCode(resource) === endedAllergies.code ? containing(resource, ended) : resource
  )
}

/** A list that had nothing in it no longer says so, but keeps its warnings. */
function containing({ emptyReason: _none, note, ...list }: Stu3Resource, item: Stu3Resource): Stu3Resource {
  const [nothing] = nothingListed.note
  const notes = ((note ?? []) as readonly { readonly text: string }[]).filter(
    ({ text }) => text !== nothing?.text
  )
  return {
    ...list,
    ...(notes.length > 0 && { note: notes }),
    contained: [...(list.contained ?? []), item],
    entry: [...(list.entry ?? []), { item: { reference: `#${item.id}` } }]
  } as Stu3Resource
}

/**
 * Removes an item and whatever refers to it. A heading, topic or consultation that becomes empty goes with
 * it, and so does a secondary list; a primary list says that it is empty.
 */
export function withoutItem(record: Stu3Bundle, name: string): Stu3Bundle {
  const left = record.entry.filter(({ resource }) => resource.id === undefined || nameOf(resource) !== name)
  const pruned = left.map(({ resource }) => withoutReferences(resource, name))
  const emptied = pruned.filter((resource) => resource.id !== undefined && isEmptied(resource)).map(nameOf)
  const resources = pruned.flatMap((resource) => {
    if (resource.id !== undefined || !isEmptied(resource)) return resource
    const { entry: _none, ...empty } = resource
    return findSection(resource) ? { ...empty, ...nothingListed } : []
  })
  const rest = { ...record, entry: resources.map((resource) => ({ resource })) }
  return emptied.reduce(withoutItem, rest)
}

const isEmptied = ({ resourceType, entry }: Stu3Resource): boolean =>
  resourceType === 'List' && entry?.length === 0

/** The person got another number, and the practice has heard of it. */
export function withNhsNumber(record: Stu3Bundle, nhsNumber: NhsNumber): Stu3Bundle {
  return changeItems(record, (resource) => {
    if (resource.resourceType !== 'Patient') return resource
    const identifiers = (resource['identifier'] as readonly Identifier[] | undefined) ?? []
    return {
      ...resource,
      identifier: identifiers.map((identifier) =>
        identifier.system === systems.nhsNumber ? { ...identifier, value: nhsNumber } : identifier
      )
    }
  })
}

interface Identifier {
  readonly system?: string
  readonly value?: string
}

/** Active, and authorised as a repeat of some kind. */
function isOngoingIn(record: Stu3Bundle): (resource: Stu3Resource) => boolean {
  const repeats = record.entry
    .map(({ resource }) => resource)
    .filter(
      ({ intent, extension = [] }) => intent === 'plan' && JSON.stringify(extension).includes('"repeat')
    )
    .map(nameOf)
  return ({ resourceType, status, basedOn }) =>
    resourceType === 'MedicationStatement' &&
    status === 'active' &&
    repeats.includes(basedOn?.[0]?.reference ?? '')
}
