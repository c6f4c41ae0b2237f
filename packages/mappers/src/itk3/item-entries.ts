import type { ClaimedSubject, ContributionEntry, QuarantinedItem, Section } from '@chesil/contracts'
import {
  type Coding,
  chesil,
  defined,
  findNhsNumber,
  type Patient,
  type Resource,
  systems
} from '@chesil/fhir'
import { itemMeta } from '../item-meta.ts'
import type { MessageContext } from '../message-context.ts'
import type { Answer, Item } from '../stu3/item.ts'
import { sectionsOfList } from '../stu3/lists.ts'
import { mapItem } from '../stu3/map-item.ts'
import { membersOf } from '../stu3/section-set.ts'
import { partOf } from './document-names.ts'
import { confidentialityOf } from './document-reference.ts'
import { isOutside } from './logical-references.ts'
import type { Itk3Message } from './message.ts'

/** A document and the person it is about. */
export interface Document {
  readonly message: Itk3Message
  readonly answer: Answer
  readonly name: string
  readonly personId: string
  readonly subject: ClaimedSubject
  readonly context: MessageContext
}

/** @returns nothing for what is no item of the record: those outside it, and lists of what stands for itself. */
export function itemToEntry(
  item: Item,
  rewrite: <T>(value: T) => T,
  document: Document
): ContributionEntry[] {
  if (isOutside(item) || isPlainList(item)) return []
  const mapped = mapItem(item)
  if (mapped === undefined) return []
  const resource = rewrite(mapped)
  const isPerson = resource.resourceType === 'Patient'
  const sections = sectionsOf(item)
  const { local } = document.subject
  const sourceResourceId = isPerson ? `Patient/${local.system}|${local.value}` : item.sourceResourceId
  const id = document.context.resourceId(resource.resourceType, sourceResourceId)
  const entry = {
    resourceType: resource.resourceType,
    sourceResourceId,
    resource: withMeta({ ...resource, id }, item, sections, document),
    sections
  }
  // The person is the same in all the documents about them.
  return [isPerson ? entry : { ...entry, part: partOf(document.name) }]
}

/** What a list names stands for itself; a list that says why it is empty is all there is. */
const isPlainList = ({ type, source }: Item): boolean =>
  type === 'List' && source['emptyReason'] === undefined

function sectionsOf(item: Item): Section[] {
  const { kind, type, source } = item
  if (kind?.role === 'patient') return ['demographics']
  if (type === 'Medication') return ['medications']
  if (kind?.role === 'list') return [membersOf(sectionsOfList(source))[0] ?? 'documents']
  return [kind?.home?.(source) ?? 'documents']
}

function withMeta(
  resource: Resource,
  item: Item,
  sections: readonly Section[],
  { context, message }: Document
): Resource {
  const meta = itemMeta(context.source, resource.resourceType, sections, [
    ...(resource.resourceType === 'Patient' ? (['sourceClaim'] as const) : []),
    ...(item.unread.length > 0 ? (['degraded'] as const) : [])
  ])
  const code = confidentialityOf(message.composition?.source ?? {})
  const label: Coding[] = code === 'R' || code === 'V' ? [{ system: systems.confidentiality, code }] : []
  const security = [...(resource.meta?.security ?? []), ...label]
  const labelled = { ...resource, meta: security.length > 0 ? { ...meta, security } : meta }
  return labelled.resourceType === 'Patient' ? asClaimed(labelled, context.source.odsCode) : labelled
}

/**
 * Who a sender's person is, applying decides. A number that fails its check digit is not an NHS number: it stays as
 * what the sender claims.
 */
function asClaimed({ link: _, ...patient }: Patient, odsCode: string): Patient {
  const identifier = patient.identifier?.map((one) =>
    one.system !== systems.nhsNumber || findNhsNumber(one.value ?? '')
      ? one
      : defined({ system: chesil.claimedNhsNumber(odsCode), value: one.value })
  )
  return { ...patient, ...defined({ identifier }) }
}

export function itemToQuarantined(item: Item): QuarantinedItem[] {
  const { withheld, kind, type, source, sourceResourceId } = item
  if (withheld === undefined) return []
  const named = source['id'] === undefined ? {} : { sourceResourceId }
  return [{ ...withheld, resourceType: kind?.r4Type ?? type, ...named, sections: sectionsOf(item) }]
}
