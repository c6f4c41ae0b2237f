import { randomUUID } from 'node:crypto'
import {
  type ClaimedWebhook,
  claimWebhooks,
  failWebhook,
  quarantineItems,
  settleWebhook,
  systemIds,
  type WebhookSettlement
} from '@chesil/record-store'
import { describe, expect, test } from 'vitest'
import { apply } from '../../../tests/support/contributions.ts'
import { createTrust, subject } from '../../../tests/support/messages.ts'
import { createPersons } from '../../../tests/support/people.ts'
import { useDatabase } from '../../../tests/support/store.ts'
import type { Receipt } from '../src/receipts/receipt.ts'
import { createPartner, observation, openGateway, type TestPartner } from './support.ts'

const { database: db } = useDatabase()
const gateway = openGateway(db)
const trust = createTrust(db, 'rxx-fhir')
const persons = createPersons(db)

/** Sends an event, and has its adapter take it in hand. */
async function claim(partner: TestPartner): Promise<{ id: string; event: ClaimedWebhook }> {
  const answer = await gateway.send(partner, observation())
  const { id } = answer.json<{ id: string }>()
  const events = await claimWebhooks(db(), 'acute-adapter', { limit: 1_000, leaseMs: 1_000 })
  return { id, event: events.find((event) => event.id === id) as ClaimedWebhook }
}

const settle = (event: ClaimedWebhook, settlement: WebhookSettlement) =>
  db().transaction((sql) => settleWebhook(sql, event, settlement))

const receiptOf = async (partner: TestPartner, id: string): Promise<Receipt> =>
  (await gateway.ask(partner, `/receipts/${id}`)).json<Receipt>()

/** What a contribution came of. */
async function messageOf(contributionId: string): Promise<string> {
  const [row] = await db().query<{ id: string }>(
    'select inbox_message_id as id from contribution where id = $1',
    [contributionId]
  )
  return row?.id ?? ''
}

/** Of somebody whom PDS knows, or of nobody whom anybody asked about. */
const asSubject = (nhsNumber = persons.next()) => subject(randomUUID(), { nhsNumber })

async function sendPart(who = asSubject()) {
  const entries = [trust.result(who.local.value, randomUUID())]
  const contribution = { mode: 'delta' as const, sections: [], entries, quarantined: [] }
  const contributionId = await trust.send({ subject: who, contribution }, Date.UTC(2026, 0, 1))
  return { contributionId, messageId: await messageOf(contributionId) }
}

