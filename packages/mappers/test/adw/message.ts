import { createHash } from 'node:crypto'
import { foldEvents } from '@chesil/care-record'
import type { ContributionEntry, MessagePart } from '@chesil/contracts'
import { adwToContributions } from '../../src/adw/contributions.ts'
import { readAdwMessage } from '../../src/adw/message.ts'
import type { MessageContext } from '../../src/message-context.ts'
import type { Loose } from '../asking.ts'

export const hash = (...parts: readonly string[]): string =>
  createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 32)

/** The base case: the feed of notices of a hospital whose own numbers we know by name. */
export const context: MessageContext = {
  source: {
    id: 'hospital-notices',
    odsCode: 'RXX01',
    name: 'A hospital',
    patientNumberSystem: 'https://hospital.example/number',
    patientNumberAuthorities: ['RFM8C2']
  },
  receivedAt: '2026-11-22T12:00:00.000Z',
  personId: ({ system, value }) => hash(system, value),
  resourceId: (type, name) => hash('hospital-notices', type, name)
}

export const codes = {
  assessment: '975701000000106',
  assessmentAccept: '975711000000108',
  assessmentReject: '975721000000102',
  discharge: '975731000000100',
  dischargeAccept: '975821000000109',
  dischargeReject: '975831000000106',
  withdrawal: '975841000000102',
  withdrawalOfAssessment: '1078011000000107',
  withdrawalOfDischarge: '975851000000104',
  withdrawalAccept: '1025651000000109',
  withdrawalReject: '1025641000000106',
  admission: '895571000000108'
} as const

export const nhsNumber = '9449305552'
export const requestNumber = '0b1f4a4e-57a6-4f3c-9d56-0c5b5f3a7d01'
export const stayNumber = '7c1f4a4e-57a6-4f3c-9d56-0c5b5f3a7d99'
export const to = (id: string): string => `<reference value="urn:uuid:${id}"/>`
export const identifier = (system: string, value: string, more = ''): string =>
  `<identifier><system value="${system}"/><value value="${value}"/>${more}</identifier>`
export const nhs = identifier('https://fhir.nhs.uk/Id/nhs-number', nhsNumber)
export const local = identifier(
  'https://fhir.nhs.uk/Id/local-patient-identifier',
  'A123',
  `<assigner>${to('hospital')}</assigner>`
)

export const entry = (type: string, id: string, body: string): string =>
  `<entry><fullUrl value="urn:uuid:${id}"/><resource><${type}><id value="${id}"/>${body}</${type}></resource></entry>`

export const patient = (numbers = nhs + local, id = 'p1'): string =>
  entry(
    'Patient',
    id,
    `${numbers}<name><use value="usual"/><family value="van"/><family value="Dyke"/><given value="Maeve"/></name><gender value="female"/><birthDate value="1962-04-09"/>`
  )

const organisations = [
  entry(
    'Organization',
    'hospital',
    `${identifier('https://fhir.nhs.uk/Id/ods-site-code', 'RXX01')}<name value="A hospital"/>`
  ),
  entry(
    'Organization',
    'council',
    `${identifier('https://fhir.nhs.uk/Id/ods-organization-code', 'E0001')}<name value="A council"/>`
  ),
  entry('Organization', 'team', `<name value="Hospital team"/><partOf>${to('council')}</partOf>`)
]

const practitioners = [
  entry(
    'Practitioner',
    'liaison',
    `<name><family value="Gulliver"/><given value="Leticia"/></name><practitionerRole><managingOrganization>${to('hospital')}</managingOrganization><role><text value="Discharge co-ordinator"/></role></practitionerRole>`
  ),
  entry('Practitioner', 'consultant', '<name><family value="Stibbs"/><prefix value="Dr"/></name>')
]

export interface Notice {
  readonly event?: string
  readonly header?: string
  readonly at?: string
  /** Value of `MessageHeader.reason`, in words. */
  readonly reason?: string
  readonly request?: string
  readonly stay?: string
  readonly status?: string
  /** Inside `Encounter.period`. */
  readonly period?: string
  readonly recipient?: string
  /** Further elements of the header, and of the request. */
  readonly more?: string
  readonly description?: string
  readonly patient?: string
  readonly named?: string
  readonly entries?: readonly string[]
}

const answers: ReadonlySet<string> = new Set([
  ...[codes.assessmentAccept, codes.assessmentReject, codes.dischargeAccept],
  ...[codes.dischargeReject, codes.withdrawalAccept, codes.withdrawalReject]
])

