import type { Topic } from '@chesil/care-record'
import { type Bundle, chesil, type Parameters, type ParametersParameter } from '@chesil/fhir'
import type { SubscriptionContent, SubscriptionStatus } from '@chesil/record-store'
import type { Receipt } from '../receipts/receipt.ts'

/** @see https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/ */
export const backport = {
  subscriptionProfile:
    'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-subscription',
  statusProfile:
    'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-subscription-status-r4',
  notificationProfile:
    'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-subscription-notification-r4',
  payloadContent:
    'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-payload-content',
  heartbeatPeriod:
    'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-heartbeat-period',
  maxCount: 'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-max-count',
  topicCanonical:
    'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/capabilitystatement-subscriptiontopic-canonical',
  statusOperation:
    'http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition/backport-subscription-status',
  eventsOperation:
    'http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition/backport-subscription-events'
} as const

/** Canonical of a topic. */
export const topicUrl = (topic: Topic): string => chesil.subscriptionTopic(topic)

/** An event that has a number. */
export interface ToldEvent {
  readonly number: number
  /** ms since 1970. Absent where it may not be told any more: that there was one is known by its number. */
  readonly occurredAt?: number
  /** Absent as above. */
  readonly about?: {
    readonly patientId: string
    readonly version: number
    /** `Type/id` */
    readonly items: readonly string[]
  }
  /** Of a receipt. */
  readonly receipt?: Receipt
}

export interface SubscriptionState {
  readonly id: string
  readonly topic: Topic
  readonly content: SubscriptionContent
  readonly status: SubscriptionStatus
  /** The number of the event that was sent last. */
  readonly lastNumber: number
  /** A code: why it is in error, or off. */
  readonly reason?: string | null
}

export interface Notification {
  readonly type: 'handshake' | 'heartbeat' | 'event-notification' | 'query-status' | 'query-event'
  readonly id: string
  /** ms since 1970 */
  readonly now: number
  readonly subscription: SubscriptionState
  /** FHIR base of the gateway, without a trailing slash. */
  readonly gatewayBase: string
  /** FHIR base of the record, where what is named can be read. */
  readonly recordBase: string
  readonly events: readonly ToldEvent[]
}

/** As R5 Subscriptions have it on R4: a history Bundle that begins with the status. */
export function toNotificationBundle(notification: Notification): Bundle {
  const { id, now, subscription, gatewayBase, recordBase, events } = notification
  const named = events.flatMap(({ about }) =>
    about && subscription.content === 'id-only' ? referencesOf(about) : []
  )
  return {
    resourceType: 'Bundle',
    id,
    meta: { profile: [backport.notificationProfile] },
    type: 'history',
    timestamp: new Date(now).toISOString(),
    entry: [
      {
        fullUrl: `urn:uuid:${id}`,
        resource: toStatus(notification),
        request: { method: 'GET', url: `${gatewayBase}/Subscription/${subscription.id}/$status` },
        response: { status: '200' }
      },
      ...[...new Set(named)].map((reference) => ({
        fullUrl: `${recordBase}/${reference}`,
        request: { method: 'GET' as const, url: reference },
        response: { status: '200' }
      }))
    ]
  }
}

export function toStatus({
  type,
  subscription,
  gatewayBase,
  events
}: Omit<Notification, 'recordBase'>): Parameters {
  return {
    resourceType: 'Parameters',
    meta: { profile: [backport.statusProfile] },
    parameter: [
      {
        name: 'subscription',
        valueReference: { reference: `${gatewayBase}/Subscription/${subscription.id}` }
      },
      { name: 'topic', valueCanonical: topicUrl(subscription.topic) },
      { name: 'status', valueCode: subscription.status },
      { name: 'type', valueCode: type },
      { name: 'events-since-subscription-start', valueString: String(subscription.lastNumber) },
      ...(subscription.reason
        ? [{ name: 'error', valueCodeableConcept: { text: subscription.reason } }]
        : []),
      ...events.map((event) => toEventParameter(event, subscription.content))
    ]
  }
}

function toEventParameter(
  { number, occurredAt, about }: ToldEvent,
  content: SubscriptionContent
): ParametersParameter {
  const [focus, ...others] = about && content === 'id-only' ? referencesOf(about) : []
  return {
    name: 'notification-event',
    part: [
      { name: 'event-number', valueString: String(number) },
      ...(occurredAt === undefined
        ? []
        : [{ name: 'timestamp', valueInstant: new Date(occurredAt).toISOString() }]),
      ...(focus === undefined ? [] : [{ name: 'focus', valueReference: { reference: focus } }]),
      ...others.map((reference) => ({ name: 'additional-context', valueReference: { reference } }))
    ]
  }
}

/** What subscriptions stand at: one status each. @param ids Of the entries, one for each status. */
export function toStatusBundle(
  statuses: readonly Parameters[],
  { id, ids, now }: { readonly id: string; readonly ids: readonly string[]; readonly now: number }
): Bundle {
  return {
    resourceType: 'Bundle',
    id,
    type: 'searchset',
    timestamp: new Date(now).toISOString(),
    total: statuses.length,
    entry: statuses.map((resource, at) => ({
      fullUrl: `urn:uuid:${ids[at]}`,
      resource,
      search: { mode: 'match' as const }
    }))
  }
}

const referencesOf = ({ patientId, items }: NonNullable<ToldEvent['about']>): readonly string[] => [
  ...new Set([`Patient/${patientId}`, ...items])
]

/** The same in the thin form of Standard Webhooks. */
export function toThinEvent({ type, now, subscription, events }: Notification): object {
  const { id, topic, content } = subscription
  const [event] = events
  return {
    type: type === 'event-notification' ? topic : `subscription.${type}`,
    timestamp: new Date(event?.occurredAt ?? now).toISOString(),
    data: {
      subscription: id,
      ...(event && { number: event.number }),
      ...(event?.about &&
        content === 'id-only' && {
          patient: event.about.patientId,
          version: event.about.version,
          items: event.about.items
        }),
      ...(event?.receipt && content === 'id-only' && { receipt: event.receipt })
    }
  }
}
