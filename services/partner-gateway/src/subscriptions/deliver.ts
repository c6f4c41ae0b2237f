import { isOutcomeError } from '@chesil/fhir'
import {
  type ClaimedDelivery,
  type Database,
  endSubscription,
  failDelivery,
  numberDelivery,
  postponeDelivery,
  setEndpointDisabled,
  settleDelivered,
  settleWithheld
} from '@chesil/record-store'
import type { Sealing } from '@chesil/service-kit'
import { findExchangeFailure, type Outbound } from '@chesil/source-clients'
import { parseSigningKey, signWebhook } from '@chesil/webhook-signatures'
import { type AuthoriseDeps, authoriseEvent } from './authorise-event.ts'
import { type Notification, type ToldEvent, toNotificationBundle, toThinEvent } from './notification.ts'
import { nextAttemptAt } from './schedule.ts'

export interface DeliverDeps extends AuthoriseDeps {
  readonly database: Database
  readonly sealing: Sealing
  /** For an endpoint that may be in these ranges besides public addresses. */
  readonly outboundFor: (allowedRanges: readonly string[]) => Pick<Outbound, 'exchange'>
  /** Before anything is sent that tells of a person. @throws where it cannot be committed. */
  readonly audit: (delivery: ClaimedDelivery, event: ToldEvent) => Promise<void>
  readonly gatewayBase: () => string
  readonly recordBase: string
  readonly newId: () => string
  readonly random: () => number
  readonly timeoutMs: number
  readonly onOutcome: (outcome: 'delivered' | 'withheld' | 'postponed' | 'failed' | 'dead') => void
}

const laterMs = 30_000
const maxAnswerBytes = 65_536

/** Sends one delivery that is in hand, and writes down what came of it. */
export async function deliver(delivery: ClaimedDelivery, deps: DeliverDeps): Promise<void> {
  const { database, now } = deps
  if (delivery.isPartnerSuspended) return await postpone(delivery, deps)
  const event = delivery.kind === 'event' ? await prepareEvent(delivery, deps) : undefined
  if (event === 'later') return await postpone(delivery, deps)
  if (event === 'withheld') {
    await settleWithheld(database, delivery, now())
    return deps.onOutcome('withheld')
  }
  const keys = delivery.keys.map(({ id, sealed }) =>
    parseSigningKey(deps.sealing.open(Buffer.from(sealed, 'base64'), id))
  )
  if (keys.length === 0) return await fail(delivery, { reason: 'no-key' }, deps)
  const body = Buffer.from(JSON.stringify(bodyOf(delivery, event, deps)))
  // At every attempt the same, so that the subscriber knows it again.
  const headers = signWebhook({ id: `msg_${delivery.id.replaceAll('-', '')}`, now: now(), body, keys })
  await send(delivery, { body, headers: { ...headers } }, deps)
}

async function postpone(delivery: ClaimedDelivery, { database, now, onOutcome }: DeliverDeps): Promise<void> {
  await postponeDelivery(database, delivery, now() + laterMs)
  onOutcome('postponed')
}

async function prepareEvent(
  delivery: ClaimedDelivery,
  deps: DeliverDeps
): Promise<ToldEvent | 'withheld' | 'later'> {
  const { patientId, version, cause, occurredAt } = delivery
  if (patientId === null || version === null || cause === null || occurredAt === null) return 'withheld'
  const verdict = await authoriseEvent({ ...delivery, patientId, version, cause }, deps)
  if (verdict.outcome !== 'told') return verdict.outcome
  const number = await numberDelivery(deps.database, delivery)
  const event = { number, occurredAt, about: { ...verdict, version } }
  await deps.audit(delivery, event)
  return event
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

async function send(
  delivery: ClaimedDelivery,
  { body, headers }: { readonly body: Buffer; readonly headers: Readonly<Record<string, string>> },
  deps: DeliverDeps
): Promise<void> {
  const { database, now, onOutcome } = deps
  const contentType = delivery.format === 'fhir' ? 'application/fhir+json' : 'application/json'
  try {
    const answer = await deps.outboundFor(delivery.allowedRanges).exchange({
      method: 'POST',
      url: delivery.url,
      headers: { ...headers, 'content-type': contentType },
      body,
      signal: AbortSignal.timeout(deps.timeoutMs),
      maxBytes: maxAnswerBytes
    })
    const { status, retryAfter } = answer
    if (status >= 200 && status < 300) {
      await database.transaction((sql) => settleDelivered(sql, delivery, { status, now: now() }))
      return onOutcome('delivered')
    }
    if (status === 410) return await disable(delivery, deps)
    await fail(
      delivery,
      { status, reason: `status-${status}`, ...(retryAfter !== undefined && { retryAfter }) },
      deps
    )
  } catch (error) {
    if (!isOutcomeError(error)) throw error
    await fail(delivery, { reason: findExchangeFailure(error) ?? 'not-answered' }, deps)
  }
}

async function fail(
  delivery: ClaimedDelivery,
  failure: { readonly status?: number; readonly reason: string; readonly retryAfter?: string },
  { database, now, random, onOutcome }: DeliverDeps
): Promise<void> {
  const { status, reason, retryAfter } = failure
  const nextAt = nextAttemptAt({ attempt: delivery.attempt, now: now(), retryAfter, random: random() })
  const failed = {
    ...(status !== undefined && { status }),
    ...(nextAt !== undefined && { nextAt }),
    reason,
    now: now()
  }
  await database.transaction((sql) => failDelivery(sql, delivery, failed))
  onOutcome(nextAt === undefined ? 'dead' : 'failed')
}

/** It says that it is gone for good: nothing more is sent there, and what waits is kept to be delivered again. */
async function disable(
  { endpointId, subscriptionId }: ClaimedDelivery,
  { database, onOutcome }: DeliverDeps
): Promise<void> {
  await database.transaction(async (sql) => {
    await setEndpointDisabled(sql, endpointId, 'gone')
    await endSubscription(sql, subscriptionId, 'gone')
  })
  onOutcome('dead')
}
