import type { ContributionEntry, MessageDocument, QuarantinedItem } from '@chesil/contracts'
import type { Resource } from '@chesil/fhir'
import fc from 'fast-check'
import { compareOrder, type SourceOrder } from '../../../care-record/src/source-order.ts'
import type { Loose } from '../asking.ts'
import { foldAll, mapped, partOf, pid, sending } from './sending.ts'

/** A message of Ada's that was written at a minute of 1 November 2026. */
export const received = (type: string, minute: number, ...segments: readonly string[]): string =>
  [
    `MSH|^~\\&|LAB|RZZ|CHESIL||2026110110${String(minute).padStart(2, '0')}00||${type}|${type}${minute}|P|2.5.1`,
    ...segments
  ].join('\r')

export const ada = pid

/** All of these messages, as they may arrive. */
export const inAnyOrder = (texts: readonly string[]): fc.Arbitrary<string[]> =>
  fc.shuffledSubarray([...texts], { minLength: texts.length })

/**
 * What the messages come to, whatever their order, by `Type/name at its source`: events folded, of whole resources
 * the latest, and no item that was withdrawn last.
 */
export function currentItems(...texts: readonly string[]): Map<string, Loose> {
  const latest = new Map<string, { order: SourceOrder; entry: ContributionEntry }>()
  for (const text of texts) {
    const { parts, sourceTime, sourceSequence } = mapped(text)
    for (const entry of parts.flatMap(({ contribution }) => contribution.entries)) {
      const order = { time: sourceTime, sequence: sourceSequence, hash: JSON.stringify(entry) }
      const name = `${entry.resourceType}/${entry.sourceResourceId}`
      const before = latest.get(name)
      if (!entry.event && (!before || compareOrder(order, before.order) > 0))
        latest.set(name, { order, entry })
    }
  }
  const whole = [...latest].flatMap(([name, { entry }]) =>
    entry.resource ? [[name, entry.resource] as const] : []
  )
  return new Map<string, Loose>([...whole, ...foldAll(texts)])
}

/** The one of that type. */
export function current(type: Resource['resourceType'], ...texts: readonly string[]): Loose {
  const found = [...currentItems(...texts)].filter(([name]) => name.startsWith(`${type}/`))
  if (found.length !== 1) throw new Error(`${found.length} items of type ${type}`)
  return (found[0] as readonly [string, Loose])[1]
}

export const quarantinedIn = (text: string): readonly QuarantinedItem[] =>
  partOf(text).contribution.quarantined
export const documentsIn = (text: string): readonly MessageDocument[] => partOf(text).documents

export const isDegraded = (item: Loose): boolean =>
  item['meta'].tag.some(({ code }: { code: string }) => code === 'degraded')

/** As `context.resourceId` of the tests names it. */
export const idOf = (type: string, name: string): string => sending().resourceId(type, name)
