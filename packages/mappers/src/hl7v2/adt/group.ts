import type { ClaimedSubject } from '@chesil/contracts'
import type { MessageContext } from '../../message-context.ts'
import { toDateTime } from '../date-time.ts'
import { firstOf, groupsOf, type Message, type Segment, text } from '../message.ts'
import type { Trigger } from './triggers.ts'

/** What a message says of one person: the segments from a PID to the next, and who that is. */
export interface Group {
  readonly message: Message
  readonly context: MessageContext
  readonly trigger: Trigger
  readonly subject: ClaimedSubject
  readonly segments: readonly Segment[]
  /** FHIR dateTime: when it happened. */
  readonly at?: string
}

/** EVN-6 when it occurred, else when it was recorded, else when the message was written. */
export function happenedAt({ segments }: Pick<Message, 'segments'>): string | undefined {
  const event = firstOf(segments, 'EVN')
  return toDateTime(text(event, 6)) ?? toDateTime(text(event, 2)) ?? toDateTime(text(segments[0], 7))
}

/** The segments of each person in a message; those before the first are everybody's. */
export const personGroups = ({ segments }: Pick<Message, 'segments'>): readonly (readonly Segment[])[] =>
  groupsOf(segments, 'PID')

export const personReference = ({ subject, context }: Pick<Group, 'subject' | 'context'>) => ({
  reference: `Patient/${context.personId(subject.local)}`
})

/** What tells one person's items from another's in a name. */
export const personKey = ({ subject }: Pick<Group, 'subject'>): string =>
  `${subject.local.system}|${subject.local.value}`
