import { randomUUID } from 'node:crypto'
import { OutcomeError } from '@chesil/fhir'
import { createWebhookDoor } from '@chesil/message-intake'
import { type ClaimedWebhook, claimWebhooks, createListener, suspendPartner } from '@chesil/record-store'
import { createLogger } from '@chesil/service-kit'
import { beforeEach, describe, expect, test } from 'vitest'
import { useDatabase } from '../../../tests/support/store.ts'
import { createPartner, fhirSender, observation, openGateway, type TestPartner } from './support.ts'

const { database: db, url } = useDatabase()
const gateway = openGateway(db)
beforeEach(() => db().query('truncate webhook_event cascade'))

async function sendTo(partner: TestPartner, count: number): Promise<void> {
  for (let n = 0; n < count; n++)
    expect((await gateway.send(partner, observation(`o${n}`))).statusCode).toBe(202)
}

const claim = (limit: number) => claimWebhooks(db(), 'acute-adapter', { limit, leaseMs: 60_000 })

const partnersOf = (events: readonly ClaimedWebhook[]) => events.map(({ partnerId }) => partnerId)

describe('whoever takes events in', () => {
  test('is told at once that there is one', async () => {
    const heard: string[] = []
    const onNotification = (_: string, payload: string) => heard.push(payload)
    const listener = createListener({ url: url(), channels: ['chesil_work'], onNotification })
    try {
      await expect
        .poll(async () => {
          await db().query(`select pg_notify('chesil_work', 'listening')`)
          return heard
        })
        .toContain('listening')
      await sendTo(await createPartner(db()), 1)
      await expect.poll(() => heard).toContain('webhook-fhir')
    } finally {
      await listener.close()
    }
  })

  test('takes partners’ by turns: a backlog of one delays nobody else', async () => {
    const [busy, quiet] = [await createPartner(db()), await createPartner(db())]
    await sendTo(busy, 30)
    await sendTo(quiet, 2)
    const claimed = partnersOf(await claim(4))
    expect(claimed.filter((id) => id === quiet.id)).toHaveLength(2)
    expect(claimed.filter((id) => id === busy.id)).toHaveLength(2)
  })

  test('takes a partner’s in the order in which they came', async () => {
    const partner = await createPartner(db())
    await sendTo(partner, 6)
    const order = await db().query<{ id: string }>('select id from webhook_event order by received_at')
    const claimed = [...(await claim(4)), ...(await claim(4))]
    expect(claimed.map(({ id }) => id)).toEqual(order.map(({ id }) => id))
  })

  test('leaves those of a suspended partner', async () => {
    const partner = await createPartner(db())
    await sendTo(partner, 1)
    await suspendPartner(db(), partner.id, 'test')
    expect(await claim(4)).toEqual([])
  })

  test('and eight at once never take the same one', async () => {
    const partners = await Promise.all(Array.from({ length: 4 }, () => createPartner(db())))
    for (const partner of partners) await sendTo(partner, 25)
    const claimed: string[] = []
    while (claimed.length < 100) {
      const taken = (await Promise.all(Array.from({ length: 8 }, () => claim(8)))).flat()
      expect(taken.length).toBeGreaterThan(0)
      claimed.push(...taken.map(({ id }) => id))
    }
    expect(new Set(claimed).size).toBe(100)
  })

  test('takes what was in hand at several deaths by itself, so that one bad event takes no others with it', async () => {
    const partner = await createPartner(db())
    await sendTo(partner, 20)
    for (let death = 0; death < 3; death++) {
      expect(await claim(32)).toHaveLength(20)
      await db().query(`update webhook_event set lease_until = now() - interval '1 second'`)
    }
    await sendTo(partner, 3)
    const attempts = (await claim(32)).map(({ attempt }) => attempt)
    expect(attempts.toSorted()).toEqual([1, 1, 1, 4])
  })
})

describe('an event at its door', () => {
  const open = (opened: (event: ClaimedWebhook) => Promise<never>) =>
    createWebhookDoor({
      database: db(),
      taker: 'acute-adapter',
      catalogue: { sources: [fhirSender('rxx-fhir', 'RXX'), fhirSender('ryy-fhir', 'RYY')] },
      open: opened,
      onOutcome: () => undefined,
      log: createLogger('test', 'silent')
    })

  const openOnce = async (error: Error) => {
    const opened = Promise.withResolvers<ClaimedWebhook>()
    const door = open(async (event) => {
      opened.resolve(event)
      throw error
    })
    const event = await opened.promise
    await door.close()
    return event
  }

  test('speaks for its partner’s own organisation, whatever else it was registered for', async () => {
    const partner = await createPartner(db(), { sourceIds: ['rxx-fhir', 'ryy-fhir', 'unknown'] })
    await sendTo(partner, 1)
    expect((await openOnce(new Error('stop'))).sourceIds).toEqual(['rxx-fhir'])
  })

  test.each([
    ['that cannot be taken while something else is away', new OutcomeError('unavailable', 'PDS is away'), 0],
    ['that fails', new OutcomeError('conflict', 'no'), 1]
  ])('%s is tried again, and only a failure counts', async (_case, error, attempt) => {
    await sendTo(await createPartner(db()), 1)
    await openOnce(error)
    const [row] = await db().query(
      'select state, attempt, lease_until > now() as "isWaiting" from webhook_event'
    )
    expect(row).toEqual({ state: 'accepted', attempt, isWaiting: true })
  })
})

test('ids of events are invented by their partners: none of them moves another', async () => {
  const [one, other] = [await createPartner(db()), await createPartner(db())]
  const id = randomUUID()
  await gateway.send(one, observation(), { id })
  await gateway.send(other, observation('o2'), { id })
  expect(partnersOf(await claim(4)).toSorted()).toEqual([one.id, other.id].toSorted())
})
