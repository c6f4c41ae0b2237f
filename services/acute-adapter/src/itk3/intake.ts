import { createHash } from 'node:crypto'
import type { Itk3Sender, SourceCatalogue } from '@chesil/contracts'
import {
  type Itk3Message,
  type Itk3ResponseCode,
  itk3Acknowledgement,
  readItk3Message
} from '@chesil/mappers'
import { decodeFhirXml } from '@chesil/message-intake'
import { type MessageToTake, packBody, type Taken } from '@chesil/record-store'
import { isDenied } from './deny-list.ts'

/** As `inbox_message.interface` has it: over HTTP, and by the mailbox, to which business acknowledgements go back. */
export const itk3Interface = 'itk3'
export const itk3MailboxInterface = 'itk3-mailbox'

/**
 * - `new`, `again`, `denied`: acknowledged, see `Taken`; of a denied one the content is not kept
 * - `ignored`: an acknowledgement, which nobody answers
 * - `unreadable`, `unknownSender`: refused for good
 * - `unavailable`: not kept just now; the same may be brought again
 */
export type Itk3Outcome = Taken['outcome'] | 'ignored' | 'unreadable' | 'unknownSender' | 'unavailable'

export interface Itk3IntakeDeps {
  readonly catalogue: Pick<SourceCatalogue, 'sources'>
  /** Resolves when the message is committed. */
  readonly take: (message: MessageToTake) => Promise<Taken>
  /** Who acknowledges, and where from. */
  readonly own: { readonly odsCode: string; readonly endpoint: string }
  /** UUID */
  readonly newId: () => string
  /** ms since 1970 */
  readonly now: () => number
  /** @param sourceId `unknown` where the message did not get that far. */
  readonly onOutcome: (sourceId: string, outcome: Itk3Outcome) => void
  readonly onFlag: (sourceId: string, flag: 'control-id-reused') => void
}

export interface Itk3Delivery {
  readonly bytes: Buffer
  /** Whom the transport has found the sender to be: it may speak for no other organisation. */
  readonly organisation?: string
  readonly isFromMailbox?: boolean
}

export interface Itk3Answer {
  readonly outcome: Itk3Outcome
  /** The infrastructure acknowledgement, where the sender asked for one or could not be understood. */
  readonly acknowledgement?: string
}

export type Itk3Intake = (delivery: Itk3Delivery) => Promise<Itk3Answer>

/** Takes ITK3 messages in at the door: what is acknowledged as processed is committed. */
export function createItk3Intake(deps: Itk3IntakeDeps): Itk3Intake {
  const senders = new Map(
    deps.catalogue.sources
      .filter((source) => source.kind === 'itk3')
      .filter(({ releaseStage }) => releaseStage === 'live')
      .map((source) => [source.odsCode, source])
  )
  return async (delivery) => {
    const { bytes, organisation } = delivery
    const text = decodeFhirXml(bytes)
    const message = text === undefined ? undefined : readItk3Message(text)
    const named = senders.get(message?.sender ?? organisation ?? '')
    const source = organisation === undefined || named?.odsCode === organisation ? named : undefined
    const outcome = await settle(delivery, message, source, deps)
    deps.onOutcome(source?.id ?? 'unknown', outcome)
    return answer(outcome, message, deps)
  }
}

async function settle(
  delivery: Itk3Delivery,
  message: Itk3Message | undefined,
  source: Itk3Sender | undefined,
  deps: Itk3IntakeDeps
): Promise<Itk3Outcome> {
  if (message === undefined) return 'unreadable'
  if (message.kind === 'acknowledgement') return 'ignored'
  if (source === undefined) return 'unknownSender'
  const taken = await deps.take(await toMessage(delivery, message, source, deps)).catch(() => undefined)
  if (taken === undefined) return 'unavailable'
  if (taken.isControlIdReused) deps.onFlag(source.id, 'control-id-reused')
  return taken.outcome
}

async function toMessage(
  { bytes, isFromMailbox = false }: Itk3Delivery,
  message: Itk3Message,
  source: Itk3Sender,
  { newId }: Itk3IntakeDeps
): Promise<MessageToTake> {
  const bodyHash = hash(bytes)
  const controlId = message.messageId?.replaceAll(/\s+/g, ' ').slice(0, 400) ?? bodyHash
  return {
    id: newId(),
    sourceId: source.id,
    interface: isFromMailbox ? itk3MailboxInterface : itk3Interface,
    ...(!isDenied(source, message) && { body: await packBody(bytes) }),
    bodyHash,
    controlKey: hash(JSON.stringify([message.sender, controlId])),
    controlId,
    event: eventOf(message),
    characterSet: 'UTF-8',
    isCharacterSetGuessed: false
  }
}

const hash = (content: string | Buffer): string => createHash('sha256').update(content).digest('base64url')

/** For counting and for operators: what is no code is not shown. */
function eventOf({ kind, event }: Itk3Message): string {
  if (kind === 'document') return 'document'
  return event !== undefined && /^ITK\d{3}[A-Z]$/.test(event) ? event : 'other'
}

/** A denied message was delivered as it should be; what is not shared with us is between us and its source. */
const responses: Readonly<Record<Exclude<Itk3Outcome, 'ignored'>, Itk3ResponseCode>> = {
  new: '20013',
  again: '20013',
  denied: '20013',
  unreadable: '10009',
  unknownSender: '20003',
  unavailable: '10001'
}

function answer(
  outcome: Itk3Outcome,
  message: Itk3Message | undefined,
  { newId, now, own }: Itk3IntakeDeps
): Itk3Answer {
  const isAsked = message?.acknowledge.infrastructure ?? true
  if (outcome === 'ignored' || !isAsked) return { outcome }
  const acknowledgement = itk3Acknowledgement({
    to: message ?? {},
    code: responses[outcome],
    ...(outcome === 'unavailable' && { isTransient: true }),
    at: new Date(now()).toISOString(),
    ids: { bundle: newId(), header: newId(), sender: newId(), receiver: newId(), outcome: newId() },
    from: own
  })
  return { outcome, acknowledgement }
}
