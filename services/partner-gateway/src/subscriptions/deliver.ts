import { isOutcomeError } from '@chesil/fhir'
import {
  type ClaimedDelivery,
  type Database,
  endSubscriptionsAt,
  failDelivery,
  numberDelivery,
  postponeDelivery,
  setEndpointDisabled,
  settleDelivered,
  settleWithheld
} from '@chesil/record-store'
import type { Sealing } from '@chesil/service-kit'
import { findExchangeFailure, type Outbound } from '@chesil/source-clients'
import { parseSigningKey, type SigningKey, signWebhook } from '@chesil/webhook-signatures'
import type { Receipt } from '../receipts/receipt.ts'
import type { Authorisation, EventToTell } from './authorise-event.ts'
import { type Notification, type ToldEvent, toNotificationBundle, toThinEvent } from './notification.ts'
import { givenUpAfterMs, nextAttemptAt, pausedUntil } from './schedule.ts'

export type DeliveryOutcome = 'delivered' | 'withheld' | 'postponed' | 'failed' | 'dead'

export interface DeliverDeps {
  readonly database: Database
  readonly sealing: Sealing
  readonly authorise: (event: EventToTell) => Promise<Authorisation>
  /** For an endpoint that may be in these ranges besides public addresses. */
  readonly outboundFor: (allowedRanges: readonly string[]) => Pick<Outbound, 'exchange'>
  /** Of one of the partner's events, as it stands now; undefined where it is gone. */
  readonly readReceipt: (partnerId: string, id: string) => Promise<Receipt | undefined>
  /** Before anything is sent that tells of a person. @throws where it cannot be committed. */
  readonly audit: (delivery: ClaimedDelivery, event: ToldEvent) => Promise<void>
  /** A key that this process cannot open signs nothing; the endpoint's other keys do. */
  readonly onUnopened: (keyId: string) => void
  readonly onOutcome: (outcome: DeliveryOutcome) => void
  readonly gatewayBase: () => string
  readonly recordBase: string
  readonly newId: () => string
  readonly random: () => number
  /** ms since 1970 */
  readonly now: () => number
  readonly timeoutMs: number
}

const laterMs = 30_000
const maxAnswerBytes = 65_536

/**
 * Sends one delivery that is in hand, and writes down what came of it. What may be told is decided now, whatever held when
 * it came about or was sent before.
 *
 * @throws where that could not be decided or written down: then it is taken in hand again once its lease is over.
 */
export async function deliver(delivery: ClaimedDelivery, deps: DeliverDeps): Promise<void> {
  const { database, now, onOutcome } = deps
  const event = delivery.kind === 'event' ? await prepareEvent(delivery, deps) : undefined
  if (event === 'later') {
    await postponeDelivery(database, delivery, now() + laterMs)
    return onOutcome('postponed')
  }
  if (event === 'withheld') {
    await database.transaction((sql) => settleWithheld(sql, delivery, now()))
    return onOutcome('withheld')
  }
  const keys = delivery.keys.flatMap((key) => openKey(key, deps))
  if (keys.length === 0) return await fail(delivery, { reason: 'no-key' }, deps)
  const body = Buffer.from(JSON.stringify(bodyOf(delivery, event, deps)))
  // At every attempt the same, so that the subscriber knows it again.
  const headers = signWebhook({ id: `msg_${delivery.id.replaceAll('-', '')}`, now: now(), body, keys })
  await send(delivery, { body, headers: { ...headers } }, deps)
}

async function prepareEvent(
  delivery: ClaimedDelivery,
  deps: DeliverDeps
): Promise<ToldEvent | 'withheld' | 'later'> {
  const { database, authorise, audit } = deps
  if (delivery.webhookEventId !== null) return await prepareReceipt(delivery, delivery.webhookEventId, deps)
  const { patientId, version, cause, occurredAt } = delivery
  if (patientId === null || version === null || cause === null || occurredAt === null)
    throw new Error('An event is about a version of a record')
  const verdict = await authorise({ ...delivery, patientId, version, cause })
  if (verdict.outcome !== 'told') return verdict.outcome
  const number = await numberDelivery(database, delivery)
  const event = {
    number,
    occurredAt,
    about: { patientId: verdict.patientId, version, items: verdict.items }
  }
  await audit(delivery, event)
  return event
}

