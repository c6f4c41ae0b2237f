import type { ClaimedSubject } from '@chesil/contracts'
import { type Appointment, type AppointmentParticipant, defined } from '@chesil/fhir'
import type { MessageContext } from '../../message-context.ts'
import { happenedAt, personKey, personReference } from '../adt/group.ts'
import { nameOf } from '../adt/telling.ts'
import { newReading } from '../elements/reading.ts'
import { firstOf, type Message } from '../message.ts'
import { emptyBody, type MessageBody } from '../message-body.ts'
import { toChanges } from '../results/changes.ts'
import { type Body, type ItemName, toEventEntry } from '../results/item-entry.ts'
import { numberOf } from '../results/order-name.ts'
import { unprocessedBody } from '../unprocessed.ts'
import { participantsIn, personIn } from './participants.ts'
import { scheduleElements } from './schedule.ts'
import { findAppointmentTrigger } from './triggers.ts'

/** Cancelled or missed, it takes place only where it is booked anew. */
const off = { path: 'status', is: ['cancelled', 'noshow'], keeps: ['status', 'cancelationReason'] }

/**
 * SIU^S12 to S17 and S26 about one person: each is an event of one appointment, known by SCH-2, else by SCH-1, and
 * in a message about several people by the person too: each has their own.
 *
 * @param message Its segments are about this person alone, and those before the first person.
 * @returns for another trigger, or an appointment without a number, that the message was not processed.
 * @see https://www.hl7.eu/HL7v2x/v251/std251/ch10.html
 */
export function appointmentToEntries(
  message: Message,
  subject: ClaimedSubject,
  context: MessageContext
): MessageBody {
  const schedule = firstOf(message.segments, 'SCH')
  const trigger = findAppointmentTrigger(message.trigger)
  const placer = numberOf(schedule, 1)
  const number = numberOf(schedule, 2) ?? (placer === undefined ? undefined : `placer:${placer}`)
  if (!schedule || !trigger || number === undefined) return unprocessedBody(message, 'appointments')
  const reading = newReading(message, context)
  const patient = personReference({ subject, context })
  const key = message.isOfSeveral
    ? `appointment/${number}/${personKey({ subject })}`
    : `appointment/${number}`
  const name: ItemName = { key: nameOf(key), sections: ['appointments'] }
  const participant: AppointmentParticipant[] = [personIn(patient)]
  const body: Body<Appointment> = { resourceType: 'Appointment', status: 'proposed', participant }
  const at = happenedAt(message)
  if (trigger.deletes) {
    const event = defined({ kind: trigger.kind, at, set: {}, deletes: true as const })
    return { ...emptyBody, entries: [toEventEntry(event, { body, name, reading })] }
  }
  const { clear: noLonger, said } = scheduleElements({ message, schedule, trigger }, reading)
  const { set, clear = [] } = toChanges([...said, ...participantsIn(message, reading)])
  const unless = trigger.books ? undefined : off
  const event = defined({ kind: trigger.kind, at, set, clear: [...clear, ...noLonger], unless })
  return { ...emptyBody, entries: [toEventEntry(event, { body, name, reading })] }
}
