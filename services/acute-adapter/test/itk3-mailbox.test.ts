import { mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Itk3Sender } from '@chesil/contracts'
import { createLogger } from '@chesil/service-kit'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createMailboxReader, type MailboxCounts } from '../src/itk3/mailbox.ts'
import { openMailbox } from '../src/itk3/mailbox-folder.ts'
import { openIntake, sent, trust } from './itk3-support.ts'

let root = ''
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'chesil-mailbox-'))
  await openMailbox(root).prepare()
})
afterEach(async () => await rm(root, { recursive: true }))

const day = 86_400_000
const at = (...names: string[]) => path.join(root, ...names)
const put = async (name: string, content: Buffer | string = '') => {
  await writeFile(at('in', `.${name}`), content)
  await rename(at('in', `.${name}`), at('in', name))
}
const inside = async (folder: string) => (await readdir(at(folder))).sort()

function openReader(...sources: readonly Itk3Sender[]) {
  const door = openIntake(...sources)
  const mailbox = openMailbox(root)
  const log = createLogger('test', 'silent')
  const counted: { outcomes: string[]; files?: MailboxCounts } = { outcomes: [] }
  const defect = { isThere: false }
  const clock = { aheadMs: 0 }
  const intake: typeof door.intake = async (delivery) => {
    if (defect.isThere) throw new Error('a defect')
    return await door.intake(delivery)
  }
  const reader = createMailboxReader({
    mailbox,
    intake,
    log,
    pollMs: 10,
    maxMessageBytes: 10_000,
    keepMs: 30 * day,
    now: () => Date.now() + clock.aheadMs,
    onOutcome: (outcome) => counted.outcomes.push(outcome),
    onCounts: (files) => {
      counted.files = files
    }
  })
  return { ...door, mailbox, counted, defect, clock, ...reader }
}

test('a finished file is taken, deleted, and its acknowledgement lies in the outbox', async () => {
  const { pollOnce, taken } = openReader()
  await put('a.xml', sent())
  await pollOnce()
  expect(taken).toHaveLength(1)
  expect(taken).toMatchObject([{ interface: 'itk3-mailbox' }])
  expect([await readdir(root), await inside('in'), await inside('out')]).toEqual([
    ['failed', 'in', 'out'],
    [],
    ['a.infrastructure.xml']
  ])
  expect(await readFile(at('out', 'a.infrastructure.xml'), 'utf8')).toContain('<code value="20013"/>')
})

test('a MESH message is taken once its control file is there', async () => {
  const { pollOnce, taken } = openReader()
  await put('20261122_1.dat', sent())
  await pollOnce()
  expect(taken).toEqual([])
  await put('20261122_1.ctl')
  await pollOnce()
  expect(taken).toHaveLength(1)
  expect(await inside('in')).toEqual([])
})

test('a hidden file and a folder are no messages', async () => {
  const { pollOnce, taken } = openReader()
  await writeFile(at('in', '.unfinished.xml'), sent())
  await openMailbox(at('in', 'folder.xml')).prepare()
  await pollOnce()
  expect([taken, await inside('in')]).toEqual([[], ['.unfinished.xml', 'folder.xml']])
})

test('messages are taken in the order of their names', async () => {
  const { pollOnce, taken } = openReader()
  for (const id of ['3', '1', '2']) await put(`${id}.xml`, sent({ id }))
  await pollOnce()
  expect(taken.map(({ controlId }) => controlId.at(-1))).toEqual(['1', '2', '3'])
})

test.each([
  {
    case: 'junk',
    content: Buffer.from('<a/>'),
    reason: 'Not an ITK3 message or document in XML',
    answer: '10009'
  },
  {
    case: 'an unknown sender’s',
    content: sent({ sender: 'RZZ' }),
    reason: 'The sender is not known here',
    answer: '20003'
  },
  {
    case: 'too large',
    content: sent({ title: 'x'.repeat(10_000) }),
    reason: 'Larger than a message may be',
    answer: undefined
  }
])(
  'a message that is $case fails with a reason beside it, and keeps no other back',
  async ({ content, reason, answer }) => {
    const { pollOnce, taken } = openReader()
    await put('a.xml', content)
    await put('b.xml', sent())
    await pollOnce()
    expect(await inside('failed')).toEqual(['a.reason.txt', 'a.xml'])
    expect(await readFile(at('failed', 'a.reason.txt'), 'utf8')).toBe(`${reason}\n`)
    expect(taken).toHaveLength(1)
    if (answer !== undefined)
      expect(await readFile(at('out', 'a.infrastructure.xml'), 'utf8')).toContain(`"${answer}"`)
  }
)

