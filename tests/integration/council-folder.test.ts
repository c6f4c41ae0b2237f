import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
  writeSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { workAlone } from '@chesil/record-store'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createDropFolder } from '../../services/social-care-adapter/src/cld/drop-folder.ts'
import type { FileIntake } from '../../services/social-care-adapter/src/cld/file-intake.ts'
import { silent } from '../support/contributions.ts'
import { createCouncil, csvOf, homeCare } from '../support/council.ts'
import { useDatabase } from '../support/store.ts'

/** Where councils' SFTP servers leave their files. */

const { database: db } = useDatabase()
const council = createCouncil(db)
const file = csvOf([homeCare])
const larger = csvOf([homeCare, { ...homeCare, LA_Person_Unique_Identifier: 'P2' }])
const minute = 60_000

let root: string
beforeEach(async () => {
  root = mkdtempSync(path.join(tmpdir(), 'chesil-cld-'))
  await db().query('truncate inbox_message, submission, outbox_event cascade')
})
afterEach(() => rmSync(root, { recursive: true }))

async function openFolder(takeFile: FileIntake = council.takeFile) {
  let now = Date.now()
  const counts: unknown[] = []
  const folder = createDropFolder({
    root,
    councils: new Map([[council.source.odsCode, council.source]]),
    takeFile,
    log: silent,
    pollMs: 1_000_000,
    quietMs: 2 * minute,
    keepMs: 1_440 * minute,
    now: () => now,
    alone: (name, work) => workAlone(db(), name, work),
    onCounts: (one) => counts.push(one)
  })
  await folder.start()
  await folder.pollOnce()
  const at = (...names: string[]) => path.join(root, council.source.odsCode, ...names)
  return {
    at,
    look: async (minutes = 2) => {
      now += minutes * minute
      await folder.pollOnce()
      return counts.at(-1)
    },
    put: (name: string, text: string) => writeFileSync(at('in', name), text),
    list: (name: string) => readdirSync(at(name)),
    report: (name: string) => JSON.parse(readFileSync(at('reports', `${name}.json`), 'utf8')),
    close: folder.close
  }
}
const kept = async () =>
  await db().query<{ persons: number }>(
    'select count(*) as persons from submission_person group by submission_id order by 1'
  )

test('a file is taken once nothing was written to it for some minutes, with a report beside it', async () => {
  const { put, look, list, report } = await openFolder()
  put('june.csv', file)
  put('july.csv.part', 'LA_Code')
  await look()
  await look(1)
  put('june.csv', larger)
  await look()
  await look(1)
  expect(await kept()).toEqual([])
  expect(await look(1)).toEqual({ waiting: 0, failed: 0 })
  expect(await kept()).toEqual([{ persons: 2 }])
  expect(list('in')).toEqual(['july.csv.part'])
  expect(report('june.csv')).toMatchObject({ outcome: 'new', report: { persons: 2 } })
})

test('what is refused is set aside, and told why; all of it is cleared after a while', async () => {
  const { put, look, list, report, at } = await openFolder()
  put('wrong.csv', 'name,number\r\na,b')
  mkdirSync(at('failed', 'a folder'))
  mkdirSync(at('reports', 'a folder'))
  await look()
  expect(await look()).toEqual({ waiting: 0, failed: 1 })
  expect(list('failed')).toEqual(['a folder', 'wrong.csv'])
  expect(report('wrong.csv')).toMatchObject({ outcome: 'refused' })
  expect(await look(2_000)).toEqual({ waiting: 0, failed: 0 })
  expect([list('failed'), list('reports')]).toEqual([['a folder'], ['a folder']])
})

test('another file of the name, put there while one is taken, is taken next', async () => {
  const files = await openFolder(async (bytes, source, options) => {
    if ((await kept()).length === 0) files.put('june.csv', larger)
    return await council.takeFile(bytes, source, options)
  })
  files.put('june.csv', file)
  await files.look()
  await files.look()
  expect(files.list('in')).toEqual(['june.csv'])
  expect(await kept()).toEqual([{ persons: 1 }])
  await files.look()
  await files.look()
  expect([files.list('in'), files.list('taking')]).toEqual([[], []])
  expect(await kept()).toEqual([{ persons: 1 }, { persons: 2 }])
})

