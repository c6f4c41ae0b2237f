import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type Database, defaultMaxDocumentBytes, saveDocuments } from '@chesil/record-store'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Api, openApi } from './support/api.ts'
import { createFakePds } from './support/fake-pds.ts'
import { createPeople, idOf, keyOf, type Said } from './support/people.ts'
import { tokenOf } from './support/readers.ts'
import { useDatabase } from './support/test-servers.ts'

const { database } = useDatabase()
const pds = createFakePds()
const people = createPeople({ database, pds })
const file: Said = { name: 'scan', type: 'Binary', content: { contentType: 'image/tiff' } }
const letter: Said = {
  name: 'letter',
  type: 'DocumentReference',
  content: { content: [{ attachment: { url: keyOf(file) } }] }
}
const size = defaultMaxDocumentBytes
/** As `readDocument` reads it. */
const pieces = size / 262_144
let api: Api
let taken = 0

beforeAll(async () => {
  const counting: Database = {
    ...database(),
    query: async (text, values) => {
      if (text.includes('substring(bytes')) taken++
      return await database().query(text, values)
    }
  }
  api = openApi({ database: counting, pds })
  await people.say(await people.meet(), [file, letter])
  const document = { resourceId: idOf(file), contentType: 'image/tiff', bytes: randomBytes(size) }
  await database().transaction((sql) => saveDocuments(sql, 'gp-one', [document]))
  await api.app.listen({ host: '127.0.0.1', port: 0 })
})
afterAll(() => api?.close())

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void
/** Bytes outside the heap that something still refers to. A collection frees them in the background; the next waits for it. */
function held(): number {
  collectGarbage()
  collectGarbage()
  return process.memoryUsage().arrayBuffers
}

async function open(): Promise<IncomingMessage> {
  taken = 0
  const { port } = api.app.server.address() as AddressInfo
  const headers = { authorization: `Bearer ${tokenOf()}` }
  const request = get({ host: '127.0.0.1', port, path: `/fhir/R4/${keyOf(file)}`, headers })
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  return response
}

/** What lies between us and the reader has filled up. */
async function settled(): Promise<number> {
  for (let last = -1; last !== taken; await wait(500)) last = taken
  return taken
}

test('a file of the largest size is sent without being held whole', async () => {
  const before = held()
  let most = 0
  let length = 0
  let measured = 0
  for await (const piece of await open()) {
    length += (piece as Buffer).length
    if (length < measured) continue
    most = Math.max(most, held() - before)
    measured += size / 10
  }
  expect([length, taken]).toEqual([size, pieces])
  expect(most).toBeLessThan(size)
})

test('a reader who takes nothing makes nothing be read, and one who goes ends it', async () => {
  const response = await open()
  const before = await settled()
  response.destroy()
  expect(before).toBeLessThan(pieces)
  expect(await settled()).toBeLessThanOrEqual(before + 1)
})