test('what cannot be kept just now stays, and is taken later', async () => {
  const { pollOnce, taken, store } = openReader()
  await put('a.xml', sent())
  store.isUp = false
  await pollOnce()
  expect([await inside('in'), await inside('out')]).toEqual([['a.xml'], []])
  store.isUp = true
  await pollOnce()
  expect([await inside('in'), taken.length]).toEqual([[], 1])
})

test('a stop between taking a message and deleting it takes it up again, once', async () => {
  const { mailbox, intake, pollOnce, taken } = openReader()
  await put('a.xml', sent())
  const [item] = await mailbox.list()
  const bytes = item && (await mailbox.read(item, 10_000))
  if (bytes) await intake({ bytes })
  await pollOnce()
  expect([taken.length, await inside('in'), await inside('out')]).toEqual([1, [], ['a.infrastructure.xml']])
})

test('what its source does not share is left nowhere', async () => {
  const { pollOnce, taken } = openReader(trust({ refuse: { documentTypes: ['373942005'] } }))
  await put('a.xml', sent())
  await pollOnce()
  expect(taken).toMatchObject([{ sourceId: 'trust-letters' }])
  expect(taken[0]).not.toHaveProperty('body')
  expect([await inside('in'), await inside('failed')]).toEqual([[], []])
})

test('two messages of one name that fail are both kept, and an answer to neither is lost', async () => {
  const { pollOnce, counted } = openReader()
  for (const sender of ['RZ1', 'RZ2']) {
    await put('a.xml', sent({ sender }))
    await pollOnce()
  }
  expect(await inside('failed')).toEqual(['a.1.reason.txt', 'a.1.xml', 'a.reason.txt', 'a.xml'])
  expect(await inside('out')).toEqual(['a.infrastructure.1.xml', 'a.infrastructure.xml'])
  expect(counted).toEqual({
    outcomes: ['unknownSender', 'unknownSender'],
    files: { waiting: 0, failed: 2, uncollected: 2 }
  })
})

test('what failed is deleted when its time is over', async () => {
  const { pollOnce } = openReader()
  for (const name of ['old', 'new']) await put(`${name}.xml`, '<a/>')
  await pollOnce()
  const before = new Date(Date.now() - 31 * day)
  for (const name of ['old.xml', 'old.reason.txt']) await utimes(at('failed', name), before, before)
  await pollOnce()
  expect(await inside('failed')).toEqual(['new.reason.txt', 'new.xml'])
})

test('how long what failed is kept counts from when it failed, not from when it was written', async () => {
  const { pollOnce, clock } = openReader()
  await put('a.xml', '<a/>')
  await utimes(at('in', 'a.xml'), new Date(0), new Date(0))
  await pollOnce()
  clock.aheadMs = 29 * day
  await pollOnce()
  expect(await inside('failed')).toEqual(['a.reason.txt', 'a.xml'])
  clock.aheadMs = 31 * day
  await pollOnce()
  expect(await inside('failed')).toEqual([])
})

test('a file that ends in an error again and again is set aside', async () => {
  const { pollOnce, counted, defect } = openReader()
  await put('a.xml', sent())
  defect.isThere = true
  for (let tries = 0; tries < 5; tries++) await pollOnce()
  expect([await inside('in'), counted.files]).toEqual([['a.xml'], { waiting: 1, failed: 0, uncollected: 0 }])
  await pollOnce()
  expect([await inside('in'), await inside('failed')]).toEqual([[], ['a.reason.txt', 'a.xml']])
  expect(counted.outcomes).toEqual(['failed'])
})

test('nobody else may look into the folders, and unfinished answers are cleared away', async () => {
  await rm(root, { recursive: true })
  const mailbox = openMailbox(root)
  await mailbox.prepare()
  for (const folder of ['in', 'failed', 'out']) expect((await stat(at(folder))).mode & 0o777).toBe(0o700)
  await writeFile(at('out', '.a.xml.tmp'), 'half')
  await mailbox.answer('a.xml', '<a/>')
  await mailbox.prepare()
  expect(await inside('out')).toEqual(['a.xml'])
})

test('it polls until it is closed', async () => {
  const { start, close, taken } = openReader()
  await start()
  await put('a.xml', sent())
  for (let tries = 0; tries < 200 && taken.length === 0; tries++) await wait(10)
  await close()
  expect(taken).toHaveLength(1)
  await put('b.xml', sent({ id: '2' }))
  await wait(50)
  expect(await inside('in')).toEqual(['b.xml'])
})
