import type { ClaimedSubject } from '@chesil/contracts'
import type { MessageContext } from '../../message-context.ts'
import { personKey, personReference } from '../adt/group.ts'
import type { Message } from '../message.ts'
import type { MessageBody } from '../message-body.ts'
import { unprocessedBody } from '../unprocessed.ts'
import { joinBodies } from './join-bodies.ts'
import { createNames } from './names.ts'
import { orderGroupsOf } from './order-groups.ts'
import { reportToEntries } from './report-to-entries.ts'

/**
 * ORU^R01 and OUL^R22 about one person: for each OBR a DiagnosticReport, for each of its results an Observation, or
 * a DocumentReference where the result is a file.
 *
 * A result is known by the order's number, OBX-3 and OBX-4: a later message corrects what has the same name or, with
 * OBX-11 `D` or `W`, withdraws it.
 *
 * @param message Its segments are about this person alone.
 * @returns for other triggers, and where there is no result, that the message was not processed.
 * @see https://www.hl7.eu/HL7v2x/v251/std251/ch07.html
 */
export function resultsToEntries(
  message: Message,
  subject: ClaimedSubject,
  context: MessageContext
): MessageBody {
  const patient = personReference({ subject, context })
  const person = personKey({ subject })
  const names = createNames()
  const groups = isHandled(message) ? orderGroupsOf(message) : []
  if (groups.length === 0) return unprocessedBody(message, 'investigations')
  return joinBodies(
    groups.map((group) => reportToEntries(group, { message, patient, person, context, names }))
  )
}

/** Other OUL have other orders of segments. What comes inside other messages is read like ORU. */
function isHandled({ type, trigger }: Message): boolean {
  if (type === 'OUL') return trigger === 'R22'
  return type !== 'ORU' || trigger === 'R01' || trigger === ''
}
