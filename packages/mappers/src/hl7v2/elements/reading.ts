import type { MessageContext } from '../../message-context.ts'
import type { Message } from '../message.ts'

/** What is at hand while an item is read, and what of it could not be read. */
export interface Reading {
  readonly message: Message
  readonly context: MessageContext
  /** Sentences for the reader: what was sent and could not be coded. An item that has any is marked degraded. */
  readonly unread: string[]
}

export const newReading = (message: Message, context: MessageContext): Reading => ({
  message,
  context,
  unread: []
})

/** Keeps what was sent, in its own words, beside an element that could not take it. */
export function keepAsText(value: string | undefined, label: string, { unread }: Reading): void {
  if (value !== undefined) unread.push(`${label} as sent: ${value.slice(0, 200)}`)
}