test('a file to which somebody writes while it is taken stays, and is taken whole later', async () => {
  let writer: number | undefined
  async function* whileWritten(bytes: AsyncIterable<Uint8Array>) {
    for await (const chunk of bytes) {
      yield chunk
      if (writer === undefined) continue
      writeSync(writer, larger.slice(file.length))
      closeSync(writer)
      writer = undefined
    }
  }
  const { put, look, list, at } = await openFolder((bytes, source, options) =>
    council.takeFile(whileWritten(bytes), source, options)
  )
  put('june.csv', file)
  writer = openSync(at('in', 'june.csv'), 'a')
  await look()
  expect(await look()).toEqual({ waiting: 1, failed: 0 })
  await look(1)
  await look(1)
  expect(await kept()).toEqual([])
  expect(await look(1)).toEqual({ waiting: 0, failed: 0 })
  expect(await kept()).toEqual([{ persons: 2 }])
  expect([list('in'), list('taking')]).toEqual([[], []])
})

test('a correction is not taken before what it corrects, which could not be taken', async () => {
  let isDown = true
  const { put, look, at } = await openFolder((bytes, source, options) => {
    if (isDown) throw new Error('connection lost')
    return council.takeFile(bytes, source, options)
  })
  put('1.csv', larger)
  put('2.csv', file)
  utimesSync(at('in', '1.csv'), 1, 1)
  await look()
  expect(await look()).toEqual({ waiting: 2, failed: 0 })
  isDown = false
  expect(await look()).toEqual({ waiting: 0, failed: 0 })
  const bySequence = `select count(*) as persons from submission_person join submission on id = submission_id group by sequence order by sequence`
  expect(await db().query(bySequence)).toEqual([{ persons: 2 }, { persons: 1 }])
})

test('of two processes one looks at a time', async () => {
  const both = Promise.withResolvers<void>()
  let taking = 0
  const first = await openFolder(async (bytes, source, options) => {
    taking++
    await both.promise
    return await council.takeFile(bytes, source, options)
  })
  const second = await openFolder(async () => {
    throw new Error('There were two')
  })
  first.put('june.csv', file)
  await first.look()
  await second.look()
  const looking = first.look()
  while (taking === 0) await sleep(10)
  expect(await second.look()).toEqual({ waiting: 1, failed: 0 })
  expect(await second.look()).toEqual({ waiting: 1, failed: 0 })
  both.resolve()
  expect(await looking).toEqual({ waiting: 0, failed: 0 })
  expect(await kept()).toEqual([{ persons: 1 }])
})

test('what was being taken before a stop is taken again', async () => {
  const { at, look, list, report } = await openFolder()
  await council.post(file)
  writeFileSync(at('taking', 'june.csv'), file)
  expect(await look()).toEqual({ waiting: 0, failed: 0 })
  expect(list('taking')).toEqual([])
  expect(report('june.csv')).toMatchObject({ outcome: 'again' })
})

test.each([
  ['long', 'x'.repeat(251)],
  ['long, of three-byte letters', '日'.repeat(85)],
  ['no text', 'a\n$(rm -rf .)']
])('a name that is %s keeps nothing else from being taken', async (_, name) => {
  const { put, look, list } = await openFolder()
  put(name, larger)
  put('june.csv', file)
  await look()
  expect(await look()).toEqual({ waiting: 0, failed: 0 })
  expect(await kept()).toEqual([{ persons: 1 }, { persons: 2 }])
  expect(list('reports')).toHaveLength(2)
})

test('a name in no encoding waits, is counted, and keeps nothing else from being taken', async () => {
  const { put, look, at } = await openFolder()
  writeFileSync(Buffer.concat([Buffer.from(`${at('in')}/`), Buffer.from([0xff, 0xfe])]), file)
  put('june.csv', file)
  await look()
  expect(await look()).toEqual({ waiting: 1, failed: 0 })
  expect(await kept()).toEqual([{ persons: 1 }])
})
