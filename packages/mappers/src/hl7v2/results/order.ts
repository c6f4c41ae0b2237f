import {
  type CodeableConcept,
  type DiagnosticReport,
  defined,
  type Reference,
  type ServiceRequest,
  type Specimen
} from '@chesil/fhir'
import { concept } from '../elements/concepts.ts'
import { dateTime } from '../elements/dates.ts'
import { identifierType, localSystem } from '../elements/identifiers.ts'
import type { Reading } from '../elements/reading.ts'
import { field, part, type Segment, text } from '../message.ts'
import type { OrderGroup } from './order-groups.ts'
import { type EncounterReference, practitionerIn } from './references.ts'
import categories from './tables/report-categories.json' with { type: 'json' }

/** What all the results of one order have in common. */
export interface Order {
  /** OBR */
  readonly request: Segment | undefined
  /** ORC */
  readonly control: Segment | undefined
  readonly patient: { readonly reference: string }
  readonly encounter: EncounterReference | undefined
  /** OBR-4 */
  readonly code: CodeableConcept | undefined
  /** Of http://terminology.hl7.org/CodeSystem/observation-category. */
  readonly category: string
  /** FHIR dateTime: when the specimen was taken, or the observation made. */
  readonly takenAt: string | undefined
  /** FHIR instant: when the laboratory reported it. */
  readonly issued: string | undefined
  readonly basedOn: Reference<ServiceRequest>[] | undefined
  /** Where there is exactly one. */
  readonly specimen: Reference<Specimen> | undefined
}

/** @param places References to the person and to the stay in hospital, and to the specimens of the order. */
export function toOrder(
  { request: annotated, control }: OrderGroup,
  places: Pick<Order, 'patient' | 'encounter'> & { readonly specimens: readonly Reference<Specimen>[] },
  reading: Reading
): Order {
  const request = annotated?.segment
  const { patient, encounter, specimens } = places
  return {
    request,
    control,
    patient,
    encounter,
    code: concept(request, 4, 'Service', reading),
    category: categoryOf(request)?.[1] ?? 'laboratory',
    takenAt: dateTime(request, 7, 'Date of the specimen', reading),
    issued: asInstant(dateTime(request, 22, 'Date of the report', reading)),
    basedOn: toBasedOn(request, control, reading),
    specimen: specimens.length === 1 ? specimens[0] : undefined
  }
}

const known = new Map(Object.entries(categories)) as ReadonlyMap<string, readonly string[]>

/** @returns how the diagnostic service (OBR-24, HL7 table 0074) is called, and its category of observations. */
const categoryOf = (request: Segment | undefined): readonly string[] | undefined =>
  known.get(text(request, 24)?.toUpperCase() ?? '')

export function toReportCategory(request: Segment | undefined): DiagnosticReport['category'] {
  const code = text(request, 24)?.toUpperCase()
  if (code === undefined) return undefined
  const display = categoryOf(request)?.[0]
  if (display === undefined) return [{ text: code }]
  return [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0074', code, display }] }]
}

/** A day is no instant. */
export const asInstant = (dateTime: string | undefined): string | undefined =>
  dateTime?.includes('T') ? dateTime : undefined

/** The requester's order, known by its number, and who asked (OBR-16, ORC-12). */
function toBasedOn(
  request: Segment | undefined,
  control: Segment | undefined,
  reading: Reading
): Order['basedOn'] {
  const [number] = [...field(request, 2), ...field(control, 2)]
  const value = part(number)
  const requester = practitionerIn(request, 16, reading) ?? practitionerIn(control, 12, reading)
  if (value === undefined && requester === undefined) return undefined
  const system = localSystem(reading.context.source, 'placer-order', part(number, 2))
  const identifier = value === undefined ? undefined : { type: identifierType('PLAC'), system, value }
  const display =
    requester === undefined ? undefined : `Requested by ${requester.display ?? requester.identifier?.value}`
  return [defined({ type: 'ServiceRequest' as const, identifier, display })]
}
