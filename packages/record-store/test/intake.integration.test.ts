import { randomUUID } from 'node:crypto'
import { mapAcuteJob, mapGpJob } from '@chesil/contracts'
import { beforeEach, describe, expect, test } from 'vitest'
import { messageOf, openInbox, refusalOf } from '../../../tests/support/inbox.ts'
import { useDatabase } from '../../../tests/support/store.ts'
import {
  announceAgain,
  buryTheExhausted,
  deniedInterface,
  failRow,
  findNotices,
  findWaitingRows,
  isAnswer,
  readContributionsOfVisit,
  readRefusedVisits,
  takeMessages
} from '../src/index.ts'

const { database: db } = useDatabase()
beforeEach(async () => {
  await db().query('truncate inbox_message, outbox_event, refused_visit cascade')
})
const { take, claim } = openInbox(db)

const rows = () =>
  db().query<{ state: string; body: Buffer | null }>(
    'select state, body from inbox_message order by control_id'
  )

test('several processes that take the same messages at once keep each once, and all answer', async () => {
  const messages = Array.from({ length: 40 }, (_, at) => messageOf(`m${at}`))
  const again = () =>
    messages.map((message) => ({ ...message, id: randomUUID() })).sort(() => Math.random() - 0.5)
  const outcomes = await Promise.all([take(...messages), take(...again()), take(...again())])
  expect(outcomes.flat().filter((outcome) => outcome === 'new')).toHaveLength(40)
  expect(await rows()).toHaveLength(40)
  expect(await db().query('select from outbox_event')).toHaveLength(40)
})

test('who sends a message again is told which row keeps it', async () => {
  const first = messageOf('m1')
  const inOneCommit = { ...first, id: randomUUID() }
  const later = { ...first, id: randomUUID() }
  const takeAll = (...messages: (typeof first)[]) => db().transaction((sql) => takeMessages(sql, messages))
  const ids = [...(await takeAll(first, inOneCommit)), ...(await takeAll(later))].map(({ id }) => id)
  expect(ids).toEqual([first.id, first.id, first.id])
})

test('a notice is found by our id, and by how its sender numbered it', async () => {
  const adw = { interface: 'social-care-adw', controlId: 'n-1' }
  const [one, other, form] = [
    messageOf('m1', adw),
    messageOf('m2', adw),
    messageOf('m3', { controlId: 'n-1' })
  ]
  await take(one, other, form)
  const find = async (controlId: string, id?: string) =>
    (await findNotices(db(), { controlId, id })).map((found) => found.id)
  expect((await find('n-1')).sort()).toEqual([one.id, other.id].sort())
  expect(await find('n-2', one.id)).toEqual([one.id])
  expect(await find('n-2', form.id)).toEqual([])
  await db().query('update inbox_message set body = null')
  expect(await find('n-1', one.id)).toEqual([])
})

test('bytes come back as they were, whatever they are', async () => {
  const body = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
  const message = messageOf('m1', { body })
  await take(message)
  expect((await claim(message.id)).body).toEqual(body)
})

describe('a stay that is refused', () => {
  test('while a message of it is taken by another process leaves nothing of it', async () => {
    for (let round = 0; round < 25; round++) {
      const visit = `visit ${round}`
      await Promise.all([
        take(messageOf(`a${round}`, { visitHash: visit }), messageOf(`b${round}`)),
        take(refusalOf(`c${round}`, visit)),
        take(messageOf(`d${round}`, { visitHash: visit }))
      ])
    }
    const left = await db().query<{ control_id: string }>(
      'select control_id from inbox_message where body is not null'
    )
    expect(left.filter(({ control_id: name }) => !name.startsWith('b'))).toEqual([])
  })

  test('is another source’s to share', async () => {
    await take(refusalOf('m1', 'visit'))
    expect(await take(messageOf('m2', { visitHash: 'visit', sourceId: 'other' }))).toEqual(['new'])
  })

  test('tells what was mapped of it before', async () => {
    const earlier = messageOf('m1', { visitHash: 'visit' })
    await take(earlier)
    const [person, contribution] = [randomUUID(), randomUUID()]
    await db().query('insert into patient (id) values ($1)', [person])
    await db().query(
      `insert into contribution (id, inbox_message_id, source_id, authority, patient_id, source_time, content_hash, body, state)
       values ($1, $2, 'hospital', 'system', $3, now(), '', 'body', 'applied')`,
      [contribution, earlier.id, person]
    )
    await db().query(`update inbox_message set state = 'mapped'`)
    const refusal = refusalOf('m2', 'visit')
    expect(await take(refusal)).toEqual(['denied'])
    const claimed = await claim(refusal.id)
    expect(claimed).toMatchObject({ interface: deniedInterface, body: null, visitHash: 'visit' })
    const visitHashes = await readRefusedVisits(db(), claimed)
    expect(visitHashes).toEqual(['visit'])
    expect(await readContributionsOfVisit(db(), { sourceId: 'hospital', visitHashes })).toEqual([
      {
        id: contribution,
        patientId: person,
        state: 'applied',
        isMixed: false,
        sourceTime: expect.any(Number),
        body: Buffer.from('body')
      }
    ])
    expect((await rows()).map(({ body }) => body)).toEqual([null, null])
  })
})

describe('a message that came unasked', () => {
  test('is found by the acute adapter, and an answer of a practice by its own', async () => {
    const [hospital, practice] = [messageOf('m1'), messageOf('m2', { interface: 'gp-connect-structured' })]
    await take(hospital, practice)
    const query = { minAgeMs: 0, places: [{ partition: undefined, free: 10 }] }
    expect(await findWaitingRows(db(), 'acute-message', query)).toEqual([{ rowId: hospital.id }])
    expect(await findWaitingRows(db(), 'gp-message', query)).toEqual([{ rowId: practice.id }])
    await db().query('delete from outbox_event')
    await db().transaction((sql) => announceAgain(sql, { olderThanMs: 0, limit: 10 }))
    const announced = await db().query<{ queue: string }>(
      'select queue from outbox_event where row_id = $1',
      [hospital.id]
    )
    expect(announced).toEqual([{ queue: mapAcuteJob.queue }])
    expect(await db().query('select from outbox_event where queue = $1', [mapGpJob.queue])).toHaveLength(1)
  })

  test('is nobody’s until it is mapped, and may fail and die like any other', async () => {
    const message = messageOf('m1')
    await take(message)
    const claimed = await claim(message.id)
    expect([claimed.patientId, isAnswer(claimed)]).toEqual([null, false])
    const failure = { reason: 'test', retryable: false }
    expect(await db().transaction((sql) => failRow(sql, 'inbox_message', claimed, failure))).toBe('dead')
    expect(await db().query('select reason, patient_id from dead_letter')).toEqual([
      { reason: 'test', patient_id: null }
    ])
  })

  test('that ends every worker is set aside', async () => {
    const message = messageOf('m1')
    await take(message)
    await db().query(`update inbox_message set attempt = 5, lease_until = now() - interval '1 second'`)
    expect(await db().transaction((sql) => buryTheExhausted(sql, 10))).toBe(1)
    expect((await rows()).map(({ state }) => state)).toEqual(['dead'])
  })
})
