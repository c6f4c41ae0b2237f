import { createHash, randomUUID } from 'node:crypto'
import type { CldSender, WebhookIssue } from '@chesil/contracts'
import { type OdsCode, OutcomeError } from '@chesil/fhir'
import { createWebhookDoor } from '@chesil/message-intake'
import { acceptWebhooks, registerPartner, systemIds } from '@chesil/record-store'
import { beforeEach, expect, test } from 'vitest'
import { silent } from '../../../tests/support/contributions.ts'
import { csvOf, homeCare } from '../../../tests/support/council.ts'
import { useDatabase } from '../../../tests/support/store.ts'
import { createFileIntake, type FileIntake } from '../src/cld/file-intake.ts'
import { createCldDoor } from '../src/cld/webhook-door.ts'

const { database: db } = useDatabase()
beforeEach(async () => {
  await db().query('truncate webhook_event, inbox_message, submission, council_person, outbox_event cascade')
})

const council = (changes: Partial<CldSender> = {}): CldSender => ({
  id: 'dorset-cld',
  kind: 'cld',
  odsCode: '10A',
  name: 'Dorset Council',
  releaseStage: 'live',
  retention: 'store',
  agreement: 'test',
  laCode: '810',
  ...changes
})

interface Event {
  readonly state: string
  readonly reason: string | null
  readonly issues: readonly WebhookIssue[]
}

/** @returns what became of it, and of which submissions its receipt tells. */
async function send(body: string, sourceIds: readonly string[] = ['dorset-cld'], take?: FileIntake) {
  const id = randomUUID()
  const partnerId = `p-${id.slice(0, 8)}`
  const partner = { id: partnerId, name: 'A partner', odsCode: '10A' as OdsCode, sourceIds, clientId: null }
  await registerPartner(db(), partner, 'test')
  const bytes = Buffer.from(body)
  const bodyHash = createHash('sha256').update(bytes).digest('base64url')
  const sent = {
    id,
    partnerId,
    eventId: id,
    form: 'cld',
    contentType: 'text/csv',
    body: bytes,
    bodyHash
  } as const
  await db().transaction((sql) => acceptWebhooks(sql, [sent]))
  const takeFile =
    take ??
    createFileIntake({
      database: db(),
      limits: { maxBytes: 1_000_000, maxRowBytes: 131_072 },
      newId: systemIds.newId,
      now: Date.now,
      maxFiles: 2,
      onOutcome: () => {}
    })
  const settled = Promise.withResolvers<unknown>()
  const councils = [council(), council({ id: 'other-cld' })]
  const door = createWebhookDoor({
    database: db(),
    taker: 'social-care-adapter',
    catalogue: { sources: councils },
    open: createCldDoor({
      councils,
      takeFile,
      patienceMs: 2_000
    }),
    onOutcome: (outcome, form) => settled.resolve([outcome, form]),
    log: silent
  })
  expect((await settled.promise) as string[]).toContain('cld')
  await door.close()
  const [event] = await db().query<Event>('select state, reason, issues from webhook_event where id = $1', [
    id
  ])
  const messages = await db().query(
    'select inbox_message_id as id from webhook_message where webhook_event_id = $1',
    [id]
  )
  return { ...(event as Event), messages }
}

const submissions = () => db().query('select id from submission')

test('rows are a submission, whose row of the inbox the receipt tells of', async () => {
  const event = await send(csvOf([homeCare]))
  expect(event).toMatchObject({ state: 'taken', reason: null, issues: [] })
  expect(event.messages).toEqual(await submissions())
  expect(await db().query('select queue from outbox_event')).toEqual([{ queue: 'map-social-care' }])
})

test('the same rows again are the same submission', async () => {
  const first = await send(csvOf([homeCare]))
  expect((await send(csvOf([homeCare]))).messages).toEqual(first.messages)
  expect(await submissions()).toHaveLength(1)
})

test('rows of which none can be taken are rejected, line by line', async () => {
  const event = await send(
    csvOf([
      { ...homeCare, LA_Code: '999' },
      { ...homeCare, Event_Type: 'Party' }
    ])
  )
  expect(event).toMatchObject({ state: 'rejected', reason: 'invalid-file', messages: [] })
  expect(event.issues.slice(1)).toEqual([
    { text: 'Event_Type is none of Request, Assessment, Service, Review', expression: 'line 3' },
    { text: 'LA_Code is not that of the council which sent the file', expression: 'line 2' }
  ])
  expect(await submissions()).toEqual([])
})

test('what is no such file is rejected', async () => {
  expect(await send('a,b\r\n1,2')).toMatchObject({ state: 'rejected', reason: 'invalid-file' })
})

test.each([
  ['without a council’s source', ['somebody-else'], 'no-source'],
  ['with two of a council’s sources', ['dorset-cld', 'other-cld'], 'ambiguous-source']
])('a partner %s writes nothing', async (_who, sourceIds, reason) => {
  expect(await send(csvOf([homeCare]), sourceIds)).toMatchObject({ state: 'rejected', reason })
  expect(await submissions()).toEqual([])
})

test('while another file of the council is read, it waits its turn', async () => {
  let isBusy = true
  setTimeout(() => {
    isBusy = false
  }, 200)
  const take: FileIntake = async () => {
    if (isBusy) throw new OutcomeError('unavailable', 'Another file is being read just now')
    return { outcome: 'checked', report: {} as never }
  }
  expect(await send(csvOf([homeCare]), ['dorset-cld'], take)).toMatchObject({ state: 'taken' })
})
