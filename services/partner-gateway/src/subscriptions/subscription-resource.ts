import { type Topic, topics } from '@chesil/care-record'
import { isFhirDateTime, OutcomeError, type Subscription as SubscriptionResource } from '@chesil/fhir'
import type { Subscription, SubscriptionContent, SubscriptionFormat } from '@chesil/record-store'
import Type, { type Static } from 'typebox'
import { backport, topicUrl } from './notification.ts'

const Extension = Type.Object(
  {
    url: Type.String(),
    valueCode: Type.Optional(Type.String()),
    valueUnsignedInt: Type.Optional(Type.Integer())
  },
  { additionalProperties: true }
)
const Extensions = Type.Array(Extension, { maxItems: 50 })

/** What is taken of a Subscription; what each part may be is said by `readSubscription`, in words. */
export const SubscriptionBody = Type.Object(
  {
    resourceType: Type.Literal('Subscription'),
    id: Type.Optional(Type.String()),
    status: Type.Optional(Type.Enum(['requested', 'active', 'error', 'off'])),
    criteria: Type.String({ description: 'Canonical of a topic' }),
    _criteria: Type.Optional(Type.Unknown({ description: 'Filters: none are taken' })),
    end: Type.Optional(Type.String({ description: 'Instant after which nothing more is told' })),
    channel: Type.Object(
      {
        type: Type.String({ description: '`rest-hook`' }),
        endpoint: Type.String({ description: 'One that an operator has registered' }),
        payload: Type.Optional(
          Type.String({
            description:
              '`application/fhir+json` (default): R5 Backport; `application/json`: the form of Standard Webhooks'
          })
        ),
        _payload: Type.Optional(
          Type.Object({ extension: Type.Optional(Extensions) }, { additionalProperties: true })
        ),
        header: Type.Optional(Type.Array(Type.String(), { description: 'None are taken' })),
        extension: Type.Optional(Extensions)
      },
      { additionalProperties: true }
    )
  },
  { additionalProperties: true }
)
export type SubscriptionBody = Static<typeof SubscriptionBody>

/** What a partner wants of a subscription. */
export interface AskedSubscription {
  readonly topic: Topic
  readonly url: string
  readonly format: SubscriptionFormat
  readonly content: SubscriptionContent
  readonly heartbeatSeconds: number | undefined
  /** ms since 1970 */
  readonly endsAt: number | undefined
  readonly isOff: boolean
}

const payloads: Readonly<Record<SubscriptionFormat, string>> = {
  fhir: 'application/fhir+json',
  'standard-webhooks': 'application/json'
}
const shortestHeartbeat = 30
const longestHeartbeat = 86_400

/** @param now ms since 1970 @throws OutcomeError `unmappable` for what is not done here, and where it stands. */
export function readSubscription(body: SubscriptionBody, now: number): AskedSubscription {
  const { channel } = body
  const topic = topics.find((one) => topicUrl(one) === body.criteria)
  if (!topic) throw refuse('criteria is the canonical of a topic: see metadata', 'criteria')
  if (body._criteria !== undefined)
    throw refuse('No filters are taken: what is told is what concerns the persons you name', 'criteria')
  if (channel.type !== 'rest-hook') throw refuse('Only rest-hook is there', 'channel.type')
  // PostgreSQL could not even be asked for some of what a string can hold.
  if (!/^https?:\/\/[!-~]{1,2000}$/.test(channel.endpoint)) throw refuseEndpoint()
  if (channel.header && channel.header.length > 0)
    throw refuse('No headers of yours are sent: what we send is signed', 'channel.header')
  const format = formatOf(channel.payload)
  if (topic === 'receipt' && format === 'fhir')
    throw refuse('Receipts are no FHIR: payload is application/json', 'channel.payload')
  return {
    topic,
    url: channel.endpoint,
    format,
    content: contentOf(channel._payload?.extension ?? []),
    heartbeatSeconds: heartbeatOf(channel.extension ?? []),
    endsAt: endOf(body.end, now),
    isOff: body.status === 'off'
  }
}

function formatOf(payload: string = payloads.fhir): SubscriptionFormat {
  const format = (['fhir', 'standard-webhooks'] as const).find((one) => payloads[one] === payload)
  if (format) return format
  throw refuse('payload is application/fhir+json, or application/json', 'channel.payload')
}

type Extensions = Static<typeof Extensions>

function contentOf(extensions: Extensions): SubscriptionContent {
  const code = extensions.find(({ url }) => url === backport.payloadContent)?.valueCode ?? 'id-only'
  if (code === 'empty' || code === 'id-only') return code
  throw refuse(
    code === 'full-resource'
      ? 'full-resource is not sent: ask for id-only, and read what is named from the record'
      : 'backport-payload-content is empty or id-only',
    'channel.payload.extension'
  )
}

function heartbeatOf(extensions: Extensions): number | undefined {
  const extension = extensions.find(({ url }) => url === backport.heartbeatPeriod)
  if (!extension) return undefined
  const seconds = extension.valueUnsignedInt ?? 0
  if (seconds >= shortestHeartbeat && seconds <= longestHeartbeat) return seconds
  throw refuse(
    `backport-heartbeat-period is ${shortestHeartbeat} to ${longestHeartbeat} seconds`,
    'channel.extension'
  )
}

function endOf(end: string | undefined, now: number): number | undefined {
  if (end === undefined) return undefined
  const at = end.length > 10 && isFhirDateTime(end) ? Date.parse(end) : Number.NaN
  if (Number.isNaN(at)) throw refuse('end is an instant', 'end')
  if (at <= now) throw refuse('end is over', 'end')
  return at
}

export const refuse = (text: string, at?: string) =>
  new OutcomeError('unmappable', text, at === undefined ? {} : { expression: `Subscription.${at}` })

export const refuseEndpoint = () =>
  refuse('The endpoint is none of those that are registered and enabled', 'channel.endpoint')

/** @returns the first part that is fixed once it is made and that is asked for otherwise. */
export function findChange(subscription: Subscription, asked: AskedSubscription): string | undefined {
  if (subscription.topic !== asked.topic) return 'criteria'
  if (subscription.url !== asked.url) return 'channel.endpoint'
  if (subscription.format !== asked.format) return 'channel.payload'
  return subscription.content === asked.content ? undefined : 'channel.payload.extension'
}

export function toSubscriptionResource(subscription: Subscription): SubscriptionResource {
  const { id, topic, url, format, content, status, reason, heartbeatSeconds, endsAt } = subscription
  return {
    resourceType: 'Subscription',
    id,
    meta: { profile: [backport.subscriptionProfile] },
    status,
    reason:
      topic === 'receipt'
        ? 'What became of events that the partner sent'
        : 'Changes of records of persons whom the partner has named',
    criteria: topicUrl(topic),
    ...(reason !== null && { error: reason }),
    ...(endsAt !== null && { end: new Date(endsAt).toISOString() }),
    channel: {
      extension: [
        ...(heartbeatSeconds === null
          ? []
          : [{ url: backport.heartbeatPeriod, valueUnsignedInt: heartbeatSeconds }]),
        { url: backport.maxCount, valuePositiveInt: 1 }
      ],
      type: 'rest-hook',
      endpoint: url,
      payload: payloads[format],
      _payload: { extension: [{ url: backport.payloadContent, valueCode: content }] }
    }
  } as SubscriptionResource
}
