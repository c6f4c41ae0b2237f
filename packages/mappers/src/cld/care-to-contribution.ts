import type { ClaimedSubject, MessagePart, Section } from '@chesil/contracts'
import type { MessageContext } from '../message-context.ts'
import { aboutThePerson } from './about-person.ts'
import type { CldEvent } from './care-state.ts'
import { subjectOf } from './claim.ts'
import { toCouncil } from './council.ts'
import { toEventItems } from './events.ts'
import { cldPart, type Making } from './item.ts'
import { toProvider } from './providers.ts'

/** What an extract may tell of. */
export const cldSections = [
  'services',
  'referrals',
  'assessments',
  'alerts',
  'people'
] as const satisfies readonly Section[]

/**
 * What a council's extracts say of one person, all of it: what is not named any more is withdrawn.
 *
 * @returns a part without entries for somebody of whom nothing is left.
 */
export function careToPart(
  local: ClaimedSubject['local'],
  events: readonly CldEvent[],
  context: MessageContext
): MessagePart {
  const making: Making = { context, local, personId: context.personId(local) }
  const entries = [
    ...(events.length > 0 ? [toCouncil(making)] : []),
    ...events.flatMap((event) => [
      ...toEventItems(event, making),
      ...event.rows.flatMap((row) => toProvider(row, making) ?? [])
    ]),
    ...aboutThePerson(events, making)
  ]
  // Of two rows that name one provider the later has its name.
  const named = new Map(entries.map((entry) => [`${entry.resourceType}/${entry.sourceResourceId}`, entry]))
  return {
    subject: subjectOf(local, events),
    contribution: {
      mode: 'delta',
      sections: [],
      entries: [...named.values()],
      quarantined: [],
      wholeParts: [cldPart]
    },
    identity: [],
    documents: []
  }
}
