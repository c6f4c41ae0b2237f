import { gunzipSync } from 'node:zlib'
import type { Database } from '@chesil/record-store'
import { beforeEach, describe, expect, test } from 'vitest'
import { useDatabase } from '../../../tests/support/store.ts'
import { bodyOf, readInbox } from './inbox-rows.ts'
import { hospital, message, openIntake } from './support.ts'

const { database: db } = useDatabase()
beforeEach(async () => {
  await db().query('truncate inbox_message, outbox_event, refused_visit cascade')
})

const inbox = () => readInbox(db())

test('AA means that the bytes are kept as they came, and announced for mapping', async () => {
  const { say, outcomes } = openIntake(db())
  expect((await say(message()))[0]).toContain('MSA|AA|C1')
  const [row, ...others] = await inbox()
  expect(others).toEqual([])
  expect(row).toMatchObject({ state: 'received', event: 'ADT^A01', control_id: 'C1', patient_id: null })
  expect(row && bodyOf(row)).toBe(message())
  expect(await db().query('select queue, row_id from outbox_event')).toEqual([
    { queue: 'map-acute', row_id: row?.id }
  ])
  expect(outcomes).toEqual(['hospital-pas new'])
})

describe('the same number', () => {
  test('and the same message: acknowledged again, kept once', async () => {
    const { codes, outcomes } = openIntake(db())
    expect([await codes(message()), await codes(message())]).toEqual([['AA'], ['AA']])
    expect(await inbox()).toHaveLength(1)
    expect(outcomes).toEqual(['hospital-pas new', 'hospital-pas again'])
  })

  test('and the same message many times at once: kept once', async () => {
    const { codes } = openIntake(db())
    const answers = await Promise.all(Array.from({ length: 50 }, () => codes(message())))
    expect(new Set(answers.flat())).toEqual(new Set(['AA']))
    expect(await inbox()).toHaveLength(1)
    expect(await db().query('select from outbox_event')).toHaveLength(1)
  })

  test('and another message: both kept, and flagged', async () => {
    const { codes, flags } = openIntake(db())
    await codes(message())
    expect(await codes(message({ segments: ['PID|1||9^^^RCB^MR'] }))).toEqual(['AA'])
    expect((await inbox()).map((row) => row.control_id_reused)).toEqual([false, true])
    expect(flags).toEqual(['hospital-pas control-id-reused'])
  })

  test('and another message at the same time: both kept, one flagged', async () => {
    const { codes } = openIntake(db())
    await Promise.all([codes(message()), codes(message({ segments: ['PID|1||9^^^RCB^MR'] }))])
    expect((await inbox()).map((row) => row.control_id_reused).sort()).toEqual([false, true])
  })

  test('of another system of the source is no repetition', async () => {
    const { codes, flags } = openIntake(db())
    await codes(message())
    await codes(message({ sender: 'LAB|RCB' }))
    expect(await inbox()).toHaveLength(2)
    expect(flags).toEqual([])
  })
})

describe('AR, and nothing kept:', () => {
  test.each([
    ['no MSH', 'hello', '100'],
    ['a batch', 'BHS|^~\\&|PAS|RCB\r', '100'],
    ['two messages in one frame', message() + message({ control: 'C2' }), '100'],
    ['no message type', message({ type: '' }), '101'],
    ['no control id', message({ control: '' }), '101'],
    ['a control id that cannot be printed', message({ control: 'a\x01b' }), '102'],
    ['an unknown sender', message({ sender: 'PAS|XYZ' }), '204'],
    ['a character set that cannot be read', message({ characterSet: 'ISO IR87' }), '103']
  ])('%s', async (_what, text, code) => {
    const { say } = openIntake(db())
    const [answer] = await say(text)
    expect(answer).toMatch(/^MSA\|AR/m)
    expect(answer).toMatch(new RegExp(`^ERR\\|.*\\b${code}[&^]`, 'm'))
    expect(await inbox()).toEqual([])
  })
})

test('AE while the database cannot be reached, and AA when it is sent again', async () => {
  let isAway = true
  const flaky = {
    transaction: (work: never) =>
      isAway ? Promise.reject(new Error('connect ECONNREFUSED')) : db().transaction(work)
  } as Database
  const { codes, errors, outcomes } = openIntake(flaky)
  expect(await codes(message())).toEqual(['AE'])
  isAway = false
  expect(await codes(message())).toEqual(['AA'])
  expect(await inbox()).toHaveLength(1)
  expect(errors).toHaveLength(1)
  expect(outcomes).toEqual(['hospital-pas unavailable', 'hospital-pas new'])
})

test('an acknowledgement is not answered', async () => {
  const { codes } = openIntake(db())
  expect(await codes(message({ type: 'ACK^A01', segments: ['MSA|AA|1'] }))).toEqual([])
  expect(await inbox()).toEqual([])
})

test('a sender is known by application and facility, else by facility alone', async () => {
  const sources = [
    hospital(),
    hospital({ id: 'hospital-lab', senders: [{ application: 'LAB', facility: 'RCB' }] }),
    hospital({ id: 'retired', releaseStage: 'retired', senders: [{ facility: 'OLD' }] })
  ]
  const { codes, outcomes } = openIntake(db(), sources)
  await codes(message({ sender: 'LAB^1.2.3^ISO|rcb^2.3.4^ISO' }))
  await codes(message({ sender: 'PAS|RCB', control: 'C2' }))
  await codes(message({ sender: 'PAS|OLD', control: 'C3' }))
  expect(outcomes).toEqual(['hospital-lab new', 'hospital-pas new', 'unknown unknownSender'])
})

describe('RENÉ', () => {
  test.each([
    ['8859/1', Buffer.from('RENÉ', 'latin1'), 'iso-8859-1', false],
    ['UNICODE UTF-8', Buffer.from('RENÉ'), 'utf8', false],
    ['', Buffer.from('RENÉ'), 'utf8', false],
    ['', Buffer.from('RENÉ', 'latin1'), 'windows-1252', true],
    ['UNICODE UTF-8', Buffer.from('RENÉ', 'latin1'), 'windows-1252', true]
  ])('of %j as %j is read as %s', async (characterSet, name, read, isGuessed) => {
    const { codes, flags } = openIntake(db())
    const [before = '', after = ''] = message({ characterSet }).split('ANNA')
    const bytes = Buffer.concat([Buffer.from(before), name, Buffer.from(after)])
    expect(await codes(bytes)).toEqual(['AA'])
    const [row] = await inbox()
    expect(row).toMatchObject({ character_set: read, character_set_guessed: isGuessed })
    expect(row?.body && gunzipSync(row.body).equals(bytes)).toBe(true)
    expect(flags).toEqual(isGuessed ? ['hospital-pas character-set-guessed'] : [])
  })
})
