import { chesil } from '@chesil/fhir'
import { saveDocuments } from '@chesil/record-store'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Api, keysOf, openApi } from './support/api.ts'
import { createFakePds } from './support/fake-pds.ts'
import { createPeople, idOf, keyOf, type Person, type Said } from './support/people.ts'
import { useDatabase } from './support/test-servers.ts'

const { database } = useDatabase()
const pds = createFakePds()
const people = createPeople({ database, pds })
let api: Api
let person: Person
beforeAll(async () => {
  api = openApi({ database: database(), pds })
  person = await people.meet()
})
afterAll(() => api?.close())

const file: Said = { name: 'report', type: 'Binary' }
const snomed = (code: string) => ({ coding: [{ system: 'http://snomed.info/sct', code }] })
const letter: Said = {
  name: 'letter',
  type: 'DocumentReference',
  content: {
    status: 'current',
    type: snomed('373942005'),
    category: [snomed('734163000')],
    masterIdentifier: { system: 'urn:trust', value: 'D1' },
    date: '2026-11-20T10:00:00Z',
    context: { period: { start: '2026-11-18', end: '2026-11-20' } },
    content: [{ attachment: { contentType: 'text/plain', url: keyOf(file) } }]
  }
}

/** The source says at a time what the file under its id is. */
async function say(text: string, at: number): Promise<void> {
  const document = { resourceId: idOf(file), contentType: 'text/plain', bytes: Buffer.from(text) }
  const hashes = await database().transaction((sql) => saveDocuments(sql, 'gp-one', [document]))
  const tag = [{ system: chesil.contentHash, code: hashes.get(document.resourceId) }]
  await people.say(person, [{ ...file, content: { contentType: 'text/plain', meta: { tag } } }, letter], {
    at
  })
}

test('a file that is corrected is another version, and one that comes late does not take its place', async () => {
  const now = Date.now()
  await say('preliminary', now - 2_000)
  const first = await api.ask(keyOf(file))
  await say('final', now)
  await say('earlier than both', now - 4_000)
  const range = { range: 'bytes=0-3', 'if-range': first.headers['etag'] ?? '' }
  const { status, text, headers } = await api.ask(keyOf(file), { headers: range })
  expect([first.text, status, text]).toEqual(['preliminary', 200, 'final'])
  expect(headers['etag']).not.toBe(first.headers['etag'])
})

test.each([
  ['type=373942005', true],
  ['category=http://snomed.info/sct|734163000', true],
  ['status=current&date=ge2026-11-20', true],
  ['period=ge2026-11-19', true],
  ['identifier=urn:trust|D1', true],
  ['identifier=urn:other|D1', false],
  ['contenttype=text/plain', true],
  ['contenttype=application/pdf', false]
])('a letter is searched for by %s', async (query, isFound) => {
  const { status, body } = await api.ask(`DocumentReference?patient=${person.id}&${query}`)
  expect([status, keysOf(body)]).toEqual([200, isFound ? [keyOf(letter)] : []])
})
