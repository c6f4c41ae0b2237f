import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Topic } from '@chesil/care-record'
import {
  assertPerson,
  type Database,
  type DeliveryFacts,
  findSubscription,
  makeSubscription,
  readDeliveryPage,
  registerEndpoint,
  type SubscriptionContent,
  type SubscriptionFormat,
  systemIds
} from '@chesil/record-store'
import { createLogger, type Sealing } from '@chesil/service-kit'
import { generateKey } from '@chesil/webhook-signatures'
import { Webhook } from 'standardwebhooks'
import { readReceipts } from '../src/receipts/read-receipts.ts'
import { authoriseEvent } from '../src/subscriptions/authorise-event.ts'
import { createDelivering, type DeliveringOptions } from '../src/subscriptions/delivering.ts'
import { createEndpointOutbound } from '../src/subscriptions/endpoint-outbound.ts'
import { addKey, createPartner } from './support.ts'

/** What a subscriber was sent, after a look that it was signed. `now` may be a time that the test has made up. */
export interface Told {
  readonly webhookId: string
  /** ms since 1970, by the real clock. */
  readonly at: number
  readonly type: string
  readonly number?: number
  readonly patient?: string
  readonly version?: number
  readonly items?: readonly string[]
  readonly text: string
}

export interface SubscriberAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
  readonly afterMs?: number
}

/** A subscriber's system: a real server, which checks signatures by the library of the specification. */
export async function openSubscriber(secret: string) {
  const webhook = new Webhook(secret)
  const attempts: Told[] = []
  const told: Told[] = []
  let answer: (told: Told) => SubscriberAnswer = () => ({ status: 204 })

  async function read(request: IncomingMessage): Promise<Told> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks).toString()
    const headers = request.headers as Record<string, string>
    const sentAt = new Date(Number(headers['webhook-timestamp']) * 1_000)
    const signature = webhook.sign(headers['webhook-id'] as string, sentAt, text)
    if (!headers['webhook-signature']?.split(' ').includes(signature)) throw new Error('Not signed')
    const { type, data } = JSON.parse(text) as { type: string; data: object }
    return { webhookId: headers['webhook-id'] as string, at: Date.now(), type, ...data, text }
  }

  const server = createServer(async (request, response) => {
    const one = await read(request).catch(() => undefined)
    if (!one) return void response.writeHead(400).end()
    attempts.push(one)
    const { status, headers, body, afterMs } = answer(one)
    if (afterMs !== undefined) await sleep(afterMs)
    if (status >= 200 && status < 300) told.push(one)
    response.writeHead(status, headers).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/hook`,
    attempts,
    /** Those that were answered with 2xx. */
    told,
    events: () => told.filter(({ number }) => number !== undefined),
    answers(next: typeof answer): void {
      answer = next
    },
    async close(): Promise<void> {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  }
}
export type TestSubscriber = Awaited<ReturnType<typeof openSubscriber>>

export interface Following {
  readonly topic?: Topic
  readonly format?: SubscriptionFormat
  readonly content?: SubscriptionContent
  readonly heartbeatSeconds?: number
  readonly endsAt?: number
  readonly url?: string
  readonly allowedRanges?: readonly string[]
  readonly birthDate?: string
}

/** Subscribers of a test file, and what delivers to them, on a clock that the test moves. */
export function createTelling(db: () => Database, sealing: Sealing) {
  const subscribers: TestSubscriber[] = []
  const running: { close(): Promise<void> }[] = []
  let ms = Date.now()
  const clock = {
    now: (): number => ms,
    pass(by: number): void {
      ms += by
    }
  }
  const authorising = () => ({ database: db(), sensitiveCodes: new Map(), now: clock.now })

  async function follow(nhsNumbers: readonly string[], following: Following = {}) {
    const partner = await createPartner(db())
    const key = generateKey('v1')
    const subscriber = await openSubscriber(key.signing)
    subscribers.push(subscriber)
    const { url = subscriber.url, allowedRanges = ['127.0.0.0/8'] } = following
    const endpointId = randomUUID()
    await registerEndpoint(db(), { id: endpointId, partnerId: partner.id, url, allowedRanges }, 'test')
    await addKey(db(), partner.id, key.signing, endpointId)
    const id = systemIds.newId()
    const { topic = 'record-changed', format = 'standard-webhooks', content = 'id-only' } = following
    const { heartbeatSeconds, endsAt } = following
    const made = { id, partnerId: partner.id, url, topic, format, content, heartbeatSeconds, endsAt }
    await db().transaction((sql) => makeSubscription(sql, { ...made, deliveryId: systemIds.newId() }))
    for (const nhsNumber of nhsNumbers) await name(id, nhsNumber, following.birthDate)
    return { id, partner, endpointId, subscriber }
  }

  const name = (subscriptionId: string, nhsNumber: string, birthDate = '1950-04-21') =>
    db().transaction((sql) =>
      assertPerson(sql, subscriptionId, {
        ...{ id: systemIds.newId(), nhsNumber, birthDate, relationship: 'inpatient', assertedBy: 'test' }
      })
    )

  function start(changes: Partial<DeliveringOptions> = {}) {
    // PostgreSQL has a clock of its own.
    ms = Math.max(ms, Date.now() + 1)
    const endpoints = createEndpointOutbound()
    const delivering = createDelivering({
      database: db(),
      sealing,
      authorise: (event) => authoriseEvent(event, authorising()),
      readReceipt: async (partnerId, id) => (await readReceipts(db(), { partnerId, id, limit: 1 }))[0],
      outboundFor: endpoints.of,
      audit: async () => undefined,
      onUnopened: () => undefined,
      onOutcome: () => undefined,
      gatewayBase: () => 'https://gateway.example/fhir',
      recordBase: 'https://record.example/fhir/R4',
      newId: systemIds.newId,
      random: Math.random,
      now: clock.now,
      timeoutMs: 300,
      pollMs: 50,
      log: createLogger('test', 'silent'),
      ...changes
    })
    const started = {
      ...delivering,
      /** Everything that is due is sent. */
      async settle(): Promise<void> {
        delivering.wake()
        await delivering.idle()
      },
      async close(): Promise<void> {
        await delivering.close()
        await endpoints.close()
      }
    }
    running.push(started)
    return started
  }

  return {
    clock,
    follow,
    name,
    start,
    statusOf: async ({ partner, id }: Pick<Awaited<ReturnType<typeof follow>>, 'partner' | 'id'>) => {
      const found = await findSubscription(db(), partner.id, id)
      return found && { status: found.status, reason: found.reason }
    },
    listed: (subscriptionId: string, state?: DeliveryFacts['state']) =>
      readDeliveryPage(db(), { subscriptionId, for: 'staff', limit: 10_000, ...(state && { state }) }),
    /** Of a test: stops what it started. */
    async stop(): Promise<void> {
      await Promise.all(running.splice(0).map((one) => one.close()))
      await Promise.all(subscribers.splice(0).map((one) => one.close()))
    }
  }
}
