import type { QuarantinedItem } from '@chesil/contracts'
import type { Message } from './message.ts'

/** A message, or a part of one, that Chesil keeps and does not understand: the reader is told. */
export const unprocessed = (message: Message): QuarantinedItem => ({
  reason: 'unprocessed-message',
  resourceType: 'MessageHeader',
  sections: ['admissions'],
  expression: nameOf(message)
})

/** e.g. `ADT^A16`. What has not the form of a type and a trigger may be anything, also somebody's name. */
function nameOf({ type, trigger }: Message): string {
  if (!/^[A-Z]{3}$/.test(type)) return 'MSH-9'
  return `${type}^${/^[A-Z]\d{2}$/.test(trigger) ? trigger : ''}`
}
