import type { Bundle, BundleEntry, OperationOutcome } from '@chesil/fhir'
import { saveDocuments } from '@chesil/record-store'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Api, openApi } from './support/api.ts'
import { createFakePds } from './support/fake-pds.ts'
import { createPeople, idOf, keyOf, type Person, type Said } from './support/people.ts'
import { tokenOf } from './support/readers.ts'
import { useDatabase } from './support/test-servers.ts'

const { database } = useDatabase()
const pds = createFakePds()
const people = createPeople({ database, pds })
let api: Api
let person: Person
let restricted: Person
const pulse: Said = { name: 'pulse' }
const file: Said = { name: 'file', type: 'Binary', content: { contentType: 'application/pdf' } }
const letter: Said = {
  name: 'letter',
  type: 'DocumentReference',
  content: { status: 'current', content: [{ attachment: { url: keyOf(file) } }] }
}

beforeAll(async () => {
  api = openApi({ database: database(), pds })
  person = await people.meet()
  await people.say(person, [pulse, file, letter])
  const documents = [{ resourceId: idOf(file), contentType: 'application/pdf', bytes: Buffer.from('%PDF') }]
  await database().transaction((sql) => saveDocuments(sql, 'gp-one', documents))
  restricted = await people.meet()
  await people.close(restricted, 'restricted')
})
afterAll(() => api?.close())

interface Request {
  readonly method?: string
  readonly url: string
  readonly ifNoneMatch?: string
}

const json = { 'content-type': 'application/fhir+json' }
const post = (body: object, token = tokenOf(), headers = {}) =>
  api.ask<Bundle>('', { method: 'POST', token, headers: { ...json, ...headers }, body: JSON.stringify(body) })

async function batch(requests: readonly Request[], token?: string): Promise<readonly BundleEntry[]> {
  const entry = requests.map((request) => ({ request: { method: 'GET', ...request } }))
  const { status, body } = await post({ resourceType: 'Bundle', type: 'batch', entry }, token)
  expect([status, body.type]).toEqual([200, 'batch-response'])
  return body.entry ?? []
}
const statuses = (entries: readonly BundleEntry[]) => entries.map(({ response }) => response?.status)
const audited = async () =>
  (
    await database().query<{ body: string }>('select body from audit_event order by recorded_at, sequence')
  ).map(({ body }) => body)

test('a batch answers each read in its place, as the read alone does', async () => {
  const urls = [`Patient/${person.id}`, keyOf(pulse), `Observation?patient=${person.id}`]
  const entries = await batch(urls.map((url) => ({ url })))
  expect(statuses(entries)).toEqual(['200', '200', '200'])
  const alone = await api.ask(keyOf(pulse))
  expect(entries[1]?.resource).toEqual(alone.body)
  expect(entries[1]?.response?.etag).toBe(alone.headers['etag'])
  expect((entries[2]?.resource as Bundle | undefined)?.entry?.at(-1)?.search?.mode).toBe('outcome')
})

test('each entry has an audit row of its own, under the id of the batch', async () => {
  const before = (await audited()).length
  const id = '5d0a4d0e-2c77-4e64-9a7e-6b3f1a0c9d21'
  const entry = [`Patient/${person.id}`, `Patient/${restricted.id}`].map((url) => ({
    request: { method: 'GET', url }
  }))
  await post({ resourceType: 'Bundle', type: 'batch', entry }, tokenOf(), { 'x-request-id': id })
  const rows = (await audited()).slice(before)
  expect(rows).toHaveLength(2)
  expect(rows.every((row) => row.includes(id))).toBe(true)
})

test('what is missing from a record is said of each resource too, which has no header here', async () => {
  const unasked = await people.meet()
  const [whole, part] = await batch([{ url: keyOf(pulse) }, { url: `Patient/${unasked.id}` }])
  const codeOf = (entry?: BundleEntry) =>
    (entry?.response?.outcome as OperationOutcome | undefined)?.issue[0]?.code
  expect([codeOf(whole), codeOf(part)]).toEqual([undefined, 'incomplete'])
})

test('an entry that is asked for indented comes as any other', async () => {
  const [indented, plain] = await batch([{ url: `${keyOf(pulse)}?_pretty=true` }, { url: keyOf(pulse) }])
  expect(indented).toEqual(plain)
})

describe('an entry is refused, and the others are not:', () => {
  const cases: [string, () => Request, string][] = [
    ['of somebody restricted', () => ({ url: `Patient/${restricted.id}` }), '404'],
    ['a search of nobody', () => ({ url: 'Observation' }), '400'],
    ['a type that is not held', () => ({ url: 'Claim/1' }), '404'],
    ['a write', () => ({ method: 'PUT', url: keyOf(pulse) }), '405'],
    ['a deletion', () => ({ method: 'DELETE', url: keyOf(pulse) }), '405'],
    ['an address elsewhere', () => ({ url: 'https://elsewhere.test/Patient/1' }), '404'],
    ['an address that climbs', () => ({ url: '../../metrics' }), '404'],
    ['an address that climbs in code', () => ({ url: '%2e%2e/%2e%2e/metrics' }), '404'],
    ['an answer that is no resource', () => ({ url: `Patient/${person.id}/$completeness` }), '406']
  ]
  test.each(cases)('%s', async (_case, request, status) => {
    const [entry, other] = await batch([request(), { url: keyOf(pulse) }])
    expect([entry?.response?.status, entry?.resource]).toEqual([status, undefined])
    expect(entry?.response?.outcome?.resourceType).toBe('OperationOutcome')
    expect(other?.response?.status).toBe('200')
  })
})

test('a role sees in a batch what it sees alone', async () => {
  const entries = await batch(
    [{ url: `Patient/${person.id}` }, { url: keyOf(pulse) }],
    tokenOf({ scope: 'user/Patient.rs' })
  )
  expect(statuses(entries)).toEqual(['200', '403'])
})

test('a copy that stands is not sent again', async () => {
  const { headers } = await api.ask(keyOf(pulse))
  const [entry] = await batch([{ url: keyOf(pulse), ifNoneMatch: headers['etag'] ?? '' }])
  expect([entry?.response?.status, entry?.resource]).toEqual(['304', undefined])
})

test('a file comes in JSON', async () => {
  const [entry] = await batch([{ url: keyOf(file) }])
  expect(entry?.resource).toMatchObject({
    resourceType: 'Binary',
    data: Buffer.from('%PDF').toString('base64')
  })
})

test('an empty batch is answered empty', async () => {
  expect(await batch([])).toEqual([])
})

describe('as a whole is refused, with an audit row,', () => {
  const many = Array.from({ length: 51 }, () => ({ request: { method: 'GET', url: 'Patient/1' } }))
  const cases: [string, object, string, number][] = [
    ['a transaction', { resourceType: 'Bundle', type: 'transaction', entry: [] }, tokenOf(), 400],
    ['more than 50 entries', { resourceType: 'Bundle', type: 'batch', entry: many }, tokenOf(), 400],
    ['what is no Bundle', { resourceType: 'Patient' }, tokenOf(), 400],
    ['no token', { resourceType: 'Bundle', type: 'batch' }, '', 401],
    ['a role without rights', { resourceType: 'Bundle', type: 'batch' }, tokenOf({ role: 'unknown' }), 403]
  ]
  test.each(cases)('%s', async (_case, body, token, status) => {
    const before = (await audited()).length
    const answer = await post(body, token)
    expect([answer.status, answer.body.resourceType]).toEqual([status, 'OperationOutcome'])
    expect((await audited()).length).toBe(before + 1)
  })
})
