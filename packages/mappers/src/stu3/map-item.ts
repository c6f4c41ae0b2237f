import { itemTags } from '@chesil/contracts'
import {
  type Annotation,
  type Coding,
  chesil,
  defined,
  type Meta,
  type Resource,
  ukCoreProfile
} from '@chesil/fhir'
import { isJson, many, uri } from '../json.ts'
import { toDiv } from '../paragraphs.ts'
import { toCoding } from './elements/coding.ts'
import type { Item } from './item.ts'
import { membersOf } from './section-set.ts'

/** A mapped resource whose tags still lack its sections: they are known when everything is mapped. */
export interface Landed {
  readonly item: Item
  readonly resource: Resource
}

/** @returns the R4 resource, or `undefined` for an item that is kept out of the record or inside another one. */
export function mapItem(item: Item): Resource | undefined {
  if (item.withheld || item.inside || item.kind === undefined) return undefined
  const body = item.kind.map(item.source, item)
  const contained = mapInsiders(item)
  noticeModifiers(item)
  const { resourceType, ...rest } = body
  return {
    resourceType,
    id: item.id,
    meta: toMeta(item),
    ...defined({ contained }),
    ...withLines(rest, item.kind.r4Type, item.unread)
  } as Resource
}

/** What is inside may itself refer to others that are inside. R4 lets them have no meta (dom-4, dom-5). */
function mapInsiders(item: Item): Resource[] | undefined {
  const mapped = new Map<Item, Resource>()
  for (const insider of item.insiders) {
    if (insider.kind === undefined || mapped.has(insider)) continue
    const { resourceType, ...rest } = insider.kind.map(insider.source, insider)
    mapped.set(insider, { resourceType, id: insider.id, ...rest } as Resource)
    for (const sentence of insider.unread) item.unread.push(sentence)
  }
  return mapped.size > 0 ? [...mapped.values()] : undefined
}

/** A modifier extension may turn what is said into its opposite: a reader has to know that there is one. */
function noticeModifiers({ source, unread }: Item): void {
  for (const extension of many(source['modifierExtension'])) {
    const name = uri(extension['url'])?.split('/').at(-1) ?? 'unnamed'
    unread.push(`Qualified at its source in a way that could not be read: ${name.slice(0, 100)}`)
  }
}

function toMeta(item: Item): Meta {
  const { source } = item.answer.context
  const security = labelsOf(item)
  return defined({
    source: `urn:nhs-uk:addressing:ods:${source.odsCode}`,
    profile: [ukCoreProfile(item.kind?.r4Type ?? '')],
    security: security.length > 0 ? security : undefined,
    tag: [{ system: chesil.source, code: source.id, display: source.name }]
  })
}

/** An item shares the labels of what it came in, and of what it contains. */
function labelsOf(item: Item): Coding[] {
  const labels = new Map<string, Coding>()
  const holders = [item, ...item.insiders, ...(item.container ? [item.container] : [])]
  for (const holder of holders) {
    const meta = isJson(holder.source['meta']) ? holder.source['meta'] : {}
    for (const source of many(meta['security'])) {
      const label = toCoding(source, 'Security label', item)
      if (label) labels.set(`${label.system} ${label.code}`, label)
    }
  }
  return [...labels.values()]
}

const noted: ReadonlySet<string> = new Set([
  ...['AllergyIntolerance', 'Condition', 'Immunization', 'List', 'MedicationRequest'],
  ...['MedicationStatement', 'Observation', 'ServiceRequest', 'Specimen']
])

/** Puts what could not be read where a reader sees it: a note, or a narrative where R4 has no notes. */
export function withLines(body: object, r4Type: string, unread: readonly string[]): object {
  if (unread.length === 0) return body
  const lines = [...new Set(unread)]
  if (!noted.has(r4Type)) return { text: { status: 'additional', div: toDiv(lines) }, ...body }
  const notes = 'note' in body && Array.isArray(body.note) ? (body.note as Annotation[]) : []
  return { ...body, note: [...notes, ...lines.map((text) => ({ text }))] }
}

const degraded: Coding = { system: chesil.itemTag, ...itemTags.degraded }

/** Says in the tags where the item stands, and whether all of it could be read. */
export function addTags({ item, resource }: Landed): void {
  const tags = resource.meta?.tag
  for (const section of membersOf(item.sections)) tags?.push({ system: chesil.section, code: section })
  if (item.unread.length > 0) tags?.push(degraded)
}
