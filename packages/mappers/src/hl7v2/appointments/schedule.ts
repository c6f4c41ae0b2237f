import { type Appointment, type CodeableConcept, type Coding, defined, type Identifier } from '@chesil/fhir'
import { concept, concepts, lookUp } from '../elements/concepts.ts'
import { identifierType, localSystem } from '../elements/identifiers.ts'
import { treatmentFunction } from '../elements/nhs-codes.ts'
import type { Reading } from '../elements/reading.ts'
import { allOf, field, firstOf, type Message, part, type Segment } from '../message.ts'
import type { Said } from '../results/changes.ts'
import { toLines } from '../results/notes.ts'
import appointmentTypes from './tables/appointment-types.json' with { type: 'json' }
import fillerStatuses from './tables/filler-statuses.json' with { type: 'json' }
import { type Times, timesOf } from './times.ts'
import type { AppointmentTrigger } from './triggers.ts'

interface Source {
  readonly message: Message
  /** SCH */
  readonly schedule: Segment
  readonly trigger: AppointmentTrigger
}

interface Elements {
  readonly said: Said[]
  /** Paths that this message takes back by what it says otherwise. */
  readonly clear: readonly string[]
}

/** What SCH, TQ1, AIS and their notes say of an appointment, but for its number and who takes part. */
export function scheduleElements({ message, schedule, trigger }: Source, reading: Reading): Elements {
  const times = timesOf(message, reading)
  const status = statusOf(schedule, trigger, { times, reading })
  const isOff = status === 'cancelled' || status === 'noshow'
  const why = concept(schedule, 6, 'Why it changed', reading)
  const clear = isOff || status === undefined ? [] : ['cancelationReason']
  const said: Said[] = [
    ['status', status],
    ['cancelationReason', isOff ? (why ?? missed(trigger, status)) : undefined],
    ['identifier', identifiersOf(schedule, reading)],
    ['serviceType', servicesOf(message, reading)],
    ['specialty', specialtyOf(message, reading)],
    ['appointmentType', typeOf(schedule, reading), schedule, 8],
    ['reasonCode', typeIn(schedule, 7) ? undefined : concepts(schedule, 7, 'Reason', reading), schedule, 7],
    ['start', times.start],
    ['end', times.end],
    ['requestedPeriod', times.day === undefined ? undefined : [{ start: times.day }]],
    ['minutesDuration', times.minutes],
    ['comment', toLines(allOf(message.segments, 'NTE'))],
    ['basedOn', ordersOf(schedule, reading)]
  ]
  return { said, clear }
}

type Status = Appointment['status']
const statuses = new Map(Object.entries(fillerStatuses)) as ReadonlyMap<string, Status>
/** These FHIR allows without a time. */
const timeless: ReadonlySet<Status> = new Set(['proposed', 'cancelled', 'waitlist'])

/**
 * By the trigger; where that leaves it open, by SCH-25. What takes place at no known time is only proposed, and what was
 * missed at no known time is cancelled.
 */
function statusOf(
  schedule: Segment,
  { status, isLast }: AppointmentTrigger,
  { times, reading }: { readonly times: Times; readonly reading: Reading }
): Status | undefined {
  const stated = isLast ? undefined : lookUp(schedule, 25, statuses, { label: 'Status', reading })
  const found = stated ?? status
  if (found === undefined || times.start !== undefined || timeless.has(found)) return found
  if (found === 'noshow') return 'cancelled'
  return status === undefined ? undefined : 'proposed'
}

const missed = (trigger: AppointmentTrigger, status: Status | undefined): CodeableConcept | undefined =>
  trigger.status === 'noshow' && status === 'cancelled' ? { text: 'Did not attend' } : undefined

function identifiersOf(schedule: Segment, { context }: Reading): Identifier[] | undefined {
  const found = (
    [
      ['PLAC', 1],
      ['FILL', 2]
    ] as const
  ).flatMap(([type, number]) => {
    const [value] = field(schedule, number)
    const system = localSystem(context.source, 'appointment', part(value, 2))
    const found = part(value)
    return found === undefined ? [] : [{ type: identifierType(type), system, value: found }]
  })
  return found.length > 0 ? found : undefined
}

function servicesOf({ segments }: Message, reading: Reading): CodeableConcept[] | undefined {
  const services = allOf(segments, 'AIS').flatMap((segment) => concept(segment, 3, 'Service', reading) ?? [])
  return services.length > 0 ? services : undefined
}

const specialtyOf = ({ segments }: Message, reading: Reading): CodeableConcept[] | undefined => {
  const found = treatmentFunction(firstOf(segments, 'PV1'), 10, reading)
  return found && [found]
}

const types: ReadonlyMap<string, string> = new Map(Object.entries(appointmentTypes))

/** A bare code of HL7 table 0276, which both fields are given. */
function typeIn(schedule: Segment, number: number): Coding | undefined {
  const [value] = field(schedule, number)
  const code = part(value)?.toUpperCase() ?? ''
  const display = part(value, 3) === undefined ? types.get(code) : undefined
  return display === undefined
    ? undefined
    : { system: 'http://terminology.hl7.org/CodeSystem/v2-0276', code, display }
}

/** SCH-7 where it is a kind of appointment, which FHIR does not call a reason; and SCH-8. */
function typeOf(schedule: Segment, reading: Reading): CodeableConcept | undefined {
  const kind = typeIn(schedule, 7) ?? typeIn(schedule, 8)
  const other = typeIn(schedule, 8) ? undefined : concept(schedule, 8, 'Type of appointment', reading)
  if (kind === undefined) return other
  return defined({ coding: [kind, ...(other?.coding ?? [])], text: other?.text })
}

/** SCH-26 */
function ordersOf(schedule: Segment, { context }: Reading): Appointment['basedOn'] {
  const [value] = field(schedule, 26)
  const number = part(value)
  if (number === undefined) return undefined
  const system = localSystem(context.source, 'placer-order', part(value, 2))
  return [{ type: 'ServiceRequest', identifier: { system, value: number } }]
}
