import type { ClaimedSubject } from '@chesil/contracts'
import type { MessageContext } from '../../message-context.ts'
import { personKey, personReference } from '../adt/group.ts'
import type { Message } from '../message.ts'
import type { MessageBody } from '../message-body.ts'
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
  return joinBodies(
    orderGroupsOf(message).map((group) =>
      reportToEntries(group, { message, patient, person, context, names })
    )
  )
}
