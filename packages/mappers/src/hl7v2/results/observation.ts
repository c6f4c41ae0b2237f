import {
  type CodeableConcept,
  defined,
  type Observation,
  type ObservationComponent,
  type Organization,
  type Reference,
  systems
} from '@chesil/fhir'
import { concept, notRecorded } from '../elements/concepts.ts'
import { dateTime } from '../elements/dates.ts'
import { identifierType, localSystem, toOrganisation } from '../elements/identifiers.ts'
import type { Reading } from '../elements/reading.ts'
import { plainText, type Segment, text } from '../message.ts'
import { toInterpretations } from './interpretation.ts'
import type { Body } from './item-entry.ts'
import { toNotes } from './notes.ts'
import type { Order } from './order.ts'
import type { Annotated } from './order-groups.ts'
import { toReferenceRange } from './reference-range.ts'
import { practitionerIn } from './references.ts'
import type { ResultItem } from './result-items.ts'
import { isSettledAsSent, isUnobtained, isWithdrawn, statusOfResult } from './status.ts'
import { isText, toValue, unitOf } from './value.ts'

/** @see https://simplifier.net/hl7fhirukcorer4/ukcore-observation-lab */
export function toObservation(item: ResultItem, order: Order, reading: Reading): Body<Observation> {
  const standing = standingLines(item)
  const segments = standing.map(({ segment }) => segment)
  const [result] = segments as [Segment]
  const code = codeOf(item, result, order, reading)
  const status = statusOfResult(segments, order.request, reading)
  const value = segments.length > 1 ? joined(segments) : toValue(result, code, reading)
  return defined({
    resourceType: 'Observation' as const,
    identifier: identifiersOf(result, reading),
    basedOn: order.basedOn,
    status,
    category: [{ coding: [{ system: systems.observationCategory, code: order.category }] }],
    code,
    subject: order.patient,
    encounter: order.encounter,
    effectiveDateTime: dateTime(result, 14, 'Date', reading) ?? order.takenAt,
    issued: order.issued,
    performer: performersOf(result, reading),
    ...value,
    dataAbsentReason: Object.keys(value).length > 0 ? undefined : absentReason(result),
    interpretation: toInterpretations(result, reading),
    note: toNotes(
      standing.flatMap(({ notes }) => notes),
      reading
    ),
    bodySite: concept(result, 20, 'Body site', reading),
    method: concept(result, 17, 'Method', reading),
    device: deviceOf(result),
    specimen: order.specimen,
    referenceRange: toReferenceRange(plainText(result, 7) ?? '', unitOf(result))
  })
}

/** Those that were not taken back and, where others could be had, not those that could not. */
function standingLines({ lines }: ResultItem): readonly Annotated[] {
  const standing = lines.filter(({ segment }) => !isWithdrawn(segment))
  const obtained = standing.filter(({ segment }) => !isUnobtained(segment))
  return obtained.length > 0 ? obtained : standing
}

/** What was sent before is final, and is not sent again. */
export const isStatusOnly = (item: ResultItem): boolean =>
  standingLines(item).every(
    ({ segment }) => isSettledAsSent(segment) && (segment.fields[5] ?? '').trim() === ''
  )

function codeOf(item: ResultItem, result: Segment, order: Order, reading: Reading): CodeableConcept {
  const own = item.isUncoded && isText(result) ? undefined : concept(result, 3, 'Result', reading)
  return own ?? order.code ?? concept(result, 3, 'Result', reading) ?? notRecorded('Result', reading)
}

function joined(lines: readonly Segment[]): Pick<ObservationComponent, 'valueString'> {
  const words = lines.map((line) => plainText(line, 5) ?? '').join('\n')
  const trimmed = words.replace(/^\s*\n|\s+$/g, '')
  return trimmed === '' ? {} : { valueString: trimmed }
}

/** OBX-21: of this very result. */
function identifiersOf(result: Segment, { context }: Reading): Observation['identifier'] {
  const value = text(result, 21)
  if (value === undefined) return undefined
  return [
    {
      system: localSystem(context.source, 'result', text(result, 21, 2)),
      value,
      type: identifierType('FILL')
    }
  ]
}

/** The organisation (OBX-23, or OBX-15 before it was added) and the person (OBX-16). */
function performersOf(result: Segment, reading: Reading): Observation['performer'] {
  const named = toOrganisation(text(result, 23, 10) ?? text(result, 23, 3), text(result, 23))
  const producer = named ?? toOrganisation(text(result, 15), text(result, 15, 2))
  const organisation: Reference<Organization> | undefined = producer && { type: 'Organization', ...producer }
  const found = [organisation, practitionerIn(result, 16, reading)].filter((one) => one !== undefined)
  return found.length > 0 ? found : undefined
}

function deviceOf(result: Segment): Observation['device'] {
  const display = text(result, 18, 2) ?? text(result, 18)
  return display === undefined ? undefined : { type: 'Device', display }
}

const absentReasons: ReadonlyMap<string, readonly [string, string]> = new Map([
  ['I', ['temp-unknown', 'Temporarily Unknown']],
  ['O', ['temp-unknown', 'Temporarily Unknown']],
  ['S', ['temp-unknown', 'Temporarily Unknown']],
  ['N', ['not-asked', 'Not Asked']],
  ['X', ['error', 'Error']]
])

/** Why there is no value, as far as the status tells. */
function absentReason(result: Segment): CodeableConcept {
  const found = absentReasons.get(text(result, 11)?.toUpperCase() ?? '')
  const [code, display] = found ?? ['unknown', 'Unknown']
  const system = 'http://terminology.hl7.org/CodeSystem/data-absent-reason'
  return { coding: [{ system, code, display }] }
}
