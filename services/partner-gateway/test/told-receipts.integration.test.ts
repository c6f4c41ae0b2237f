import { claimWebhooks, redeliver, settleWebhook, type WebhookSettlement } from '@chesil/record-store'
import { afterEach, describe, expect, test } from 'vitest'
import { useDatabase } from '../../../tests/support/store.ts'
import { createSubscribers } from './subscriber.ts'
import { observation, openGateway, sealing, type TestPartner } from './support.ts'
import { createTelling } from './told-subscribers.ts'

const { database: db } = useDatabase()
const gateway = openGateway(db)
const { ask, join, subscribe } = createSubscribers(db, gateway)
const telling = createTelling(db, sealing)
afterEach(() => telling.stop())

const rejected: WebhookSettlement = { outcome: 'rejected', reason: 'not-fhir', issues: [{ text: 'No' }] }

async function send(partner: TestPartner, id: string): Promise<string> {
  return (await gateway.send(partner, observation(), { id })).json<{ id: string }>().id
}

async function settle(receiptId: string, settlement: WebhookSettlement = rejected): Promise<void> {
  const events = await claimWebhooks(db(), 'acute-adapter', { limit: 1_000, leaseMs: 0 })
  const event = events.find(({ id }) => id === receiptId)
  if (!event) throw new Error('The event is not there')
  await db().transaction((sql) => settleWebhook(sql, event, settlement))
}

/** What waits to be looked at is looked at now, however often it was before. */
const lookNow = () => db().query('update receipt_to_tell set look_at = now()')

const toldOf = (text: string) =>
  JSON.parse(text) as { type: string; data: { receipt?: { id: string; state: string } } }

describe('a partner that wants receipts', () => {
  test('is told once of each of its events when nothing more will become of it, and not before', async () => {
    const { partner, subscriber, id } = await telling.follow([], { topic: 'receipt' })
    const delivering = telling.start()
    await delivering.settle()
    const receipt = await send(partner, 'e-1')
    await delivering.settle()
    expect(subscriber.events()).toEqual([])
    await settle(receipt)
    await lookNow()
    await delivering.settle()
    await lookNow()
    await delivering.settle()
    const [told, ...others] = subscriber.events()
    expect(others).toEqual([])
    expect(told).toMatchObject({ type: 'receipt', number: 1 })
    expect(toldOf(told?.text ?? '').data.receipt).toEqual(
      (await gateway.ask(partner, `/receipts/${receipt}`)).json()
    )
    expect(await telling.listed(id, 'delivered')).toHaveLength(2)
    expect(await db().query('select from receipt_to_tell where webhook_event_id = $1', [receipt])).toEqual([])
  })

  test('is told after it was away, and again where an operator asks for it', async () => {
    const { partner, subscriber, id } = await telling.follow([], { topic: 'receipt', content: 'empty' })
    const delivering = telling.start()
    await delivering.settle()
    subscriber.answers(() => ({ status: 503 }))
    await settle(await send(partner, 'e-1'))
    await lookNow()
    await delivering.settle()
    expect(subscriber.events()).toEqual([])
    subscriber.answers(() => ({ status: 204 }))
    telling.clock.pass(3_600_000)
    await delivering.settle()
    expect(subscriber.events()).toMatchObject([{ number: 1 }])
    expect(toldOf(subscriber.events()[0]?.text ?? '').data.receipt).toBeUndefined()
    await db().transaction((sql) =>
      redeliver(sql, { subscriptionId: id, numbers: [1, 1], limit: 10, now: telling.clock.now() })
    )
    telling.clock.pass(1_000)
    await delivering.settle()
    expect(subscriber.events().map(({ number, webhookId }) => [number, webhookId])).toEqual([
      [1, subscriber.events()[0]?.webhookId],
      [1, subscriber.events()[0]?.webhookId]
    ])
  })

  test('is told of nobody else’s, nor of what it sent before', async () => {
    const other = await join()
    const { partner, subscriber } = await telling.follow([])
    const before = await send(partner, 'e-before')
    const { subscriber: later, partner: asking } = await telling.follow([], { topic: 'receipt' })
    const others = await send(other, 'e-1')
    const own = await send(asking, 'e-1')
    for (const one of [before, others, own]) await settle(one)
    await lookNow()
    const delivering = telling.start()
    await delivering.settle()
    await delivering.settle()
    expect(subscriber.events()).toEqual([])
    expect(later.events().map(({ text }) => toldOf(text).data.receipt?.id)).toEqual([own])
  })

  test('finds their numbers with $events, without gaps; what became of each is read as a receipt', async () => {
    const { partner, id } = await telling.follow([], { topic: 'receipt' })
    const delivering = telling.start()
    await delivering.settle()
    for (const event of ['e-1', 'e-2', 'e-3']) await settle(await send(partner, event))
    await lookNow()
    await delivering.settle()
    const bundle = (await gateway.ask(partner, `/fhir/Subscription/${id}/$events`)).json<{
      entry: {
        resource: { parameter: { name: string; part?: { name: string; valueString?: string }[] }[] }
      }[]
    }>()
    const events =
      bundle.entry[0]?.resource.parameter.filter(({ name }) => name === 'notification-event') ?? []
    expect(events.map(({ part }) => part?.find(({ name }) => name === 'event-number')?.valueString)).toEqual([
      '1',
      '2',
      '3'
    ])
  })
})

describe('a subscription to receipts', () => {
  test('is in the form of Standard Webhooks alone', async () => {
    const partner = await join()
    const made = await subscribe(partner, { topic: 'receipt', payload: 'application/json' })
    expect(made).toMatchObject({ status: 'requested', reason: 'What became of events that the partner sent' })
    const refused = await subscribe(partner, { topic: 'receipt' })
    expect(JSON.stringify(refused)).toContain('payload is application/json')
  })

  test('covers no person', async () => {
    const partner = await join()
    const { id } = await subscribe(partner, { topic: 'receipt', payload: 'application/json' })
    const answer = await ask(partner, `/subscriptions/${id}/persons`, {
      method: 'POST',
      body: { nhsNumber: '9990000018', birthDate: '1950-04-21', relationship: 'inpatient' }
    })
    expect(answer.statusCode).toBe(422)
    expect(answer.body).toContain('name none')
  })
})
