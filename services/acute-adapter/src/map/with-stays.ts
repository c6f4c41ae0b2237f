import type { MessagePart } from '@chesil/contracts'
import { type MessageContext, readHl7v2Message } from '@chesil/mappers'
import { stayHashOf, staysIn } from '../intake/stays.ts'

/** A part of a message that tells of several stays. */
export interface PartOfStays extends MessagePart {
  /** The hash of each of them by its id as an Encounter: what refers to one can be told from what refers to another. */
  readonly stays?: Readonly<Record<string, string>>
}

/**
 * Results refer to a stay by an id that says nothing of its number. Should one of several stays be refused later, it
 * has to be known which it is.
 *
 * @param text The message that was mapped.
 */
export function withStays(
  parts: readonly MessagePart[],
  text: string,
  context: MessageContext
): readonly PartOfStays[] {
  // Most messages tell of one: they need not be read twice.
  if ((text.match(/[\r\n](PV1|MRG)/g)?.length ?? 0) < 2) return parts
  const message = readHl7v2Message(text)
  const names = message ? staysIn(message, context).flatMap((stay) => stay.names) : []
  const stays = Object.fromEntries(
    names.map((name) => [context.resourceId('Encounter', name), stayHashOf(context.source.id, name)])
  )
  return Object.keys(stays).length > 1 ? parts.map((part) => ({ ...part, stays })) : parts
}
