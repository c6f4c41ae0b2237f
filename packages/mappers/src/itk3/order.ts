import { findDateInterval } from '@chesil/fhir'
import { one, word } from '../json.ts'
import type { Itk3Message } from './message.ts'

export interface Order {
  /** ISO instant */
  readonly sourceTime: string
  readonly sourceSequence: number
}

/**
 * Where a message stands among those of its source: by when it was issued, for a document may be dated before the one
 * that it replaces; and of one time by the date of its document, in seconds since 1970. A date to come is no date: it
 * would keep what comes after it from taking effect.
 *
 * @param receivedAt ISO instant
 */
export function orderOf(message: Itk3Message, receivedAt: string): Order {
  const received = Date.parse(receivedAt)
  const dated = instantOf(message.composition?.source['date'])
  const issued = Math.min(issuedAt(message) ?? dated ?? received, received)
  return {
    sourceTime: new Date(issued).toISOString(),
    sourceSequence: Math.max(0, Math.floor(Math.min(dated ?? issued, received) / 1000))
  }
}

/** @returns when the document was put together or sent, in ms since 1970. */
export const issuedAt = ({ document, header, bundle }: Itk3Message): number | undefined =>
  instantOf(one(document['meta'])?.['lastUpdated']) ??
  instantOf(header?.['timestamp']) ??
  instantOf(one(bundle['meta'])?.['lastUpdated'])

function instantOf(value: unknown): number | undefined {
  const given = word(value)
  return given === undefined ? undefined : findDateInterval(given)?.low
}
