import type { Encounter, Resource, Task } from '@chesil/fhir'
import { createValidator } from '@chesil/fhir-validator'
import { createBatches } from '@chesil/message-intake'
import { findNotices, systemIds, takeMessages } from '@chesil/record-store'
import { beforeEach, expect, test } from 'vitest'
import { apply, silent } from '../../../tests/support/contributions.ts'
import { councilCode, hospitalCode, noticeXml } from '../../../tests/support/notices.ts'
import { useDatabase } from '../../../tests/support/store.ts'
import { mapAdwMessage } from '../src/adw/map-message.ts'
import { adwInterface, prsbInterface } from '../src/interfaces.ts'
import { type MapDeps, mapJob } from '../src/map/map-job.ts'
import { mapPrsbMessage } from '../src/prsb/map-message.ts'
import { council, hospital, openDoors } from './support.ts'

const { database: db } = useDatabase()
beforeEach(async () => {
  await db().query(
    `truncate inbox_message, contribution, outbox_event, patient, view_entry, quarantine, item_event, source_resource,
              source_resource_owner, source_part, source_section, source_status cascade`
  )
})
const doors = openDoors({
  take: createBatches({
    take: (messages) => db().transaction((sql) => takeMessages(sql, messages)),
    onError: () => {}
  }).take,
  findNotices: (name) => findNotices(db(), name)
})
const { answer, form } = doors
const notice = (parts: Parameters<typeof noticeXml>[0] = {}, token = hospitalCode) =>
  doors.notice(noticeXml(parts), { token })

/** Maps and applies all that waits, in the order in which it came. */
async function settle(): Promise<void> {
  const deps: MapDeps = {
    database: db(),
    validator: createValidator(),
    ids: systemIds,
    senders: new Map([hospital(), council()].map((source) => [source.id, source])),
    mappers: new Map([
      [adwInterface, mapAdwMessage],
      [prsbInterface, mapPrsbMessage]
    ]),
    settleAnswer: () => Promise.reject(new Error('Nobody was asked')),
    leaseMs: 30_000,
    onOutcome: () => {},
    onInvalid: () => {}
  }
  const waiting = `select id from inbox_message where state = 'received' order by received_at, id`
  for (const { id } of await db().query<{ id: string }>(waiting)) await mapJob(id, deps, silent)
  const ready = `select id from contribution where state = 'ready' order by created_at, id`
  for (const { id } of await db().query<{ id: string }>(ready)) await apply(db(), id)
}

async function shown<Shown extends Resource>(type: Shown['resourceType']): Promise<readonly Shown[]> {
  await settle()
  const rows = await db().query<{ body: string }>(
    'select body from view_entry where resource_type = $1 and to_version is null order by body',
    [type]
  )
  return rows.map(({ body }) => JSON.parse(body) as Shown)
}
const tasks = async () =>
  (await shown<Task>('Task')).map(({ status, businessStatus }) => [status, businessStatus?.text]).sort()
const inbox = () =>
  db().query<{ state: string; reason: string | null }>('select state, reason from inbox_message')

test('a notice, its answer and its withdrawal are one request about one stay', async () => {
  expect((await notice()).statusCode).toBe(202)
  expect(await db().query('select queue from outbox_event')).toEqual([{ queue: 'map-social-care' }])
  expect(await tasks()).toEqual([['requested', 'Waiting for the council’s answer']])
  expect(
    (await notice({ event: 'assessment-accepted', id: 'a-1', at: '2025-11-21T09:00:00Z' }, councilCode))
      .statusCode
  ).toBe(202)
  expect(await tasks()).toEqual([['accepted', 'Accepted by the council']])
  await notice({ event: 'withdrawal', id: 'w-1', at: '2025-11-23T09:00:00Z' })
  const requests = await shown<Task>('Task')
  expect(requests.map(({ status }) => status)).toEqual(['cancelled', 'cancelled'])
  const [stay, ...others] = await shown<Encounter>('Encounter')
  expect(others).toEqual([])
  expect(new Set(requests.map(({ encounter }) => encounter?.reference))).toEqual(
    new Set([`Encounter/${stay?.id}`])
  )
})

test('an answer that comes before its notice comes to the same', async () => {
  await notice({ event: 'assessment-accepted', id: 'a-1', at: '2025-11-21T09:00:00Z' }, councilCode)
  await settle()
  await notice()
  expect(await tasks()).toEqual([['accepted', 'Accepted by the council']])
})

test.each([
  ['accept', 'accepted'],
  ['reject', 'rejected']
])('a council’s answer given here is the record’s, too: %s', async (decision, status) => {
  const { id } = (await notice()).json()
  const given = await answer({ noticeId: id, answer: decision, reason: 'Known to our team' })
  expect(given.statusCode).toBe(200)
  expect(await shown<Task>('Task')).toMatchObject([{ status, statusReason: { text: 'Known to our team' } }])
  expect((await answer({ noticeId: id, answer: decision, reason: 'Known to our team' })).statusCode).toBe(200)
  expect(await shown<Task>('Task')).toMatchObject([{ status }])
})

test('an answer written here that its council sends as well is known already', async () => {
  const { id } = (await notice()).json()
  const given = await answer({ noticeId: id, answer: 'accept' })
  const sent = await doors.notice(given.body, { token: councilCode })
  expect([given.statusCode, sent.statusCode]).toEqual([200, 202])
  expect(await inbox()).toHaveLength(2)
})

test('a notice is answered by the id of its header, once it has another’s as well only by ours', async () => {
  const [first] = [await notice(), await notice({ event: 'discharge', at: '2025-11-20T11:00:00Z' })]
  expect(
    (await answer({ noticeId: '0b1f4a4e-57a6-4f3c-9d56-0c5b5f3a7d01', answer: 'accept' })).statusCode
  ).toBe(409)
  expect((await answer({ noticeId: first?.json().id, answer: 'accept' })).statusCode).toBe(200)
  expect(await tasks()).toEqual([
    ['accepted', 'Accepted by the council'],
    ['requested', 'Waiting for the council’s answer']
  ])
})

test('the same notice many times at once is kept once, and all are told the same id', async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, () => notice()))
  expect(answers.every(({ statusCode }) => statusCode === 202)).toBe(true)
  expect(new Set(answers.map((one) => one.json().id)).size).toBe(1)
  expect(await inbox()).toHaveLength(1)
})

test.each([
  ['nothing', ''],
  ['what has a line break', 'a&#10;b'],
  ['another format', 'x|y z']
])('a notice numbered by %s is kept', async (_, id) => {
  expect((await notice({ id })).statusCode).toBe(202)
  expect(await inbox()).toHaveLength(1)
})

test.each([{}, { id: '' }, { id: 'a\nb' }, { id: 'a\u0000b' }, { id: 7 }])(
  'a form numbered by anything, or nothing, is kept: %j',
  async (changes) => {
    const response = {
      resourceType: 'QuestionnaireResponse',
      status: 'completed',
      item: [{ linkId: '1', text: 'Alert', answer: [{ valueString: 'x' }] }],
      ...changes
    }
    expect((await form(JSON.stringify(response))).statusCode).toBe(202)
    await settle()
    expect(await inbox()).toEqual([{ state: 'refused', reason: 'no-person' }])
  }
)
