import type { Contribution, MappedMessage } from '@chesil/contracts'
import { findDateInterval, isFhirDateTime } from '@chesil/fhir'
import type { MessageContext } from '../message-context.ts'
import { encounterEntry } from './encounter.ts'
import { isAnswer } from './events.ts'
import type { AdwMessage } from './message.ts'
import { findPatient, toClaimedSubject } from './person.ts'
import { taskEntries } from './task.ts'
import type { Telling } from './telling.ts'
import { unnumbered, unprocessedAnswer, unprocessedEvent, unprocessedParts } from './unprocessed.ts'

/**
 * Maps a notice between a hospital and a council, or the answer to one, to UK Core R4: an event of the stay's Encounter,
 * and one of the Task for what is asked about it.
 *
 * Pure and repeatable.
 *
 * @param message What `readAdwMessage` made of it: of nothing comes no record.
 */
export function adwToContributions(message: AdwMessage | undefined, context: MessageContext): MappedMessage {
  if (!message) return { outcome: 'refused', reason: 'not-a-record' }
  const patient = findPatient(message)
  const subject = patient && toClaimedSubject(patient, message, context)
  if (!subject) return { outcome: 'refused', reason: 'no-person' }
  const sourceTime = timeOf(message, context)
  const at = isFhirDateTime(message.sentAt ?? '') ? (message.sentAt ?? sourceTime) : sourceTime
  const body = bodyOf(message, { context, personId: context.personId(subject.local), at })
  return {
    outcome: 'mapped',
    sourceTime,
    sourceSequence: 0,
    parts: [
      {
        subject,
        contribution: { mode: 'delta', sections: [], ...body },
        identity: [],
        documents: []
      }
    ]
  }
}

/** When it was sent. A time to come is not believed: it would keep what comes after it from taking effect. */
function timeOf({ sentAt = '' }: AdwMessage, { receivedAt }: MessageContext): string {
  const received = Date.parse(receivedAt)
  const sent = findDateInterval(sentAt)?.low ?? received
  return new Date(Math.min(sent, received)).toISOString()
}

function bodyOf(
  message: AdwMessage,
  rest: Omit<Telling, 'message' | 'event'>
): Pick<Contribution, 'entries' | 'quarantined'> {
  const { event, response } = message
  if (!event) return { entries: [], quarantined: [unprocessedEvent(message)] }
  if (isAnswer(event) && (response?.code ?? 'ok') !== 'ok')
    return { entries: [], quarantined: [unprocessedAnswer()] }
  const telling: Telling = { message, event, ...rest }
  const tasks = taskEntries(telling)
  const isLost = event.of.length > 0 && tasks.length === 0
  return {
    entries: [...tasks, ...encounterEntry(telling)],
    quarantined: [...(isLost ? [unnumbered()] : []), ...unprocessedParts(message)]
  }
}
