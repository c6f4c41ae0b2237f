import { randomUUID } from 'node:crypto'
import type { Itk3Sender } from '@chesil/contracts'
import type { MessageToTake, Taken } from '@chesil/record-store'
import { createItk3Intake, type Itk3Outcome } from '../src/itk3/intake.ts'

export const trust = (changes: Partial<Itk3Sender> = {}): Itk3Sender => ({
  id: 'trust-letters',
  odsCode: 'RXX',
  name: 'Trust',
  kind: 'itk3',
  releaseStage: 'live',
  retention: 'store',
  agreement: 'test',
  ...changes
})

const identifier = (system: string, value: string): string =>
  `<identifier><system value="${system}"/><value value="${value}"/></identifier>`
const entry = (type: string, id: string, body: string): string =>
  `<entry><fullUrl value="urn:uuid:${id}"/><resource><${type}><id value="${id}"/>${body}</${type}></resource></entry>`

export interface Sent {
  readonly id?: string
  readonly sender?: string
  readonly event?: string
  readonly title?: string
  /** InfAckRequested */
  readonly wantsAnswer?: boolean
  /** BusAckRequested */
  readonly wantsBusinessAnswer?: boolean
  /** Code of the document's type. */
  readonly type?: string
  readonly extra?: string
}

/** A send-document message with a letter in it. */
export function sent({
  id = 'm-1',
  sender = 'RXX',
  event = 'ITK007C',
  title = 'Letter',
  wantsAnswer = true,
  wantsBusinessAnswer = false,
  type = '373942005',
  extra = ''
}: Sent = {}): Buffer {
  const handling = `<extension url="https://fhir.nhs.uk/STU3/StructureDefinition/Extension-ITK-MessageHandling-2"><extension url="InfAckRequested"><valueBoolean value="${wantsAnswer}"/></extension><extension url="BusAckRequested"><valueBoolean value="${wantsBusinessAnswer}"/></extension></extension>`
  const header = `${handling}<event><code value="${event}"/></event><sender><reference value="urn:uuid:s"/></sender><source><endpoint value="MAILBOX"/></source>`
  const composition = `<status value="final"/><type><coding><system value="http://snomed.info/sct"/><code value="${type}"/></coding></type><subject><reference value="urn:uuid:p"/></subject><date value="2026-03-01"/><title value="${title}"/>`
  const document = `<Bundle><type value="document"/>${entry('Composition', 'c', composition)}${entry('Patient', 'p', identifier('https://fhir.nhs.uk/Id/nhs-number', '9449305552'))}${extra}</Bundle>`
  return Buffer.from(
    `<Bundle xmlns="http://hl7.org/fhir">${identifier('https://trust.example/message', id)}<type value="message"/>${entry('MessageHeader', 'h', header)}${entry('Organization', 's', identifier('https://fhir.nhs.uk/Id/ods-organization-code', sender))}<entry><resource>${document}</resource></entry></Bundle>`
  )
}

/** An intake that remembers what it took, each message once, as the inbox does. */
export function openIntake(...sources: readonly Itk3Sender[]) {
  const taken: MessageToTake[] = []
  const outcomes: [string, Itk3Outcome][] = []
  const flags: string[] = []
  const store = { isUp: true }
  const take = async (message: MessageToTake): Promise<Taken> => {
    if (!store.isUp) throw new Error('The database is down')
    const alike = taken.filter(({ controlKey }) => controlKey === message.controlKey)
    const same = alike.find(({ bodyHash }) => bodyHash === message.bodyHash)
    if (same) return { outcome: 'again', id: same.id, isControlIdReused: false }
    taken.push(message)
    return { outcome: message.body ? 'new' : 'denied', id: message.id, isControlIdReused: alike.length > 0 }
  }
  const intake = createItk3Intake({
    catalogue: { sources: sources.length > 0 ? [...sources] : [trust()] },
    take,
    own: { odsCode: 'X26', endpoint: 'CHESIL' },
    newId: randomUUID,
    now: () => Date.UTC(2026, 10, 22, 12),
    onOutcome: (source, outcome) => outcomes.push([source, outcome]),
    onFlag: (_source, flag) => flags.push(flag)
  })
  return { intake, taken, outcomes, flags, store }
}
