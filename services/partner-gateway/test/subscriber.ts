import { randomUUID } from 'node:crypto'
import { itemsOfTopic, type Topic } from '@chesil/care-record'
import type { Bundle, Parameters as FhirParameters, Subscription } from '@chesil/fhir'
import { type Database, numberDelivery, registerEndpoint, systemIds, tellChanges } from '@chesil/record-store'
import { backport, topicUrl } from '../src/subscriptions/notification.ts'
import { expectDescribed } from './against-open-api.ts'
import { createPartner, type openGateway, type Question, type TestPartner } from './support.ts'

type About = Parameters<typeof itemsOfTopic>

export interface AskedFor {
  readonly topic?: Topic
  readonly payload?: string
  readonly content?: string
  readonly heartbeatSeconds?: number
  readonly status?: string
  readonly end?: string
}

/** A Subscription as a partner sends it. */
export function subscriptionAt(url: string, asked: AskedFor = {}) {
  const { topic = 'record-changed', payload, content, heartbeatSeconds, ...rest } = asked
  return {
    resourceType: 'Subscription',
    status: 'requested',
    reason: 'To be told',
    criteria: topicUrl(topic),
    ...rest,
    channel: {
      type: 'rest-hook',
      endpoint: url,
      ...(payload !== undefined && { payload }),
      ...(content !== undefined && {
        _payload: { extension: [{ url: backport.payloadContent, valueCode: content }] }
      }),
      ...(heartbeatSeconds !== undefined && {
        extension: [{ url: backport.heartbeatPeriod, valueUnsignedInt: heartbeatSeconds }]
      })
    }
  }
}

/** What partners who are told of changes do; every answer is compared with what OpenAPI says. */
export function createSubscribers(db: () => Database, gateway: ReturnType<typeof openGateway>) {
  async function ask(partner: Pick<TestPartner, 'id' | 'sign'>, url: string, question: Question = {}) {
    const answer = await gateway.ask(partner, url, question)
    expectDescribed(question.method ?? 'GET', url, answer)
    return answer
  }

  /** A partner with an endpoint that is registered. */
  async function join() {
    const partner = await createPartner(db())
    const url = `https://${partner.id}.example/hook`
    const endpointId = randomUUID()
    const endpoint = { id: endpointId, partnerId: partner.id, url, allowedRanges: [] }
    await registerEndpoint(db(), endpoint, 'test')
    return { ...partner, url, endpointId }
  }

  async function subscribe(partner: TestPartner & { readonly url: string }, asked: AskedFor = {}) {
    const body = subscriptionAt(partner.url, asked)
    const answer = await ask(partner, '/fhir/Subscription', { method: 'POST', body })
    return answer.json<Subscription & { id: string }>()
  }

  const assertPerson = (
    partner: TestPartner,
    subscriptionId: string,
    nhsNumber: string,
    changes: object = {}
  ) =>
    ask(partner, `/subscriptions/${subscriptionId}/persons`, {
      method: 'POST',
      body: { nhsNumber, birthDate: '1950-04-21', relationship: 'inpatient', ...changes }
    })

  return {
    ask,
    assertPerson,
    join,
    subscribe,

    /** Makes deliveries of what was committed, without sending any. @returns those that have no number yet, in order. */
    async tell(subscriptionId: string): Promise<readonly string[]> {
      const isAbout = (...about: About) => itemsOfTopic(...about).length > 0
      const rules = { isAbout, newId: systemIds.newId, now: Date.now() }
      while ((await db().transaction((sql) => tellChanges(sql, 500, rules))) > 0);
      const waiting = await db().query<{ id: string }>(
        `select id from delivery where subscription_id = $1 and kind = 'event' and number is null order by position`,
        [subscriptionId]
      )
      return waiting.map(({ id }) => id)
    },

    /** Gives events their numbers, as sending them does. */
    async number(subscriptionId: string, deliveries: readonly string[]): Promise<void> {
      for (const id of deliveries) await numberDelivery(db(), { id, subscriptionId })
    }
  }
}

/** What a notification says of each event. */
export function eventsOf(bundle: Bundle) {
  const status = bundle.entry?.[0]?.resource as FhirParameters
  return (status.parameter ?? [])
    .filter(({ name }) => name === 'notification-event')
    .map(({ part = [] }) => {
      const find = (name: string) => part.find((one) => one.name === name)
      return {
        number: Number(find('event-number')?.valueString),
        focus: find('focus')?.valueReference?.reference,
        hasTime: find('timestamp') !== undefined,
        parts: part.length
      }
    })
}
