import type { ClaimedSubject } from '@chesil/contracts'
import type { ServiceRequest } from '@chesil/fhir'
import { defined } from '@chesil/fhir'
import type { MessageContext } from '../../message-context.ts'
import { happenedAt, personKey, personReference } from '../adt/group.ts'
import { nameOf } from '../adt/telling.ts'
import { newReading } from '../elements/reading.ts'
import { firstOf, type Message } from '../message.ts'
import { emptyBody, type MessageBody } from '../message-body.ts'
import { toChanges } from '../results/changes.ts'
import { encounterOf } from '../results/encounter.ts'
import { type Body, type ItemName, toEventEntry } from '../results/item-entry.ts'
import { joinBodies } from '../results/join-bodies.ts'
import { createNames } from '../results/names.ts'
import { orderGroupsOf } from '../results/order-groups.ts'
import { numberOf } from '../results/order-name.ts'
import { unprocessedBody } from '../unprocessed.ts'
import { orderToBody } from './order-to-body.ts'
import { referralCategory, referralElements } from './referral.ts'

/**
 * Orders (OML^O21, ORM^O01) and referrals (REF^I12 to I14) about one person: each is an event of one ServiceRequest.
 *
 * @param message Its segments are about this person alone, and those before the first person.
 * @returns for what is neither, that the message was not processed.
 * @see https://www.hl7.eu/HL7v2x/v251/std251/ch04.html
 */
export function requestToEntries(
  message: Message,
  subject: ClaimedSubject,
  context: MessageContext
): MessageBody {
  if (message.type === 'REF') return referralToBody(message, subject, context)
  const around = {
    message,
    context,
    patient: personReference({ subject, context }),
    person: personKey({ subject }),
    names: createNames()
  }
  const groups = orderGroupsOf(message).filter(({ control, request }) => control ?? request)
  if (groups.length === 0 || !handled.has(message.trigger)) return notProcessed(message)
  return joinBodies(groups.map((group) => orderToBody(group, around)))
}

/** OML and ORM; a name without a trigger is one of these. */
const handled: ReadonlySet<string> = new Set(['O21', 'O01', ''])

const notProcessed = (message: Message): MessageBody =>
  unprocessedBody(message, message.type === 'REF' ? 'referrals' : 'investigations')

const kinds: ReadonlyMap<string, string> = new Map([
  ['I12', 'referral'],
  ['I13', 'modification'],
  ['I14', 'cancellation']
])

function referralToBody(message: Message, subject: ClaimedSubject, context: MessageContext): MessageBody {
  const referral = firstOf(message.segments, 'RF1')
  const kind = kinds.get(message.trigger)
  const number = numberOf(referral, 6) ?? numberOf(referral, 11)
  if (!referral || kind === undefined || number === undefined) return notProcessed(message)
  const reading = newReading(message, context)
  const name: ItemName = { key: nameOf(`referral/${number}`), sections: ['referrals'] }
  const encounter = encounterOf(message, context)
  const body: Body<ServiceRequest> = {
    resourceType: 'ServiceRequest',
    status: 'active',
    intent: 'order',
    category: referralCategory,
    subject: personReference({ subject, context })
  }
  const isCancelled = kind === 'cancellation'
  const said = referralElements(message, { referral, isCancelled }, reading)
  const event = defined({
    kind,
    at: happenedAt(message),
    ...toChanges([...said, ['encounter', encounter]])
  })
  return { ...emptyBody, entries: [toEventEntry(event, { body, name, reading })] }
}
