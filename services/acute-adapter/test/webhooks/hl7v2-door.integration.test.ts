import { beforeEach, describe, expect, test } from 'vitest'
import { useDatabase } from '../../../../tests/support/store.ts'
import { bodyOf, readInbox } from '../inbox-rows.ts'
import { hospital, message, pid, segment } from '../support.ts'
import { openPartner } from './partner.ts'

const { database: db } = useDatabase()
beforeEach(async () => {
  await db().query('truncate webhook_event, inbox_message, outbox_event, refused_visit cascade')
})
const inbox = () => readInbox(db())
const sending = { form: 'hl7v2', contentType: 'application/hl7-v2+er7' } as const
const lab = hospital({ id: 'hospital-lab', senders: [{ facility: 'LAB' }] })

test('a message is taken as if it had come here, and told by its row of the inbox', async () => {
  const partner = openPartner(db, [hospital()])
  const event = await partner.send(message(), sending)
  const [row] = await inbox()
  expect(event).toMatchObject({ state: 'taken', reason: null, messages: [row?.id] })
  expect(row).toMatchObject({ interface: 'hl7v2', event: 'ADT^A01', control_id: 'C1' })
  expect(row && bodyOf(row)).toBe(message())
})

test('the same again, under another id, is the same message', async () => {
  const partner = openPartner(db, [hospital()])
  const first = await partner.send(message(), sending)
  const again = await partner.send(message(), sending)
  expect(again.messages).toEqual(first.messages)
  expect(await inbox()).toHaveLength(1)
})

test('the character set of its content type outweighs that of the message', async () => {
  const partner = openPartner(db, [hospital()])
  const body = Buffer.from(message().replace('ANNA', 'RENÉ'), 'latin1')
  await partner.send(body, { ...sending, contentType: 'application/hl7-v2+er7; charset=iso-8859-1' })
  expect(await inbox()).toMatchObject([{ character_set: 'iso-8859-1', character_set_guessed: false }])
})

test('a partner writes nothing for a source that is not its own', async () => {
  const partner = openPartner(db, [hospital(), lab])
  const theirs = { ...sending, sourceIds: ['hospital-lab'] }
  expect(await partner.send(message(), theirs)).toMatchObject({
    state: 'rejected',
    reason: 'unknown-sender',
    issues: [{ text: 'The sender is not known here', expression: 'MSH-4' }]
  })
  expect(await partner.send(message({ sender: 'X|LAB' }), theirs)).toMatchObject({ state: 'taken' })
  expect(await inbox()).toHaveLength(1)
})

describe('rejected, with the code and words of the refusal:', () => {
  test.each([
    ['no control id', message({ control: '' }), 'no-control-id', 'MSH-10'],
    ['no message type', message({ type: '' }), 'no-type', 'MSH-9'],
    ['two messages', message() + message({ control: 'C2' }), 'two-messages', 'MSH'],
    ['a batch', 'BHS|^~\\&|PAS|RCB\r', 'batch', 'MSH'],
    ['an acknowledgement', message({ type: 'ACK^A01', segments: ['MSA|AA|1'] }), 'acknowledgement', 'MSH-9']
  ])('%s', async (_what, body, reason, expression) => {
    const event = await openPartner(db, [hospital()]).send(body, sending)
    expect(event).toMatchObject({ state: 'rejected', reason, messages: [] })
    expect(event.issues.map((issue) => issue.expression)).toEqual([expression])
    expect(await inbox()).toEqual([])
  })
})

test('of what its source does not share, only that it came is kept', async () => {
  const partner = openPartner(db, [hospital()])
  const body = message({ segments: [pid, segment('PV1', { 2: 'O', 10: '360', 19: 'V1' })] })
  const event = await partner.send(body, sending)
  expect(event).toMatchObject({ state: 'taken', reason: 'denied' })
  expect(await inbox()).toMatchObject([
    { id: event.messages[0], state: 'refused', reason: 'denied', body: null }
  ])
})

test('while nothing can be kept, it waits for its next attempt', async () => {
  const partner = openPartner(db, [hospital()])
  partner.state.isAway = true
  const id = await partner.post(message(), sending)
  await partner.takeIn()
  expect(await partner.find(id)).toMatchObject({
    state: 'accepted',
    reason: 'Not kept just now: send it again'
  })
})
