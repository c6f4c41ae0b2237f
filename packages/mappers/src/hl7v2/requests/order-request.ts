import { type ServiceRequest, systems } from '@chesil/fhir'
import { toDateTime } from '../date-time.ts'
import { concept, concepts } from '../elements/concepts.ts'
import { identifierType, localSystem } from '../elements/identifiers.ts'
import { toPlace } from '../elements/places.ts'
import type { Reading } from '../elements/reading.ts'
import { field, part, plainText, type Segment, text } from '../message.ts'
import type { Said } from '../results/changes.ts'
import { toLines } from '../results/notes.ts'
import type { OrderGroup } from '../results/order-groups.ts'
import { practitionerIn } from '../results/references.ts'
import { toPriority } from './priority.ts'
import controlCodes from './tables/control-codes.json' with { type: 'json' }
import orderStatuses from './tables/order-statuses.json' with { type: 'json' }

type Status = NonNullable<ServiceRequest['status']>
const controls = new Map(Object.entries(controlCodes)) as ReadonlyMap<string, Status>
const statuses = new Map(Object.entries(orderStatuses)) as ReadonlyMap<string, Status>

/**
 * What was done (ORC-1) before how it stands (ORC-5), unless it was to go on with it: then ORC-5 knows better.
 *
 * @returns `undefined` for a change that says nothing of it.
 */
function statusOfOrder(control: Segment | undefined): Status | undefined {
  const done = controls.get(text(control, 1)?.toUpperCase() ?? '')
  const stands = statuses.get(text(control, 5)?.toUpperCase() ?? '')
  return done === undefined || done === 'active' ? (stands ?? done) : done
}

/** What ORC, OBR and TQ1 say of a request. */
export function orderElements({ control, request: annotated, timing }: OrderGroup, reading: Reading): Said[] {
  const request = annotated?.segment
  const requester = practitionerIn(control, 12, reading) ?? practitionerIn(request, 16, reading)
  return [
    ['status', statusOfOrder(control)],
    ['identifier', identifiersOf({ control, request }, reading)],
    ['code', concept(request, 4, 'Service', reading), request, 4],
    ['priority', priorityOf({ control, request, timing }), request, 5],
    ['authoredOn', toDateTime(text(control, 9)) ?? toDateTime(text(request, 6))],
    ['occurrenceDateTime', occurrenceOf({ control, request, timing })],
    ['requester', requester ?? organisationOf(control), control, 12],
    ['reasonCode', concepts(request, 31, 'Reason', reading), request, 31],
    ['locationReference', placesOf(control, reading)],
    ['note', noteOf(request, annotated?.notes ?? [])]
  ]
}

interface Segments {
  readonly control: Segment | undefined
  readonly request: Segment | undefined
  readonly timing?: Segment | undefined
}

function identifiersOf({ control, request }: Segments, { context }: Reading): ServiceRequest['identifier'] {
  const kinds = [
    ['placer-order', 'PLAC', 2],
    ['filler-order', 'FILL', 3]
  ] as const
  const found = kinds.flatMap(([kind, type, number]) => {
    const value = field(control, number)[0] ?? field(request, number)[0]
    const system = localSystem(context.source, kind, part(value, 2))
    const found = part(value)
    return found === undefined ? [] : [{ type: identifierType(type), system, value: found }]
  })
  return found.length > 0 ? found : undefined
}

const priorityOf = ({ control, request, timing }: Segments): ServiceRequest['priority'] =>
  toPriority(field(timing, 9)[0]) ??
  toPriority(field(request, 5)[0]) ??
  toPriority(field(request, 27)[0], 6) ??
  toPriority(field(control, 7)[0], 6)

/** When it is to be done. */
function occurrenceOf({ control, request, timing }: Segments): string | undefined {
  const given = [text(timing, 7), text(request, 36), text(request, 27, 4), text(control, 7, 4)]
  return given.map(toDateTime).find((date) => date !== undefined)
}

/** ORC-21: the organisation that asks. */
function organisationOf(control: Segment | undefined): ServiceRequest['requester'] {
  const display = text(control, 21)
  const code = text(control, 21, 10) ?? text(control, 21, 3)
  if (display === undefined) return undefined
  const isOds = [6, 7].some((component) => text(control, 21, component)?.toUpperCase() === 'ODS')
  const identifier =
    isOds && code !== undefined ? { system: systems.odsOrganisation, value: code } : undefined
  return { type: 'Organization', display, ...(identifier && { identifier }) }
}

/** ORC-13: where the person is. */
function placesOf(control: Segment | undefined, reading: Reading): ServiceRequest['locationReference'] {
  const place = toPlace(field(control, 13)[0], reading)
  return place && ([place] as ServiceRequest['locationReference'])
}

function noteOf(request: Segment | undefined, notes: readonly Segment[]): ServiceRequest['note'] {
  const information = text(request, 13, 2, 0) ?? plainText(request, 13)
  const lines = [
    toLines(notes),
    information === undefined ? undefined : `Clinical information: ${information}`
  ]
  const words = lines.filter((line) => line !== undefined).join('\n')
  return words === '' ? undefined : [{ text: words }]
}
