import type { ClaimedSubject, MappedMessage, MessagePart, QuarantinedItem } from '@chesil/contracts'
import type { MessageContext } from '../message-context.ts'
import { admissionParts } from './adt/admission-parts.ts'
import { personGroups } from './adt/group.ts'
import { findTrigger } from './adt/triggers.ts'
import { appointmentToEntries } from './appointments/appointment-to-entries.ts'
import { documentToEntries } from './documents/document-to-entries.ts'
import { type Message, readMessage, type Segment } from './message.ts'
import { type MessageBody, toContribution } from './message-body.ts'
import { orderOf } from './order.ts'
import { requestToEntries } from './requests/request-to-entries.ts'
import { resultsToEntries } from './results/results-to-entries.ts'
import { findSubject } from './subject.ts'
import { unprocessedBody } from './unprocessed.ts'

type MapBody = (message: Message, subject: ClaimedSubject, context: MessageContext) => MessageBody

/** By MSH-9.1: those whose messages say of each person one thing after the other. */
const bodies: ReadonlyMap<string, MapBody> = new Map<string, MapBody>([
  ['ORU', resultsToEntries],
  ['OUL', resultsToEntries],
  ['MDM', documentToEntries],
  ['SIU', appointmentToEntries],
  ['OML', requestToEntries],
  ['ORM', requestToEntries],
  ['REF', requestToEntries]
])

/**
 * What an HL7 v2 message says, person by person. Pure, and it throws at nothing that is sent.
 *
 * @param text The message, decoded from its character set.
 */
export function hl7v2ToContributions(text: string, context: MessageContext): MappedMessage {
  const message = readMessage(text)
  if (!message) return { outcome: 'refused', reason: 'not-a-record' }
  const trigger = message.type === 'ADT' ? findTrigger(message.trigger) : undefined
  const parts = trigger ? admissionParts(message, trigger, context) : otherParts(message, context)
  const [first, ...others] = parts
  if (!first) return { outcome: 'refused', reason: 'no-person' }
  const nameless = personGroups(message).filter((group) => !findSubject(group, context))
  return {
    outcome: 'mapped',
    ...orderOf(message, context),
    parts: [reporting(first, nameless.length), ...others]
  }
}

/** What a message says of people without a number is nobody's: whoever reads of the others is told. */
function reporting(part: MessagePart, nameless: number): MessagePart {
  if (nameless === 0) return part
  const item: QuarantinedItem = {
    reason: 'no-subject',
    resourceType: 'Patient',
    sections: ['demographics'],
    expression: 'PID-3'
  }
  const quarantined = [...part.contribution.quarantined, ...Array<QuarantinedItem>(nameless).fill(item)]
  return { ...part, contribution: { ...part.contribution, quarantined } }
}

function otherParts(message: Message, context: MessageContext): MessagePart[] {
  const map = bodies.get(message.type) ?? (() => unprocessedBody(message))
  return personGroups(message).flatMap((group) => {
    const subject = findSubject(group, context)
    if (!subject) return []
    const body = map(ofPerson(message, group), subject, context)
    return [{ subject, contribution: toContribution(body), identity: [], documents: body.documents }]
  })
}

/** What a message says of all its people, and of this one. The resources of an appointment (RGS) are everybody's. */
function ofPerson(message: Message, group: readonly Segment[]): Message {
  const { segments, type } = message
  const first = segments.findIndex(({ name }) => name === 'PID')
  const shared = type === 'SIU' ? segments.findIndex(({ name }) => name === 'RGS') : -1
  const after = shared < first ? [] : segments.slice(shared)
  const everybodys = new Set(after)
  const own = group.filter((segment) => !everybodys.has(segment))
  const isOfSeveral = segments.filter(({ name }) => name === 'PID').length > 1
  return {
    ...message,
    segments: [...segments.slice(0, first), ...own, ...after],
    ...(isOfSeveral && { isOfSeveral })
  }
}
