import { findDateInterval } from '@chesil/fhir'
import { one, word } from '../json.ts'
import type { PrsbContent } from './read-prsb.ts'

export interface Order {
  /** ISO instant */
  readonly sourceTime: string
  readonly sourceSequence: number
}

/**
 * Where a response stands among those of its source: by when it was last changed, put into its Bundle or written. A
 * day alone means until its end, and a time to come none at all: either would keep what comes after it from taking
 * effect. Of one time it is the later that came later, in seconds since 1970.
 *
 * @param receivedAt ISO instant
 */
export function orderOf({ response, envelope }: PrsbContent, receivedAt: string): Order {
  const received = Date.parse(receivedAt)
  const said =
    endOf(one(response['meta'])?.['lastUpdated']) ??
    endOf(envelope['timestamp']) ??
    endOf(response['authored'])
  return {
    sourceTime: new Date(Math.max(0, Math.min(said ?? received, received))).toISOString(),
    sourceSequence: Math.max(0, Math.floor(received / 1000))
  }
}

function endOf(value: unknown): number | undefined {
  const given = word(value)
  const interval = given === undefined ? undefined : findDateInterval(given)
  if (given === undefined || interval === undefined) return undefined
  return given.length > 10 ? interval.low : interval.high - 1
}
