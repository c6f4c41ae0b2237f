import { createHash, randomBytes } from 'node:crypto'
import { type MessageToTake, packBody, type Taken } from '@chesil/record-store'
import { acknowledge } from '../hl7v2/acknowledgement.ts'
import { type DecodedText, decodeText, findCharacterSet } from '../hl7v2/character-sets.ts'
import { isWithinLimits } from '../hl7v2/door-limits.ts'
import { type Header, isControlId, readHeader } from '../hl7v2/header.ts'
import type { Refusal } from '../hl7v2/refusals.ts'
import { holdsSeveral } from '../hl7v2/segments.ts'
import type { DoorFindings } from './deny-list.ts'
import type { Peer, Sender } from './senders.ts'

/** As `inbox_message.interface` has it. */
export const hl7v2Interface = 'hl7v2'

/**
 * - `new`, `again`, `denied`: acknowledged, see `Taken`; `denied` is not kept
 * - `ignored`: an acknowledgement, which nobody answers
 * - else why it was refused
 */
export type IntakeOutcome = Taken['outcome'] | 'ignored' | Refusal

export interface IntakeDeps {
  readonly findSender: (header: Header) => Sender | undefined
  /** Resolves when the message is committed. */
  readonly take: (message: MessageToTake) => Promise<Taken>
  readonly newId: () => string
  /** ms since 1970 */
  readonly now: () => number
  /** @param sourceId `unknown` where the message did not get that far. */
  readonly onOutcome: (sourceId: string, outcome: IntakeOutcome) => void
  /** Worth a look: see the columns of the same names in `inbox_message`. */
  readonly onFlag: (sourceId: string, flag: 'control-id-reused' | 'character-set-guessed') => void
}

export interface Delivery {
  readonly bytes: Buffer
  /** As the transport says; it outweighs MSH-18. */
  readonly characterSet?: string
  /** Whom the transport has found the sender to be: it may speak for no other organisation. */
  readonly organisation?: string
  /** Catalogue ids of the sources for which the sender may speak; absent: of all. */
  readonly sourceIds?: readonly string[]
  /** Where it comes from, if the transport knows nothing else of its sender. */
  readonly peer?: Peer
}

export interface IntakeAnswer {
  readonly outcome: IntakeOutcome
  /** For the sender, in their order; none where it asked for none. */
  readonly acknowledgements: readonly Buffer[]
  /** Of the rows of the inbox that keep it and what follows from it; none of what was refused. */
  readonly messageIds: readonly string[]
}

export type Intake = (delivery: Delivery) => Promise<IntakeAnswer>

/** Takes messages in at the door: what is acknowledged is committed, and what is refused leaves no trace. */
export function createIntake(deps: IntakeDeps): Intake {
  const context = { newControlId: () => randomBytes(10).toString('hex'), now: deps.now }

  return async (delivery) => {
    const header = readHeader(delivery.bytes)
    if (typeof header === 'string') {
      deps.onOutcome('unknown', header)
      return { outcome: header, acknowledgements: acknowledge(undefined, header, context), messageIds: [] }
    }
    if (header.type === 'ACK') {
      deps.onOutcome('unknown', 'ignored')
      return { outcome: 'ignored', acknowledgements: [], messageIds: [] }
    }
    const sender = findSender(header, delivery, deps)
    const result = sender ? await takeIn(delivery, header, sender, deps) : 'unknownSender'
    const { outcome, messageIds } = typeof result === 'string' ? refused(result) : result
    deps.onOutcome(sender?.source.id ?? 'unknown', outcome)
    const refusal = isTaken(outcome) ? undefined : outcome
    return { outcome, acknowledgements: acknowledge(header, refusal, context), messageIds }
  }
}

function findSender(
  header: Header,
  { organisation, sourceIds, peer }: Delivery,
  deps: IntakeDeps
): Sender | undefined {
  const sender = deps.findSender(header)
  if (peer && sender && !sender.mayComeFrom(peer)) return undefined
  if (sourceIds && sender && !sourceIds.includes(sender.source.id)) return undefined
  return organisation === undefined || sender?.source.odsCode === organisation ? sender : undefined
}

const isTaken = (outcome: Taken['outcome'] | Refusal): outcome is Taken['outcome'] =>
  outcome === 'new' || outcome === 'again' || outcome === 'denied'

