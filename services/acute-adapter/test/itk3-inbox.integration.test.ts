import { randomUUID } from 'node:crypto'
import { existsSync, globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { readItk3Message } from '@chesil/mappers'
import { createBatches } from '@chesil/message-intake'
import { takeMessages } from '@chesil/record-store'
import { beforeEach, describe, expect, test } from 'vitest'
import { useDatabase } from '../../../tests/support/store.ts'
import { createItk3Intake } from '../src/itk3/intake.ts'
import { mapItk3Message } from '../src/itk3/map-message.ts'
import { sent, trust } from './itk3-support.ts'

const { database: db } = useDatabase()
beforeEach(async () => {
  await db().query('truncate inbox_message, outbox_event cascade')
})

interface Row {
  readonly id: string
  readonly state: string
  readonly reason: string | null
  readonly event: string
  readonly body: Buffer | null
}
const inbox = () => db().query<Row>('select * from inbox_message')

function openDoor(...sources: Parameters<typeof trust>[0][]) {
  const { take } = createBatches({
    take: (messages) => db().transaction((sql) => takeMessages(sql, messages)),
    onError: () => {}
  })
  return createItk3Intake({
    catalogue: { sources: sources.map((source) => trust(source)) },
    take,
    own: { odsCode: 'X26', endpoint: 'CHESIL' },
    newId: randomUUID,
    now: Date.now,
    onOutcome: () => {},
    onFlag: () => {}
  })
}

test('what is acknowledged is in the inbox as it came, and announced for mapping', async () => {
  expect((await openDoor({})({ bytes: sent() })).outcome).toBe('new')
  const [row, ...others] = await inbox()
  expect(others).toEqual([])
  expect(row).toMatchObject({ state: 'received', event: 'ITK007C' })
  expect(gunzipSync(row?.body ?? Buffer.of())).toEqual(sent())
  expect(await db().query('select queue, row_id from outbox_event')).toEqual([
    { queue: 'map-acute', row_id: row?.id }
  ])
})

test('the same message many times at once is kept once', async () => {
  const intake = openDoor({})
  const answers = await Promise.all(Array.from({ length: 20 }, () => intake({ bytes: sent() })))
  expect(answers.filter(({ outcome }) => outcome === 'new')).toHaveLength(1)
  expect(answers.filter(({ outcome }) => outcome === 'again')).toHaveLength(19)
  expect(await inbox()).toHaveLength(1)
})

test('of a message that its source does not share, only that it came is kept', async () => {
  const intake = openDoor({ refuse: { documentTypes: ['373942005'] } })
  expect((await intake({ bytes: sent() })).outcome).toBe('denied')
  expect(await inbox()).toMatchObject([{ state: 'refused', reason: 'denied', body: null }])
  expect(await db().query('select from outbox_event')).toEqual([])
})

/** Published messages about synthetic patients. They are other people's, and stay where they are. */
const folder = path.resolve(import.meta.dirname, '../../../../shared/data/itk3')
const orSkip = 'reads messages from ../shared/data, and is skipped where that folder is absent'
const context = {
  source: {
    id: 'trust-letters',
    odsCode: 'RXX',
    name: 'Trust',
    patientNumberSystem: 'urn:x',
    patientNumberAuthorities: []
  },
  receivedAt: '2026-11-22T12:00:00.000Z',
  personId: () => 'person',
  resourceId: (_type: string, name: string) => name
}

describe.skipIf(!existsSync(folder))(`published messages (${orSkip})`, () => {
  test('each is kept and can be mapped from the inbox, or is refused at the door', async () => {
    const outcomes: Record<string, string> = {}
    for (const file of globSync('**/*.xml', { cwd: folder })) {
      const bytes = readFileSync(path.join(folder, file))
      const sender = readItk3Message(bytes.toString('utf8'))?.sender
      const { outcome } = await openDoor(sender === undefined ? {} : { odsCode: sender })({ bytes })
      const [row] = await db().query<Row>('select * from inbox_message order by received_at desc limit 1')
      const mapped =
        outcome === 'new' ? mapItk3Message(gunzipSync(row?.body ?? Buffer.of()), context).outcome : ''
      outcomes[path.basename(file)] = `${outcome} ${mapped}`.trim()
    }
    const refused = Object.entries(outcomes).filter(([, outcome]) => outcome !== 'new mapped')
    expect(Object.keys(outcomes)).toHaveLength(12)
    expect(Object.fromEntries(refused)).toEqual({
      '9658218873.xml': 'unreadable',
      'MessageDefinition-ITK-GPConnectSendDocument-MessageDefinition-1.xml': 'unreadable'
    })
  })
})
