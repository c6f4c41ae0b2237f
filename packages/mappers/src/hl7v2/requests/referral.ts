import { type CodeableConcept, type ServiceRequest, systems } from '@chesil/fhir'
import { toDateTime } from '../date-time.ts'
import { concepts, lookUp } from '../elements/concepts.ts'
import { identifierType, localSystem } from '../elements/identifiers.ts'
import { toPractitioner } from '../elements/people.ts'
import type { Reading } from '../elements/reading.ts'
import { allOf, field, type Message, part, type Segment, text } from '../message.ts'
import type { Said } from '../results/changes.ts'
import { toLines } from '../results/notes.ts'
import type { PractitionerReference } from '../results/references.ts'
import { toPriority } from './priority.ts'

type Status = NonNullable<ServiceRequest['status']>

/** HL7 table 0283: accepted, expired, pending, rejected. */
const statuses: ReadonlyMap<string, Status> = new Map([
  ['A', 'active'],
  ['P', 'active'],
  ['E', 'revoked'],
  ['R', 'revoked']
])

export const referralCategory: CodeableConcept[] = [
  { coding: [{ system: systems.snomed, code: '3457005', display: 'Patient referral' }] }
]

/** @param isCancelled I14 */
export function referralElements(
  message: Message,
  { referral, isCancelled }: { readonly referral: Segment; readonly isCancelled: boolean },
  reading: Reading
): Said[] {
  const stated = lookUp(referral, 1, statuses, { label: 'Status of the referral', reading })
  const performer = providerOf(message, 'RT', reading)
  return [
    ['status', isCancelled ? 'revoked' : stated],
    ['identifier', identifiersOf(referral, reading)],
    ['code', concepts(referral, 3, 'Type of referral', reading)?.[0], referral, 3],
    ['priority', toPriority(field(referral, 2)[0]), referral, 2],
    ['authoredOn', toDateTime(text(referral, 9)) ?? toDateTime(text(referral, 7))],
    ['occurrencePeriod', periodOf(referral)],
    ['reasonCode', concepts(referral, 10, 'Reason', reading) ?? diagnosesIn(message, reading), referral, 10],
    ['requester', providerOf(message, 'RP', reading)],
    ['performer', performer && [performer]],
    ['note', noteOf(message)]
  ]
}

function periodOf(referral: Segment): ServiceRequest['occurrencePeriod'] {
  const [start, end] = [7, 8].map((number) => toDateTime(text(referral, number)))
  if (start === undefined) return undefined
  return end === undefined || end < start ? { start } : { start, end }
}

function identifiersOf(referral: Segment, { context }: Reading): ServiceRequest['identifier'] {
  const found = (
    [
      ['PLAC', 6],
      ['FILL', 11]
    ] as const
  ).flatMap(([type, number]) => {
    const [value] = field(referral, number)
    const system = localSystem(context.source, 'referral', part(value, 2))
    const found = part(value)
    return found === undefined ? [] : [{ type: identifierType(type), system, value: found }]
  })
  return found.length > 0 ? found : undefined
}

/**
 * PRD of a role (HL7 table 0286). Its name (PRD-2) and number (PRD-7) together are what other fields have in one.
 */
function providerOf(message: Message, role: string, reading: Reading): PractitionerReference | undefined {
  const provider = allOf(message.segments, 'PRD').find((segment) =>
    field(segment, 1).some((value) => part(value)?.toUpperCase() === role)
  )
  const name = field(provider, 2)[0]
  const number = field(provider, 7)[0]
  const source = name ?? number
  if (!source) return undefined
  const names = Array.from({ length: 6 }, (_, at) => name?.components[at] ?? '')
  const kind = number?.components[1] ?? ''
  const components = [number?.components[0] ?? '', ...names, kind]
  return toPractitioner({ ...source, raw: '', components }, reading) as PractitionerReference | undefined
}

function diagnosesIn({ segments }: Message, reading: Reading): ServiceRequest['reasonCode'] {
  const found = allOf(segments, 'DG1').flatMap((segment) => concepts(segment, 3, 'Diagnosis', reading) ?? [])
  return found.length > 0 ? found : undefined
}

function noteOf({ segments }: Message): ServiceRequest['note'] {
  const words = toLines(allOf(segments, 'NTE'))
  return words === undefined ? undefined : [{ text: words }]
}