const refused = (outcome: Refusal) => ({ outcome, messageIds: [] })

interface TakenIn {
  readonly outcome: Taken['outcome']
  readonly messageIds: readonly string[]
}

async function takeIn(
  { bytes, characterSet }: Delivery,
  header: Header,
  sender: Sender,
  deps: IntakeDeps
): Promise<TakenIn | Refusal> {
  if (header.type === '') return 'noType'
  if (header.controlId === '') return 'noControlId'
  if (!isControlId(header.controlId)) return 'controlId'
  const named = characterSet ?? header.characterSet
  const said = named === '' ? sender.characterSet : findCharacterSet(named)
  if (said === undefined) return 'characterSet'
  const decoded = decodeText(bytes, said)
  if (!isWithinLimits(decoded.text, header.delimiters)) return 'tooManyParts'
  if (holdsSeveral(decoded.text, header.delimiters)) return 'twoMessages'
  const findings = sender.check(decoded.text)
  const message = await toMessage(bytes, header, { sender, decoded, findings }, deps)
  const taken = await takeAll(message, findings, deps).catch(() => undefined)
  if (!taken) return 'unavailable'
  if (taken.isControlIdReused) deps.onFlag(sender.source.id, 'control-id-reused')
  if (decoded.isGuessed && taken.outcome === 'new') deps.onFlag(sender.source.id, 'character-set-guessed')
  return taken
}

/** What a message says of who is who is taken though the rest of it is denied, and so is what follows from that. */
async function takeAll(
  message: MessageToTake,
  findings: DoorFindings,
  deps: IntakeDeps
): Promise<Taken & TakenIn> {
  const taken = await deps.take(message)
  if (taken.outcome !== 'denied' && !findings.isDenied) return { ...taken, messageIds: [taken.id] }
  const followers = await afterDenial(message, findings)
  const others = await Promise.all(followers.map((one) => deps.take({ ...one, id: deps.newId() })))
  return { ...taken, messageIds: [taken, ...others].map(({ id }) => id) }
}

/**
 * - A stay that has another number now is refused under that one, too.
 * - Of a merge or a link, that is left.
 */
async function afterDenial(message: MessageToTake, findings: DoorFindings): Promise<MessageToTake[]> {
  const { body: _, visitHash, otherVisitHashes, deniedVisitHashes: __, ...rest } = message
  const keyFor = (what: string) => hash(JSON.stringify([message.controlKey, what]))
  const followers: MessageToTake[] = []
  if (findings.isRenumbered && !findings.isDenied && visitHash !== undefined && otherVisitHashes) {
    const deniedVisitHashes = [visitHash, ...otherVisitHashes]
    followers.push({ ...rest, controlKey: keyFor('stay'), visitHash, otherVisitHashes, deniedVisitHashes })
  }
  if (findings.identityText !== undefined) {
    const body = await packBody(Buffer.from(findings.identityText))
    followers.push({ ...rest, controlKey: keyFor('identity'), body, characterSet: 'utf8' })
  }
  return followers
}

interface Received {
  readonly sender: Sender
  readonly decoded: DecodedText
  readonly findings: DoorFindings
}

async function toMessage(
  bytes: Buffer,
  header: Header,
  { sender, decoded, findings }: Received,
  { newId }: IntakeDeps
): Promise<MessageToTake> {
  const { isDenied, isRenumbered: _, identityText: __, ...visits } = findings
  const { sendingApplication, sendingFacility, controlId } = header
  return {
    id: newId(),
    sourceId: sender.source.id,
    interface: hl7v2Interface,
    ...(!isDenied && { body: await packBody(bytes) }),
    bodyHash: hash(bytes),
    controlKey: hash(JSON.stringify([sendingApplication, sendingFacility, controlId])),
    controlId,
    event: eventOf(header),
    characterSet: decoded.characterSet,
    isCharacterSetGuessed: decoded.isGuessed,
    ...visits
  }
}

const hash = (content: string | Buffer): string => createHash('sha256').update(content).digest('base64url')

/** For counting and for operators: what is no code is not shown. */
const eventOf = ({ type, trigger }: Header): string =>
  [type, trigger].every((code) => /^\w{0,7}$/.test(code)) ? `${type}^${trigger}` : 'other'
