import { type ContributionEntry, councilLimits, type Section } from '@chesil/contracts'
import { type ContactPoint, chesil, type Reference, type Resource } from '@chesil/fhir'
import { readDay } from '../cld/dates.ts'
import { itemMeta } from '../item-meta.ts'
import { type Json, word } from '../json.ts'
import { toDiv } from '../paragraphs.ts'
import type { CouncilContext } from './context.ts'

/** What all items of an answer are made with. */
export interface Making {
  readonly context: CouncilContext
  /** The council's own number of the person. */
  readonly laPersonId: string
  /** YYYY-MM-DD: the day in London of which the answer tells. */
  readonly asAt: string
}

/** One item while it is read: what of it could not be is told, and marks it as degraded. */
export interface Draft {
  readonly source: Json
  readonly unread: string[]
}

/** @param member Words of the item, cut where they are longer than anybody's. */
export function wordsIn({ source, unread }: Draft, member: string, longest: number = councilLimits.name) {
  const text = word(source[member])
  if (text === undefined || text.length <= longest) return text
  unread.push(`${member} was longer than can be shown`)
  return text.slice(0, longest)
}

/** @returns YYYY-MM-DD; what is no day is told in its own words. */
export function dayIn({ source, unread }: Draft, member: string): string | undefined {
  const text = word(source[member])
  const day = text === undefined ? undefined : readDay(text)
  if (text !== undefined && day === undefined)
    unread.push(`${member} could not be read: ${text.slice(0, 40)}`)
  return day
}

export function phoneIn(draft: Draft): ContactPoint[] | undefined {
  const value = wordsIn(draft, 'telephone', 60)
  return value === undefined ? undefined : [{ system: 'phone', value }]
}

/** An item's name at its source. An item has one owner, and the same worker has many: the person goes before it. */
export const nameOf = ({ laPersonId }: Making, path: string): string => `${laPersonId}|${path}`

export const idOf = (type: Resource['resourceType'], path: string, making: Making): string =>
  making.context.resourceId(type, nameOf(making, path))

export interface ItemFacts {
  /** Within the person, as `service/s1`. */
  readonly path: string
  readonly sections: readonly Section[]
  /** What it says to whoever reads, line by line. */
  readonly lines: readonly string[]
  readonly labels: readonly string[]
}

/** What every item has. */
export function base<Type extends Resource['resourceType']>(
  resourceType: Type,
  { path, sections, lines, labels }: ItemFacts,
  { unread }: Pick<Draft, 'unread'>,
  making: Making
) {
  const { source } = making.context
  const meta = itemMeta(source, resourceType, sections, unread.length > 0 ? ['degraded'] : [])
  return {
    resourceType,
    id: idOf(resourceType, path, making),
    meta: labels.length > 0 ? { ...meta, security: labels.map(toLabel) } : meta,
    text: { status: 'generated' as const, div: toDiv([...lines, ...unread.map((one) => `${one}.`)]) },
    extension: [{ url: chesil.extension('as-at'), valueDate: making.asAt }]
  }
}

const toLabel = (code: string) => ({ system: chesil.label, code })

export const toEntry = (
  resource: Resource,
  { path, sections }: Pick<ItemFacts, 'path' | 'sections'>,
  making: Making
): ContributionEntry => ({
  resourceType: resource.resourceType,
  sourceResourceId: nameOf(making, path),
  resource,
  sections
})

export const patientReference = ({ context }: Making) => ({
  reference: `Patient/${context.patientId}` as const
})

export const councilPath = 'council'

export const councilReference = (making: Making): Reference<never> =>
  ({
    reference: `Organization/${idOf('Organization', councilPath, making)}`,
    display: making.context.source.name
  }) as Reference<never>
