import { existsSync, globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { createMllpListener, createMllpSender, type MllpListener, toFrame } from '@chesil/mllp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { useDatabase } from '../../../tests/support/store.ts'
import { readHeader } from '../src/hl7v2/header.ts'
import { hospital, openIntake } from './support.ts'

/** Real messages are not part of the project: see packages/mappers/test/real-records.test.ts. */
const folder = path.join(import.meta.dirname, '../../../../shared/data/hl7v2')
const files = existsSync(folder) ? globSync('**/*.hl7', { cwd: folder }).sort() : []
const read = (file: string) => readFileSync(path.join(folder, file))

const headerOf = (file: string) => {
  const header = readHeader(read(file))
  if (typeof header === 'string') throw new Error(`${file}: ${header}`)
  return header
}
const facilities = [
  ...new Set(files.map((file) => headerOf(file).sendingFacility.split('^')[0]?.trim() ?? ''))
]

/** With which code a message is acknowledged first, as its MSH-15 and MSH-16 ask; absent where they ask for none. */
function codeFor(file: string): string | undefined {
  const { acceptCondition, applicationCondition } = headerOf(file)
  if (acceptCondition === 'AL') return 'CA'
  return acceptCondition === 'NE' && applicationCondition === 'NE' ? undefined : 'AA'
}

describe.skipIf(files.length === 0)('real messages', () => {
  const { database: db } = useDatabase()
  let listener: MllpListener
  beforeAll(async () => {
    const source = hospital({ senders: facilities.map((facility) => ({ facility })) })
    const { intake } = openIntake(db(), [source])
    listener = await createMllpListener({
      host: '127.0.0.1',
      port: 0,
      mayConnect: () => true,
      handle: async (bytes) => (await intake({ bytes })).acknowledgements
    })
  })
  afterAll(() => listener.close())

  test.each(files)('%s goes in through the door', async (file) => {
    const sender = await createMllpSender({ host: '127.0.0.1', port: listener.port })
    const code = codeFor(file)
    if (code === undefined) await sender.write(toFrame(read(file)))
    else {
      const answer = (await sender.send(read(file))).toString('latin1')
      expect(answer).toContain(`\rMSA|${code}|${headerOf(file).controlId}\r`)
    }
    await sender.close()
  })

  test('and all of them lie in the inbox, byte by byte', async () => {
    const rows = await db().query<{ body: Buffer }>(`select body from inbox_message where state = 'received'`)
    const kept = rows.map(({ body }) => gunzipSync(body).toString('base64')).sort()
    expect(kept).toEqual([...new Set(files.map((file) => read(file).toString('base64')))].sort())
  })
})
