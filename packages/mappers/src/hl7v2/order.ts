import type { MessageContext } from '../message-context.ts'
import { toInterval } from './date-time.ts'
import { firstOf, type Message, text } from './message.ts'
import ranks from './tables/trigger-ranks.json' with { type: 'json' }

/** Where a message stands among those of its source. */
export interface MessageOrder {
  /** ISO instant */
  readonly sourceTime: string
  /** Fits 32 bits. */
  readonly sourceSequence: number
}

const ranked: ReadonlyMap<string, number> = new Map(Object.entries(ranks))
/** Between those that begin a thing and those that take something back. */
const usualRank = 50
/** Sequence numbers of a sender (MSH-13) up to here tell apart what has one time and rank. */
const sequences = 10_000_000

/** Further ahead of its message than clocks and zones explain, an event was not recorded then. */
const dayMs = 86_400_000

/**
 * Orders by what the message itself says, so that a repeated one has the same place: when the event was recorded
 * (EVN-2), or as exactly as the header tells it within that minute; else when the message was written. Of two
 * triggers at one time the one that follows the other in the course of a stay comes later.
 */
export function orderOf(message: Message, { receivedAt }: Pick<MessageContext, 'receivedAt'>): MessageOrder {
  const header = toInterval(text(message.segments[0], 7))
  const event = toInterval(text(firstOf(message.segments, 'EVN'), 2))
  const isWithin = event && header && header.low >= event.low && header.high <= event.high
  const isImpossible = event && header && event.low > header.high + dayMs
  const time = isWithin || isImpossible ? header : (event ?? header)
  const number = Number(/^\d{1,15}$/.exec(text(message.segments[0], 13) ?? '')?.[0] ?? 0)
  const rank = ranked.get(message.trigger) ?? usualRank
  return {
    sourceTime: time ? new Date(time.low).toISOString() : receivedAt,
    sourceSequence: rank * sequences + (number % sequences)
  }
}
