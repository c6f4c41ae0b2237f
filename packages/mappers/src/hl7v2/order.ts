import type { MessageContext } from '../message-context.ts'
import { toInterval } from './date-time.ts'
import { allOf, firstOf, type Message, text } from './message.ts'
import { contentRank } from './order-by-content.ts'
import ranks from './tables/trigger-ranks.json' with { type: 'json' }

/** Where a message stands among those of its source. */
export interface MessageOrder {
  /** ISO instant */
  readonly sourceTime: string
  /** Fits 32 bits with a sign. */
  readonly sourceSequence: number
}

type Interval = ReturnType<typeof toInterval>

const ranked: ReadonlyMap<string, number> = new Map(Object.entries(ranks))
/** Between those that begin a thing and those that take something back. */
const usualRank = 50

/** Further ahead of its message than clocks and zones explain, an event was not recorded then. */
const dayMs = 86_400_000
/** How far a sender's clock may be ahead of ours. */
const skewMs = 300_000

/**
 * Orders by what the message itself says, so that a repeated one has the same place: when the event was recorded,
 * or as exactly as the header tells it within that minute; else when the message was written. A time to come is none:
 * it would keep all that comes after it from taking effect.
 *
 * Of two at one time the sender's own number (MSH-13) decides; else the one that follows the other in the course of
 * a stay, an order or a report comes later; else the one that was written later.
 */
export function orderOf(message: Message, { receivedAt }: Pick<MessageContext, 'receivedAt'>): MessageOrder {
  const header = toInterval(text(message.segments[0], 7))
  const latest = Date.parse(receivedAt) + skewMs
  const number = numberOf(message)
  const time = timeOf(message, header, number > 0) ?? Date.parse(receivedAt)
  const rank = ranked.get(message.trigger) ?? contentRank(message) ?? usualRank
  const sourceTime = Math.min(time, latest)
  return {
    sourceTime: new Date(sourceTime).toISOString(),
    sourceSequence: sequenceOf(number, rank, Math.max(0, (header?.low ?? sourceTime) - sourceTime))
  }
}

/** @param isNumbered The hour that comes twice is one moment then, in which the numbers decide. */
function timeOf(message: Message, header: Interval, isNumbered: boolean): number | undefined {
  const given = recordedAt(message)
  const event = toInterval(given)
  const isWithin = event && header && header.low >= event.low && header.high <= event.high
  const isImpossible = event && header && event.low > header.high + dayMs
  const isOfHeader = isWithin || isImpossible || !event
  const written = isOfHeader ? text(message.segments[0], 7) : given
  if (isNumbered && isRepeatedHour(written)) return toInterval(`${written?.slice(0, 10)}00`)?.low
  return (isOfHeader ? header : event)?.low
}

/** EVN-2; messages of results have none: their reports say when they were made (OBR-22). */
function recordedAt({ segments, type }: Message): string | undefined {
  if (type !== 'ORU' && type !== 'OUL') return text(firstOf(segments, 'EVN'), 2)
  const times = allOf(segments, 'OBR').flatMap((request) => {
    const given = text(request, 22)
    const low = toInterval(given)?.low
    return given === undefined || low === undefined ? [] : [{ given, low }]
  })
  return times.toSorted((a, b) => b.low - a.low)[0]?.given
}

/** From one to two on the last Sunday of October, without a zone. */
function isRepeatedHour(given = ''): boolean {
  const match = /^(\d{4})10(2[5-9]|3[01])01\d*(\.\d+)?$/.exec(given)
  return match !== null && new Date(`${match[1]}-10-${match[2]}T00:00:00Z`).getUTCDay() === 0
}

/** MSH-13; 0 where there is none. */
const numberOf = ({ segments }: Message): number =>
  Number(/^\d{1,15}$/.exec(text(segments[0], 13) ?? '')?.[0] ?? 0)

const sequences = 10_000_000
const afterUnnumbered = 1_000_000_000

/** @param lagMs How long after the event the message was written. */
function sequenceOf(number: number, rank: number, lagMs: number): number {
  if (number > 0) return afterUnnumbered + (number % sequences) * 100 + rank
  return rank * sequences + Math.min(Math.floor(lagMs / 1000), sequences - 1)
}
