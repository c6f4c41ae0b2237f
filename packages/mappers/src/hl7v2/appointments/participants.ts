import type { AppointmentParticipant, CodeableConcept, Reference } from '@chesil/fhir'
import { defined } from '@chesil/fhir'
import { toConcept } from '../elements/concepts.ts'
import { toPractitioner } from '../elements/people.ts'
import { toPlace } from '../elements/places.ts'
import type { Reading } from '../elements/reading.ts'
import { allOf, field, firstOf, type Message, type Repetition, type Segment, text } from '../message.ts'
import type { Said } from '../results/changes.ts'

type Status = AppointmentParticipant['status']

const statuses: ReadonlyMap<string, Status> = new Map([
  ['PENDING', 'needs-action'],
  ['WAITLIST', 'needs-action'],
  ['CANCELLED', 'declined'],
  ['CANCELED', 'declined'],
  ['DELETED', 'declined']
])

/** The person, who is expected: part of what all messages of an appointment have in common. */
export const personIn = (patient: { readonly reference: string }): AppointmentParticipant => ({
  actor: patient,
  status: 'accepted'
})

type ToActor = (value: Repetition | undefined, reading: Reading) => Reference | undefined

/**
 * Who and what else is there: people (AIP, or the consultant of PV1), places (AIL) and other resources (AIG). A kind
 * that a message does not name stays as it was.
 */
export function participantsIn(message: Message, reading: Reading): Said[] {
  const people = participants(message, { name: 'AIP', status: 12, toActor: toPractitioner }, reading)
  return [
    ['participant#location', participants(message, { name: 'AIL', status: 12, toActor: toPlace }, reading)],
    ['participant#practitioner', people ?? consultant(message, reading)],
    ['participant#resource', participants(message, { name: 'AIG', status: 14, toActor: toResource }, reading)]
  ]
}

function participants(
  { segments }: Message,
  { name, status, toActor }: { readonly name: string; readonly status: number; readonly toActor: ToActor },
  reading: Reading
): AppointmentParticipant[] | undefined {
  const present = allOf(segments, name)
  const found = present.flatMap((segment) => {
    const isGone = text(segment, 2)?.toUpperCase() === 'D'
    return isGone
      ? []
      : field(segment, 3).flatMap((value) => toOne(value, segment, { status, toActor, reading }))
  })
  return present.length > 0 ? found : undefined
}

function toOne(
  value: Repetition,
  segment: Segment,
  how: { readonly status: number; readonly toActor: ToActor; readonly reading: Reading }
): AppointmentParticipant[] {
  const actor = how.toActor(value, how.reading) as AppointmentParticipant['actor']
  if (!actor) return []
  const role = roleOf(segment, how.reading)
  const status = statuses.get(text(segment, how.status)?.toUpperCase() ?? '') ?? 'accepted'
  return [defined({ type: role && [role], actor, status })]
}

const roleOf = (segment: Segment, reading: Reading): CodeableConcept | undefined =>
  toConcept(field(segment, 4)[0], 'Role', reading)

/** A CWE; a logical reference to equipment, or whatever the sender plans with. */
function toResource(value: Repetition | undefined, reading: Reading): Reference | undefined {
  const concept = toConcept(value, 'Resource', reading)
  const display = concept?.text ?? concept?.coding?.[0]?.code
  return display === undefined ? undefined : { type: 'Device', display }
}

function consultant({ segments }: Message, reading: Reading): AppointmentParticipant[] | undefined {
  const actor = toPractitioner(
    field(firstOf(segments, 'PV1'), 7)[0],
    reading
  ) as AppointmentParticipant['actor']
  return actor && [{ actor, status: 'accepted' }]
}
