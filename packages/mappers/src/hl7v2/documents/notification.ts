import { type Coding, type DocumentReference, defined, type Identifier, systems } from '@chesil/fhir'
import { toDateTime } from '../date-time.ts'
import { concept, lookUp } from '../elements/concepts.ts'
import { localSystem } from '../elements/identifiers.ts'
import type { Reading } from '../elements/reading.ts'
import { field, type Message, part, type Segment, text } from '../message.ts'
import type { Said } from '../results/changes.ts'
import { encounterOf } from '../results/encounter.ts'
import { toLines } from '../results/notes.ts'
import { asInstant } from '../results/order.ts'
import { type PractitionerReference, practitionersIn } from '../results/references.ts'
import documentTypes from './tables/document-types.json' with { type: 'json' }
import type { DocumentTrigger } from './triggers.ts'

interface Source {
  readonly message: Message
  /** TXA */
  readonly notification: Segment
  readonly trigger: DocumentTrigger
}

/** What TXA says of a document, but for its number and its content. */
export function notificationElements({ message, notification, trigger }: Source, reading: Reading): Said[] {
  const completion = completionOf(notification, reading)
  const docStatus = completion === 'final' && trigger.isEdit ? 'amended' : completion
  const availability = availabilityOf(notification, reading)
  const notes = message.segments.filter(({ name }) => name === 'NTE')
  return [
    ['status', availability],
    ['docStatus', availability === 'entered-in-error' ? 'entered-in-error' : docStatus, notification, 17],
    ['masterIdentifier', identifierOf(notification, reading)],
    ['type', typeOf(notification, reading), notification, 2],
    ['meta.security', securityOf(notification, reading), notification, 18],
    ['date', lastWorkedOn(notification)],
    ['author', authorsOf(notification, reading), notification, 9],
    ['authenticator', completion === 'final' ? authenticatorOf(notification, reading) : undefined],
    ['custodian', custodianOf(reading)],
    ['description', toLines(notes)],
    ['context', contextOf(message, notification, reading)]
  ]
}

export const titleOf = (notification: Segment): string | undefined =>
  text(notification, 25, 1, 0) ?? text(notification, 2, 2, 0) ?? text(notification, 16, 1, 0)

type DocStatus = NonNullable<DocumentReference['docStatus']>

/** HL7 table 0271: only what is authenticated is final. */
const completions: ReadonlyMap<string, DocStatus> = new Map([
  ...['DI', 'DO', 'IN', 'IP', 'PA'].map((code) => [code, 'preliminary'] as const),
  ['AU', 'final'],
  ['LA', 'final']
])

/** What is not available for patient care is not final either. */
function completionOf(notification: Segment, reading: Reading): DocStatus | undefined {
  const completion = lookUp(notification, 17, completions, { label: 'Completion', reading })
  return text(notification, 19)?.toUpperCase() === 'UN' ? 'preliminary' : completion
}

type Availability = DocumentReference['status'] | undefined

/** HL7 table 0273. That a document is available does not make one current that has been replaced. */
const availabilities: ReadonlyMap<string, { readonly status: Availability }> = new Map([
  ['AV', { status: undefined }],
  ['UN', { status: undefined }],
  ['OB', { status: 'superseded' }],
  ['CA', { status: 'entered-in-error' }]
])

/** TXA-19: the document was cancelled, and its file goes with it. */
export const isUnavailable = (notification: Segment): boolean =>
  text(notification, 19)?.toUpperCase() === 'CA'

const availabilityOf = (notification: Segment, reading: Reading): Availability =>
  lookUp(notification, 19, availabilities, { label: 'Availability', reading })?.status

const identifierOf = (notification: Segment, { context }: Reading): Identifier | undefined => {
  const value = text(notification, 12) ?? text(notification, 12, 3)
  return value === undefined
    ? undefined
    : { system: localSystem(context.source, 'document', text(notification, 12, 2)), value }
}

const types: ReadonlyMap<string, string> = new Map(Object.entries(documentTypes))

/** A bare code of HL7 table 0270 is one of that table. */
function typeOf(notification: Segment, reading: Reading): DocumentReference['type'] {
  const [value] = field(notification, 2)
  const code = part(value)?.toUpperCase() ?? ''
  const display = types.get(code)
  const isBare = part(value, 2) === undefined && part(value, 3) === undefined
  if (display === undefined || !isBare) return concept(notification, 2, 'Type of document', reading)
  return { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0270', code, display }] }
}

const labels: ReadonlyMap<string, readonly [string, string]> = new Map<string, readonly [string, string]>([
  ...['R', 'RE', '2'].map((code) => [code, ['R', 'restricted']] as const),
  ...['V', 'VR', '3'].map((code) => [code, ['V', 'very restricted']] as const),
  ...['U', 'UC', '1'].map((code) => [code, ['N', 'normal']] as const)
])

/** TXA-18, HL7 table 0272. A code that is not known is taken for very restricted: it was meant to restrict. */
export function securityOf(notification: Segment, reading: Reading): Coding[] | undefined {
  if (field(notification, 18).length === 0) return undefined
  const found = lookUp(notification, 18, labels, { label: 'Confidentiality', reading })
  const [code, display] = found ?? ['V', 'very restricted']
  return [{ system: systems.confidentiality, code, display }]
}

/** The last of when it was edited, transcribed, begun and when the activity was. */
function lastWorkedOn(notification: Segment): string | undefined {
  const edits = field(notification, 8).map((edit) => toDateTime(part(edit)))
  const dates = [edits.at(-1), ...[7, 6, 4].map((number) => toDateTime(text(notification, number)))]
  return dates.map(asInstant).find((date) => date !== undefined)
}

/** The originator, and who did what it tells of. */
function authorsOf(notification: Segment, reading: Reading): PractitionerReference[] | undefined {
  const found = [9, 5].flatMap((number) => practitionersIn(notification, number, reading) ?? [])
  const known = new Map(found.map((author) => [JSON.stringify(author), author]))
  return known.size > 0 ? [...known.values()] : undefined
}

/** Who authenticated it, else who was to. */
const authenticatorOf = (notification: Segment, reading: Reading): PractitionerReference | undefined =>
  practitionersIn(notification, 22, reading)?.[0] ?? practitionersIn(notification, 10, reading)?.[0]

function custodianOf({ context }: Reading): DocumentReference['custodian'] {
  const { odsCode, name } = context.source
  return { identifier: { system: systems.odsOrganisation, value: odsCode }, display: name }
}

function contextOf(message: Message, notification: Segment, reading: Reading): DocumentReference['context'] {
  const encounter = encounterOf(message, reading.context)
  const start = toDateTime(text(notification, 4))
  const related = (
    [
      ['placer-order', 14],
      ['filler-order', 15]
    ] as const
  ).flatMap(([kind, number]) => {
    const [value] = field(notification, number)
    const found = part(value)
    const system = localSystem(reading.context.source, kind, part(value, 2))
    return found === undefined ? [] : [{ identifier: { system, value: found } }]
  })
  const context = defined({
    encounter: encounter && [encounter],
    period: start === undefined ? undefined : { start },
    related: related.length > 0 ? related : undefined
  })
  return Object.keys(context).length > 0 ? context : undefined
}