async function prepareReceipt(
  delivery: ClaimedDelivery,
  id: string,
  { database, readReceipt }: DeliverDeps
): Promise<ToldEvent | 'withheld'> {
  const receipt = await readReceipt(delivery.partnerId, id)
  if (!receipt) return 'withheld'
  const number = await numberDelivery(database, delivery)
  return { number, occurredAt: Date.parse(receipt.appliedAt ?? receipt.acceptedAt), receipt }
}

function openKey(
  { id, sealed }: ClaimedDelivery['keys'][number],
  { sealing, onUnopened }: DeliverDeps
): readonly SigningKey[] {
  try {
    return [parseSigningKey(sealing.open(Buffer.from(sealed, 'base64'), id))]
  } catch {
    onUnopened(id)
    return []
  }
}

function bodyOf(delivery: ClaimedDelivery, event: ToldEvent | undefined, deps: DeliverDeps): object {
  const { kind, subscriptionId, topic, content, format, lastNumber } = delivery
  const notification: Notification = {
    type: kind === 'event' ? 'event-notification' : kind,
    id: deps.newId(),
    now: deps.now(),
    subscription: {
      ...{ id: subscriptionId, topic, content },
      status: kind === 'handshake' ? 'requested' : 'active',
      lastNumber: Math.max(lastNumber, event?.number ?? 0)
    },
    gatewayBase: deps.gatewayBase(),
    recordBase: deps.recordBase,
    events: event ? [event] : []
  }
  return format === 'fhir' ? toNotificationBundle(notification) : toThinEvent(notification)
}

interface Failure {
  readonly status?: number
  readonly reason: string
  readonly retryAfter?: string
}

async function send(
  delivery: ClaimedDelivery,
  content: { readonly body: Buffer; readonly headers: Readonly<Record<string, string>> },
  deps: DeliverDeps
): Promise<void> {
  const answer = await post(delivery, content, deps)
  if ('reason' in answer) return await fail(delivery, answer, deps)
  const { status, retryAfter } = answer
  if (status === 410) return await giveUpEndpoint(delivery, deps)
  if (status < 200 || status >= 300) {
    const reason = `status-${status}`
    return await fail(delivery, { status, reason, ...(retryAfter !== undefined && { retryAfter }) }, deps)
  }
  const { database, now, onOutcome } = deps
  await database.transaction((sql) => settleDelivered(sql, delivery, { status, now: now() }))
  onOutcome('delivered')
}

async function post(
  { url, format, allowedRanges }: ClaimedDelivery,
  { body, headers }: { readonly body: Buffer; readonly headers: Readonly<Record<string, string>> },
  { outboundFor, timeoutMs }: DeliverDeps
): Promise<{ readonly status: number; readonly retryAfter?: string } | Failure> {
  const contentType = format === 'fhir' ? 'application/fhir+json' : 'application/json'
  try {
    return await outboundFor(allowedRanges).exchange({
      method: 'POST',
      url,
      headers: { ...headers, 'content-type': contentType },
      body,
      signal: AbortSignal.timeout(timeoutMs),
      maxBytes: maxAnswerBytes
    })
  } catch (error) {
    if (!isOutcomeError(error)) throw error
    return { reason: findExchangeFailure(error) ?? 'not-answered' }
  }
}

async function fail(
  delivery: ClaimedDelivery,
  { status, reason, retryAfter }: Failure,
  { database, now, random, onOutcome }: DeliverDeps
): Promise<void> {
  const { attempt, failures } = delivery
  const at = now()
  const nextAt = nextAttemptAt({ attempt, now: at, retryAfter, random: random() })
  const failed = {
    ...(status !== undefined && { status }),
    ...(nextAt !== undefined && { nextAt }),
    ...{ reason, now: at },
    retryAt: pausedUntil({ failures, now: at, retryAfter }),
    givenUpSince: at - givenUpAfterMs
  }
  await database.transaction((sql) => failDelivery(sql, delivery, failed))
  onOutcome(nextAt === undefined ? 'dead' : 'failed')
}

/** It says that it is gone for good: nothing more is sent there, and what waits is kept to be delivered again. */
async function giveUpEndpoint(
  { endpointId }: ClaimedDelivery,
  { database, onOutcome }: DeliverDeps
): Promise<void> {
  await database.transaction(async (sql) => {
    await setEndpointDisabled(sql, endpointId, 'gone')
    await endSubscriptionsAt(sql, endpointId, 'gone')
  })
  onOutcome('dead')
}