function headerOf({
  event = codes.assessment,
  header = 'header-1',
  at = '2026-03-01T10:00:00+00:00',
  ...rest
}: Notice) {
  const isAnswer = answers.has(event)
  const [source, destination] = isAnswer ? ['E0001', 'RXX01'] : ['RXX01', 'E0001']
  const endpoint = (name: string, code: string | undefined) =>
    `<${name}><endpoint value="urn:nhs-uk:addressing:ods:${code}"/></${name}>`
  const people = isAnswer
    ? `<receiver>${to('liaison')}</receiver><responsible>${to('council')}</responsible>`
    : `<author>${to('liaison')}</author><receiver>${to('council')}</receiver><responsible>${to('consultant')}</responsible>`
  const response = isAnswer ? '<response><identifier value="header-1"/><code value="ok"/></response>' : ''
  const reason = rest.reason === undefined ? '' : `<reason><text value="${rest.reason}"/></reason>`
  return entry(
    'MessageHeader',
    header,
    `<timestamp value="${at}"/><event><system value="http://snomed.info/sct"/><code value="${event}"/></event>${rest.more ?? response}${endpoint('source', source)}${endpoint('destination', destination)}${people}${reason}<data>${to('request')}</data>`
  )
}

/** A notice, or an answer: the base case asks for an assessment. */
export function notice(overrides: Notice = {}): string {
  const {
    request = `<identifier><value value="${requestNumber}"/></identifier>`,
    stay = identifier('https://fhir.nhs.uk/encounter-id', stayNumber),
    status = 'in-progress',
    period = '<start value="2026-02-20"/>',
    recipient = 'council',
    description = '',
    patient: person = patient(),
    named = 'p1',
    entries = []
  } = overrides
  const subject = `<patient>${to(named)}</patient>`
  const referral = `<status value="requested"/>${request}${subject}<requester>${to('liaison')}</requester><recipient>${to(recipient)}</recipient><encounter>${to('stay')}</encounter>${description}`
  const encounter = `${stay}<status value="${status}"/><class value="inpatient"/>${subject}<period>${period}</period><location><location>${to('ward')}</location></location><serviceProvider>${to('hospital')}</serviceProvider>`
  return `<?xml version="1.0" encoding="UTF-8"?><Bundle xmlns="http://hl7.org/fhir"><id value="bundle-1"/><type value="message"/>${headerOf(overrides)}${entry('ReferralRequest', 'request', referral)}${entry('Encounter', 'stay', encounter)}${person}${entry('Location', 'ward', '<name value="Collier Ward"/>')}${organisations.join('')}${practitioners.join('')}${entries.join('')}</Bundle>`
}

/** @throws Error when it cannot be read. */
export function read(xml: string) {
  const found = readAdwMessage(xml)
  if (!found) throw new Error('Not a message')
  return found
}

export const map = (xml: string, overrides: Partial<MessageContext> = {}) =>
  adwToContributions(readAdwMessage(xml), { ...context, ...overrides })

/** What a message says about its person. @throws Error when it was refused. */
export function tell(xml: string, overrides: Partial<MessageContext> = {}): MessagePart {
  const mapped = map(xml, overrides)
  const [part] = mapped.outcome === 'mapped' ? mapped.parts : []
  if (!part) throw new Error('Refused')
  return part
}

/** The item as a reader would see it if nothing else had been said of it. */
export function landed(told: ContributionEntry): Loose {
  const order = { time: '2026-03-01T10:00:00.000Z', sequence: 0, hash: '' }
  return (told.event && foldEvents([{ order, event: told.event }])) ?? {}
}

/** A message is read once, however many orders it is tried in. */
const known = new Map<string, ReturnType<typeof eventsIn>>()
function eventsIn(xml: string) {
  const mapped = map(xml)
  if (mapped.outcome === 'refused') throw new Error('Refused')
  const order = { time: mapped.sourceTime, sequence: mapped.sourceSequence, hash: hash(xml) }
  return mapped.parts.flatMap(({ contribution }) =>
    contribution.entries.flatMap(({ sourceResourceId, event }) =>
      event ? [{ name: sourceResourceId, order, event }] : []
    )
  )
}

function eventsOf(xml: string) {
  const found = known.get(xml) ?? eventsIn(xml)
  known.set(xml, found)
  return found
}

/** The items as a reader sees them after these messages, by name, whatever the order they are given in. */
export function after(messages: readonly string[]): Record<string, Loose | undefined> {
  const byName = Map.groupBy(messages.flatMap(eventsOf), ({ name }) => name)
  return Object.fromEntries([...byName].map(([name, told]) => [name, foldEvents(told)]))
}

export const names = {
  assessment: `referral/${requestNumber}|assessment|E0001`,
  discharge: `referral/${requestNumber}|discharge|E0001`,
  stay: `encounter/${stayNumber}`
} as const

/** Every order of a few things. */
export function ordersOf<T>(things: readonly T[]): T[][] {
  if (things.length < 2) return [[...things]]
  return things.flatMap((first, at) =>
    ordersOf(things.filter((_, other) => other !== at)).map((rest) => [first, ...rest])
  )
}
