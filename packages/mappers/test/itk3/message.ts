import { createHash } from 'node:crypto'
import { foldEvents } from '@chesil/care-record'
import type { ContributionEntry, MessagePart } from '@chesil/contracts'
import { itk3ToContributions, readItk3Message } from '../../src/index.ts'
import type { MessageContext } from '../../src/message-context.ts'
import type { Loose } from '../asking.ts'

const hash = (...parts: readonly string[]): string =>
  createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 32)

/** The base case: a trust whose own numbers we know by name. */
export const context: MessageContext = {
  source: {
    id: 'trust-letters',
    odsCode: 'RXX',
    name: 'A trust',
    patientNumberSystem: 'https://trust.example/number',
    patientNumberAuthorities: []
  },
  receivedAt: '2026-11-22T12:00:00.000Z',
  personId: ({ system, value }) => hash(system, value),
  resourceId: (type, name) => hash('trust-letters', type, name)
}

export const nhsNumber = '9449305552'
export const setId = '0b1f4a4e-57a6-4f3c-9d56-0c5b5f3a7d01'
export const to = (id: string): string => `<reference value="urn:uuid:${id}"/>`
export const subject = `<subject>${to('p1')}</subject>`
export const patientElement = `<patient>${to('p1')}</patient>`
export const snomed = (code: string, display: string): string =>
  `<coding><system value="http://snomed.info/sct"/><code value="${code}"/><display value="${display}"/></coding>`
export const identifier = (system: string, value: string): string =>
  `<identifier><system value="${system}"/><value value="${value}"/></identifier>`

export const entry = (type: string, id: string, body: string): string =>
  `<entry><fullUrl value="urn:uuid:${id}"/><resource><${type}><id value="${id}"/>${body}</${type}></resource></entry>`

export const patient = (
  numbers = identifier('https://fhir.nhs.uk/Id/nhs-number', nhsNumber),
  id = 'p1'
): string =>
  entry(
    'Patient',
    id,
    `${numbers}<name><use value="official"/><family value="O’Brien"/><given value="Maeve"/></name><gender value="female"/><birthDate value="1962-04-09"/>`
  )

export interface Letter {
  readonly set?: string
  readonly bundle?: string
  readonly status?: string
  readonly date?: string
  readonly updated?: string
  /** Further elements of the Composition. */
  readonly composition?: string
  readonly patient?: string
  readonly entries?: readonly string[]
}

/** A document Bundle. */
export function letter({
  set = setId,
  bundle = 'version-1',
  status = 'final',
  date = '2026-03-01T10:00:00+00:00',
  updated = '2026-03-01T10:05:00+00:00',
  composition = '',
  patient: person = patient(),
  entries = []
}: Letter = {}): string {
  const header = `${identifier('https://tools.ietf.org/html/rfc4122', set)}<status value="${status}"/><type>${snomed('373942005', 'Discharge summary')}</type>${subject}<date value="${date}"/><author>${to('doctor')}</author><title value="Discharge summary"/><custodian>${to('trust')}</custodian>`
  return `<Bundle xmlns="http://hl7.org/fhir"><id value="${bundle}"/><meta><lastUpdated value="${updated}"/></meta>${identifier('https://trust.example/bundle', bundle)}<type value="document"/>${entry('Composition', `composition-${bundle}`, header + composition)}${person}${entry('Practitioner', 'doctor', `${identifier('https://fhir.hl7.org.uk/Id/gmc-number', '6122477')}<name><family value="Rastall"/><prefix value="Dr"/></name>`)}${entry('Organization', 'trust', `${identifier('https://fhir.nhs.uk/Id/ods-organization-code', 'RXX')}<name value="A trust"/>`)}${entries.join('')}</Bundle>`
}

export interface Envelope {
  readonly event?: string
  readonly business?: string
  readonly infrastructure?: string
  readonly extra?: string
}

/** A message around a document. */
export function message(
  document = letter(),
  { event = 'ITK007C', business = 'true', infrastructure = 'true', extra = '' }: Envelope = {}
): string {
  const flag = (url: string, value: string) =>
    value === '' ? '' : `<extension url="${url}"><valueBoolean value="${value}"/></extension>`
  const header = `<extension url="https://fhir.nhs.uk/STU3/StructureDefinition/Extension-ITK-MessageHandling-2">${flag('BusAckRequested', business)}${flag('InfAckRequested', infrastructure)}</extension><event><system value="https://fhir.nhs.uk/STU3/CodeSystem/ITK-MessageEvent-2"/><code value="${event}"/></event><sender>${to('sender')}</sender><timestamp value="2026-03-01T10:06:00+00:00"/><source><endpoint value="TRUST-MAILBOX"/></source>${extra}`
  return `<?xml version="1.0" encoding="UTF-8"?><Bundle xmlns="http://hl7.org/fhir">${identifier('https://trust.example/message', 'm-1')}<type value="message"/>${entry('MessageHeader', 'header-1', header)}${entry('Organization', 'sender', identifier('https://fhir.nhs.uk/Id/ods-organization-code', 'RXX'))}<entry><fullUrl value="urn:uuid:document"/><resource>${document}</resource></entry></Bundle>`
}

/** @throws Error when it cannot be read. */
export function read(xml: string) {
  const found = readItk3Message(xml)
  if (!found) throw new Error('Not an ITK3 message')
  return found
}

export const map = (xml: string, overrides: Partial<MessageContext> = {}) =>
  itk3ToContributions(read(xml), { ...context, ...overrides })

/** What a message says about its person. @throws Error when it was refused. */
export function tell(xml: string): MessagePart {
  const mapped = map(xml)
  const [part] = mapped.outcome === 'mapped' ? mapped.parts : []
  if (!part) throw new Error('Refused')
  return part
}

/** The item as a reader would see it if nothing else had been said of it. */
export function landed(told: ContributionEntry): Loose {
  const order = { time: '2026-03-01T10:00:00.000Z', sequence: 0, hash: '' }
  return told.resource ?? (told.event && foldEvents([{ order, event: told.event }])) ?? {}
}

export const itemsOf = (xml: string, type: string): Loose[] =>
  tell(xml)
    .contribution.entries.filter(({ resourceType }) => resourceType === type)
    .map(landed)

/** @throws Error when there is not exactly one. */
export function itemOf(xml: string, type: string): Loose {
  const [only, ...others] = itemsOf(xml, type)
  if (!only || others.length > 0) throw new Error(`Not one ${type}`)
  return only
}