describe('a receipt tells how far its event is:', () => {
  test('accepted', async () => {
    const partner = await createPartner(db())
    const { id } = await claim(partner)
    expect(await receiptOf(partner, id)).toMatchObject({ id, state: 'accepted', isFinal: false, persons: [] })
  })

  test('mapped, then visible, with the version from which on readers see it and what appeared', async () => {
    const partner = await createPartner(db())
    const { id, event } = await claim(partner)
    const nhsNumber = persons.next()
    await persons.trace({ asked: nhsNumber })
    const { contributionId, messageId } = await sendPart(asSubject(nhsNumber))
    await settle(event, { outcome: 'taken', inboxMessageIds: [messageId] })
    await db().query(`update inbox_message set state = 'mapped', settled_at = now() where id = $1`, [
      messageId
    ])
    expect(await receiptOf(partner, id)).toMatchObject({ state: 'mapped', isFinal: false, persons: [] })
    await apply(db(), contributionId)
    const receipt = await receiptOf(partner, id)
    expect(receipt).toMatchObject({ state: 'visible', isFinal: true, counts: { messages: 1, parts: 1 } })
    expect(receipt.persons).toEqual([
      {
        patient: expect.any(String),
        version: expect.any(Number),
        items: expect.objectContaining({ Observation: { shown: 1, withdrawn: 0 } })
      }
    ])
    expect(Date.parse(receipt.appliedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(receipt.mappedAt ?? ''))
  })

  test('applied, and no more, of somebody restricted as of somebody whom PDS was not asked about', async () => {
    const partner = await createPartner(db())
    const restricted = persons.next()
    await persons.trace({ asked: restricted, status: 'restricted' })
    const told = []
    for (const who of [asSubject(restricted), asSubject()]) {
      const { id, event } = await claim(partner)
      const { contributionId, messageId } = await sendPart(who)
      await settle(event, { outcome: 'taken', inboxMessageIds: [messageId] })
      await db().query(`update inbox_message set state = 'mapped', settled_at = now() where id = $1`, [
        messageId
      ])
      await apply(db(), contributionId)
      const { id: _, eventId: __, acceptedAt, mappedAt, appliedAt, ...rest } = await receiptOf(partner, id)
      told.push({ ...rest, times: [acceptedAt, mappedAt, appliedAt].map((time) => typeof time) })
    }
    expect(told[0]).toEqual(told[1])
    expect(told[0]).toMatchObject({ state: 'applied', isFinal: true, persons: [] })
  })

  test('visible, and nothing else, once it has said so: that a record was closed since is not told', async () => {
    const partner = await createPartner(db())
    const nhsNumber = persons.next()
    await persons.trace({ asked: nhsNumber })
    const told = []
    const sent = []
    for (let n = 0; n < 2; n++) {
      const { id, event } = await claim(partner)
      const { contributionId, messageId } = await sendPart(asSubject(nhsNumber))
      await settle(event, { outcome: 'taken', inboxMessageIds: [messageId] })
      await db().query(`update inbox_message set state = 'mapped', settled_at = now() where id = $1`, [
        messageId
      ])
      await apply(db(), contributionId)
      sent.push(id)
    }
    const [first = '', second = ''] = sent
    told.push(await receiptOf(partner, first))
    expect(told[0]).toMatchObject({ state: 'visible' })
    await persons.trace({ asked: nhsNumber, status: 'restricted' })
    expect(await receiptOf(partner, first)).toEqual(told[0])
    expect(await receiptOf(partner, second)).toMatchObject({ state: 'applied', persons: [] })
  })

  test('quarantined, when none of it was let in', async () => {
    const partner = await createPartner(db())
    const { id, event } = await claim(partner)
    const { contributionId, messageId } = await sendPart()
    await settle(event, { outcome: 'taken', inboxMessageIds: [messageId] })
    const item = {
      reason: 'other-subject',
      resourceType: 'Observation',
      sourceResourceId: 'o1',
      sections: ['investigations']
    } as const
    const message = { inboxMessageId: messageId, sourceId: 'rxx-fhir', authority: 'system' }
    await db().transaction((sql) => quarantineItems(sql, message, [randomUUID()], [item], systemIds))
    await db().query(`update inbox_message set state = 'mapped', settled_at = now() where id = $1`, [
      messageId
    ])
    await db().query(`update contribution set state = 'applied', applied_version = 0 where id = $1`, [
      contributionId
    ])
    expect(await receiptOf(partner, id)).toMatchObject({
      state: 'quarantined',
      isFinal: true,
      quarantined: [{ reason: 'other-subject', section: 'investigations', items: 1 }],
      counts: { quarantined: 1 }
    })
  })

  test('rejected, with what to mend', async () => {
    const partner = await createPartner(db())
    const { id, event } = await claim(partner)
    const issues = [{ text: 'Say when it was last updated', expression: 'Observation.meta.lastUpdated' }]
    await settle(event, { outcome: 'rejected', reason: 'no-time', issues })
    expect(await receiptOf(partner, id)).toMatchObject({
      state: 'rejected',
      isFinal: true,
      reason: 'no-time',
      issues
    })
  })

  test('failed, once no attempt came to an end', async () => {
    const partner = await createPartner(db())
    const { id, event } = await claim(partner)
    expect(await failWebhook(db(), event, 'away')).toBe('retried')
    expect(await receiptOf(partner, id)).toMatchObject({ state: 'accepted', isFinal: false })
    await db().query('update webhook_event set attempt = 5 where id = $1', [id])
    expect(await failWebhook(db(), { id, attempt: 5 }, 'away')).toBe('dead')
    expect(await receiptOf(partner, id)).toMatchObject({ state: 'failed', isFinal: true })
  })

  test('and which versions of its items have not come', async () => {
    const partner = await createPartner(db())
    const { id, event } = await claim(partner)
    const gaps = [{ item: 'Observation/o1', missing: [2, 3] }]
    await settle(event, { outcome: 'taken', inboxMessageIds: [], gaps })
    expect(await receiptOf(partner, id)).toMatchObject({ gaps })
  })
})

describe('receipts', () => {
  test('are the partner’s own', async () => {
    const [one, other] = [await createPartner(db()), await createPartner(db())]
    const { id } = await claim(one)
    expect((await gateway.ask(one, `/receipts/${id}`)).statusCode).toBe(200)
    const foreign = await gateway.ask(other, `/receipts/${id}`)
    const invented = await gateway.ask(other, `/receipts/${randomUUID()}`)
    expect([foreign.statusCode, foreign.body]).toEqual([404, invented.body])
    expect((await gateway.ask(other, '/receipts')).json()).toEqual({ receipts: [] })
  })

  test('are listed the latest first, page by page, each once', async () => {
    const partner = await createPartner(db())
    const sent = []
    for (let n = 0; n < 25; n++)
      sent.push((await gateway.send(partner, observation(`o${n}`))).json<{ id: string }>().id)
    const listed: string[] = []
    for (let url: string | undefined = '/receipts?count=10'; url !== undefined; ) {
      const page: { receipts: Receipt[]; next?: string } = (await gateway.ask(partner, url)).json()
      listed.push(...page.receipts.map(({ id }) => id))
      url = page.next?.replace('https://gateway.example', '')
    }
    expect([...listed].sort()).toEqual([...sent].sort())
    expect(listed).toHaveLength(25)
  })

  test('are found by the webhook-id, by state and by time', async () => {
    const partner = await createPartner(db())
    const { id, event } = await claim(partner)
    await settle(event, { outcome: 'rejected', reason: 'not-fhir', issues: [] })
    await gateway.send(partner, observation(), { id: 'evt-2' })
    const idsOf = async (query: string) =>
      (await gateway.ask(partner, `/receipts?${query}`))
        .json<{ receipts: Receipt[] }>()
        .receipts.map((receipt) => receipt.eventId)
    expect(await idsOf('state=rejected')).toEqual([event.eventId])
    expect(await idsOf('eventId=evt-2')).toEqual(['evt-2'])
    expect(await idsOf('since=2100-01-01T00:00:00Z')).toEqual([])
    expect(await idsOf(`since=2020-01-01T00:00:00Z&state=accepted`)).toEqual(['evt-2'])
    expect(id).toBeTruthy()
  })

  test.each([
    'cursor=x',
    'cursor=zz.not-a-uuid',
    'state=lost',
    'count=0',
    'count=1000000000',
    'since=yesterday',
    'since=2026-01-01T23:59:60Z',
    'since=2026-02-30T00:00:00Z',
    'eventId=%00',
    'eventId=a%0Ab',
    `eventId=${'x'.repeat(257)}`,
    'other=1'
  ])('are not listed by %s', async (query) => {
    const partner = await createPartner(db())
    const answer = await gateway.ask(partner, `/receipts?${query}`)
    expect([query, answer.statusCode]).toEqual([query, 400])
    expect(answer.headers['content-type']).toContain('application/problem+json')
  })
})
