import { findDateInterval } from '@chesil/fhir'
import { isJson, type Json, word } from '../json.ts'

/** Where a version stands among those of its source. */
export interface Version {
  /** ISO instant, by the source's clock. */
  readonly time: string
  /** Of what was said at one time: the source's own count. */
  readonly sequence: number
  /** `meta.versionId`, where the source counts. */
  readonly number: number | undefined
}

/** Four places of a record's order lie between one number and the next. */
const mostNumber = 2 ** 29 - 1

const instant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/

/** @returns `undefined` for what is no time, or leaves its zone open. */
export function readInstant(value: unknown): string | undefined {
  const given = word(value)
  const at = given !== undefined && instant.test(given) ? findDateInterval(given)?.low : undefined
  const text = at === undefined ? undefined : new Date(at).toISOString()
  // Beyond the years that four digits write, texts would not compare as times do.
  return text !== undefined && /^[1-9]\d{3}-/.test(text) ? text : undefined
}

/** @param fallback Of the Bundle. @returns `undefined` where nothing says when the version was made. */
export function versionOf(source: Json, fallback: string | undefined): Version | undefined {
  const meta = isJson(source['meta']) ? source['meta'] : {}
  const said = meta['lastUpdated']
  const time = said === undefined ? fallback : readInstant(said)
  const number = numberIn(word(meta['versionId']))
  return time === undefined ? undefined : { time, sequence: Math.min(number ?? 0, mostNumber), number }
}

/** A deletion comes after whatever its source said of the item at that time, unless it names what it deletes. */
export function versionOfDeletion(request: Json, fallback: string | undefined): Version | undefined {
  const deleted = numberIn(/^W\/"(\d+)"$/.exec(word(request['ifMatch']) ?? '')?.[1])
  const number = deleted === undefined ? undefined : deleted + 1
  return fallback === undefined
    ? undefined
    : { time: fallback, sequence: Math.min(number ?? mostNumber, mostNumber), number }
}

const numberIn = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined

/**
 * What a version says of an item, and of whom, in the order of one time and number.
 *
 * - `moved`: it is not this person's any more, but another's
 * - `said`: as it is now
 * - `contested`: the same version says that it is another's, too
 * - `deleted`: it is nobody's
 */
const places = { moved: 0, said: 1, contested: 2, deleted: 3 } as const
export type PlaceOfVersion = keyof typeof places

/** @returns what fits 32 bits with a sign. */
export const sequenceOf = (sequence: number, place: PlaceOfVersion): number => sequence * 4 + places[place]
