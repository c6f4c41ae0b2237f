import { createHash } from 'node:crypto'
import type { FhirSender, SourceCatalogue, VersionGap, WebhookIssue } from '@chesil/contracts'
import { OutcomeError } from '@chesil/fhir'
import { type FhirPush, type FhirPushRefusal, issuesOfTime, readFhirPush } from '@chesil/mappers'
import {
  type ClaimedWebhook,
  type Database,
  type MessageToTake,
  noteItemVersions,
  packBody,
  type Taken,
  type WebhookSettlement
} from '@chesil/record-store'
import { createDenial } from '../intake/denied-values.ts'
import { contextOf } from '../message-context.ts'
import { readJson } from './read-body.ts'
import { withoutDenied } from './without-denied.ts'

/** As `inbox_message.interface` has it. */
export const fhirPushInterface = 'fhir-r4-push'

export interface FhirPushDoorDeps {
  readonly catalogue: Pick<SourceCatalogue, 'sources'>
  readonly database: Database
  /** Resolves when the message is committed. */
  readonly take: (message: MessageToTake) => Promise<Taken>
  /** UUID */
  readonly newId: () => string
  /** @param sourceId `unknown` where the message did not get that far. */
  readonly onOutcome: (sourceId: string, outcome: string) => void
  /** Of items that their source does not share. */
  readonly onDenied: (sourceId: string, count: number) => void
}

/** How far a sender's clock may be ahead of ours. */
const skewMs = 300_000
const mostIssues = 50

/**
 * FHIR R4 that a partner sent to the gateway: taken in for the one source of the partner's that pushes, or refused with
 * every fault that was found. Each resource is somebody's, and each version has its place in the source's order.
 *
 * @throws OutcomeError `unavailable`: it may be tried again.
 */
export function createFhirPushDoor(deps: FhirPushDoorDeps) {
  const senders: ReadonlyMap<string, PushSender> = new Map(
    deps.catalogue.sources
      .filter((source) => source.kind === 'fhir-sender')
      .filter(({ releaseStage }) => releaseStage === 'live')
      .map((source) => [source.id, { source, isDenied: createDenial(source.refuse) }])
  )
  return async (event: ClaimedWebhook): Promise<WebhookSettlement> => {
    const [sender, ...others] = event.sourceIds.flatMap((id) => senders.get(id) ?? [])
    if (!sender) return reject('no-source', [noSource], 'unknown', deps)
    if (others.length > 0) return reject('ambiguous-source', [ambiguous], 'unknown', deps)
    const { id } = sender.source
    const body = readJson(event.body)
    if ('fault' in body) return reject('not-fhir', [{ text: body.fault }], id, deps)
    const push = readPush(body.json, sender.source, event)
    if (push.outcome === 'refused') return rejectPush(push, id, deps)
    const kept = await withoutDenied(push, { ...sender, json: body.json, bytes: event.body }, deps)
    if (kept.denied > 0) deps.onDenied(id, kept.denied)
    const { bytes } = kept
    if (bytes)
      return { ...(await takeIn(event, sender.source, { ...kept, bytes }, deps)), denied: kept.denied }
    deps.onOutcome(id, 'denied')
    return { outcome: 'taken', inboxMessageIds: [], denied: kept.denied, reason: 'denied' }
  }
}

interface PushSender {
  readonly source: FhirSender
  readonly isDenied: ReturnType<typeof createDenial>
}

function readPush(json: unknown, source: FhirSender, event: ClaimedWebhook): FhirPush | FhirPushRefusal {
  const push = readFhirPush(json, contextOf(source, new Date(event.receivedAt).toISOString()))
  const issues = push.outcome === 'read' ? issuesOfTime(push, latestFor(event)) : []
  return issues.length > 0 ? { outcome: 'refused', issues } : push
}

const latestFor = ({ receivedAt }: ClaimedWebhook): string => new Date(receivedAt + skewMs).toISOString()

const withoutReason = ({ text, expression }: WebhookIssue): WebhookIssue => ({
  text,
  ...(expression !== undefined && { expression })
})

const noSource: WebhookIssue = {
  text: 'None of your sources pushes FHIR: have an operator register one of the kind fhir-sender'
}
const ambiguous: WebhookIssue = {
  text: 'Several of your sources push FHIR, and what you send does not say which: have a partner registered for each'
}

function reject(
  reason: string,
  issues: readonly WebhookIssue[],
  sourceId: string,
  { onOutcome }: FhirPushDoorDeps
): WebhookSettlement {
  onOutcome(sourceId, reason)
  return { outcome: 'rejected', reason, issues: issues.slice(0, mostIssues) }
}

/** The first fault gives the reason. */
const rejectPush = ({ issues }: FhirPushRefusal, sourceId: string, deps: FhirPushDoorDeps) =>
  reject(issues[0]?.reason ?? 'not-fhir', issues.map(withoutReason), sourceId, deps)

interface Kept {
  readonly bytes: Buffer
  readonly items: FhirPush['items']
}

async function takeIn(
  event: ClaimedWebhook,
  source: FhirSender,
  kept: Kept,
  deps: FhirPushDoorDeps
): Promise<Extract<WebhookSettlement, { outcome: 'taken' }>> {
  const taken = await deps.take(await toMessage(event, source, kept, deps)).catch(() => undefined)
  deps.onOutcome(source.id, taken?.outcome ?? 'unavailable')
  if (!taken) throw new OutcomeError('unavailable', 'Not kept just now')
  const gaps = await noteVersions(source.id, kept.items, deps.database)
  return { outcome: 'taken', inboxMessageIds: [taken.id], ...(gaps.length > 0 && { gaps }) }
}

async function toMessage(
  { partnerId, eventId, body }: ClaimedWebhook,
  source: FhirSender,
  { bytes, items }: Kept,
  { newId }: FhirPushDoorDeps
): Promise<MessageToTake> {
  const types = new Set(items.map(({ entry }) => entry.type))
  return {
    id: newId(),
    sourceId: source.id,
    interface: fhirPushInterface,
    body: await packBody(bytes),
    bodyHash: hash(body),
    // The same content under another id is another event: it says the same, and changes nothing.
    controlKey: hash(JSON.stringify([partnerId, eventId])),
    controlId: eventId.replaceAll(/\s/g, ' ').slice(0, 400),
    event: types.size === 1 ? ([...types][0] ?? 'Bundle') : 'Bundle',
    characterSet: 'UTF-8',
    isCharacterSetGuessed: false
  }
}

const hash = (content: string | Buffer): string => createHash('sha256').update(content).digest('base64url')

async function noteVersions(
  sourceId: string,
  items: FhirPush['items'],
  database: Database
): Promise<readonly VersionGap[]> {
  const told = items.flatMap(({ name, entry: { version } }) =>
    version.number === undefined ? [] : [{ item: name, version: version.number }]
  )
  return told.length === 0 ? [] : await database.transaction((sql) => noteItemVersions(sql, sourceId, told))
}
