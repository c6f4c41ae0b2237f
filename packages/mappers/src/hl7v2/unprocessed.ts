import type { QuarantinedItem, Section } from '@chesil/contracts'
import type { Message } from './message.ts'
import { emptyBody, type MessageBody } from './message-body.ts'

/** Where a reader would look for what a type of message tells of. */
const sectionsByType: ReadonlyMap<string, Section> = new Map([
  ...['RDE', 'RDS', 'RGV', 'RAS', 'OMP'].map((type) => [type, 'medications'] as const),
  ['VXU', 'immunisations']
])

/** A message, or a part of one, that Chesil keeps and does not understand: the reader is told. */
export const unprocessed = (
  message: Message,
  section: Section = sectionsByType.get(message.type) ?? 'admissions'
): QuarantinedItem => ({
  reason: 'unprocessed-message',
  resourceType: 'MessageHeader',
  sections: [section],
  expression: nameOf(message)
})

export const unprocessedBody = (message: Message, section?: Section): MessageBody => ({
  ...emptyBody,
  quarantined: [unprocessed(message, section)]
})

/** e.g. `ADT^A16`. What has not the form of a type and a trigger may be anything, also somebody's name. */
function nameOf({ type, trigger }: Message): string {
  if (!/^[A-Z][A-Z0-9]{2}$/.test(type)) return 'MSH-9'
  return /^[A-Z]\d{2}$/.test(trigger) ? `${type}^${trigger}` : type
}
