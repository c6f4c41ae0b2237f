import { readFileSync } from 'node:fs'
import path from 'node:path'
import { type Observation, OutcomeError } from '@chesil/fhir'
import { saveDocuments } from '@chesil/record-store'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Api, type Asking, openApi } from './support/api.ts'
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
/** Of the pulse. */
let version: string

const pulse: Said = { name: 'pulse' }
const withdrawn: Said = { name: 'withdrawn' }
const file: Said = { name: 'file', type: 'Binary', content: { contentType: 'application/pdf' } }
const letter: Said = {
  name: 'letter',
  type: 'DocumentReference',
  content: { status: 'current', content: [{ attachment: { url: keyOf(file) } }] }
}

beforeAll(async () => {
  api = openApi({ database: database(), pds })
  person = await people.meet()
  await people.say(person, [pulse, withdrawn, file, letter], { at: Date.now() - 60_000 })
  await people.say(person, [pulse, file, letter])
  version = (await api.ask<Observation>(keyOf(pulse))).body.meta?.versionId ?? ''
  const documents = [{ resourceId: idOf(file), contentType: 'application/pdf', bytes: Buffer.from('%PDF') }]
  await database().transaction((sql) => saveDocuments(sql, 'gp-one', documents))
  restricted = await people.meet()
  await people.say(restricted, [{ name: 'hidden' }])
  await people.close(restricted, 'restricted')
})
afterAll(() => api?.close())

const head = (url: string, asking: Asking = {}, from = api) => from.ask(url, { ...asking, method: 'HEAD' })
const patient = ({ id }: Person = person) => `Patient/${id}`
const unknown = () => 'Patient/00000000-0000-8000-8000-000000000000'

/** What was audited meanwhile, without what differs from one request to the next. */
async function auditedBy<Result>(ask: () => Promise<Result>) {
  const rows = () =>
    database().query<{ body: string }>('select body from audit_event order by recorded_at, sequence')
  const before = (await rows()).length
  const answer = await ask()
  const bodies = (await rows()).slice(before).map(({ body }) => body)
  const same = bodies.map((body) =>
    body
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'now')
      .replaceAll(answerId(answer as { headers: Record<string, string> }), 'id')
  )
  return { answer, audited: same }
}
const answerId = ({ headers }: { readonly headers: Readonly<Record<string, string | undefined>> }) =>
  headers['x-request-id'] ?? ''

/** Of a GET and a HEAD, what must be the same: the time of day is not. */
function comparable({ status, headers }: Awaited<ReturnType<typeof head>>) {
  const { date, 'x-request-id': _id, ...rest } = headers
  return { status, headers: rest }
}

/** Operation of the published API → an address of it that answers 200. */
const addresses: Readonly<Record<string, () => string>> = {
  '/metadata': () => 'metadata',
  '/OperationDefinition/{name}': () => 'OperationDefinition/everything',
  '/Patient': () => `Patient?identifier=${person.nhsNumber}`,
  '/Patient/{id}': patient,
  '/Patient/{id}/$everything': () => `${patient()}/$everything`,
  '/Patient/{id}/$conflicts': () => `${patient()}/$conflicts`,
  '/Patient/{id}/$changes': () => `${patient()}/$changes?sinceVersion=0`,
  '/Patient/{id}/$summary': () => `${patient()}/$summary`,
  '/Patient/{id}/$completeness': () => `${patient()}/$completeness`,
  '/Patient/{id}/{type}': () => `${patient()}/Observation`,
  '/Binary/{id}': () => keyOf(file),
  '/{type}': () => `Observation?patient=${person.id}`,
  '/{type}/{id}': () => keyOf(pulse),
  '/{type}/{id}/_history': () => `${keyOf(pulse)}/_history`,
  '/{type}/{id}/_history/{version}': () => `${keyOf(pulse)}/_history/${version}`
}
const { paths } = JSON.parse(
  readFileSync(path.join(import.meta.dirname, '../../../openapi/record-api.json'), 'utf8')
) as { paths: Record<string, Record<string, { responses: { 200: { headers: object } } }>> }
const reads = Object.entries(paths).flatMap(([url, { get }]) => (get ? [[url, get] as const] : []))

const aboutNobody = new Set(['/metadata', '/OperationDefinition/{name}'])

describe('HEAD of', () => {
  test.each(reads)('%s answers and is audited as GET is, without the body', async (url) => {
    const address = addresses[url]?.() ?? `no address of ${url} is known here`
    const { answer: got, audited } = await auditedBy(() => api.ask(address))
    const { answer, audited: auditedOfHead } = await auditedBy(() => head(address))
    expect([answer.status, answer.text]).toEqual([200, ''])
    expect(comparable(answer)).toEqual(comparable(got))
    expect(auditedOfHead).toEqual(audited)
    expect(auditedOfHead).toHaveLength(aboutNobody.has(url) ? 0 : 1)
  })

  test.each(reads)('%s sends the headers that the published API promises', async (url, { responses }) => {
    const ids = { 'x-correlation-id': 'a.b:1' }
    const { headers } = await head(addresses[url]?.() ?? '', { headers: ids })
    expect(Object.keys(headers)).toEqual(
      expect.arrayContaining(Object.keys(responses[200].headers).map((name) => name.toLowerCase()))
    )
  })
})

describe('HEAD is refused as GET is, with nothing of the person, and the refusal is audited:', () => {
  const cases: [string, () => string, Asking, number][] = [
    ['no token', patient, { token: '' }, 401],
    ['a role without rights', patient, { token: tokenOf({ role: 'unknown' }) }, 403],
    ['a scope too small', () => keyOf(pulse), { token: tokenOf({ scope: 'user/Condition.rs' }) }, 403],
    ['a purpose of no care', patient, { token: tokenOf({ purpose: 'HRESCH' }) }, 403],
    ['somebody restricted', () => patient(restricted), {}, 404],
    ['the record of somebody restricted', () => `${patient(restricted)}/$everything`, {}, 404],
    ['an item of somebody restricted', () => keyOf({ name: 'hidden' }), {}, 404],
    ['nobody', unknown, {}, 404],
    ['an item that its source withdrew', () => keyOf(withdrawn), {}, 410],
    ['XML wanted', patient, { headers: { accept: 'application/fhir+xml' } }, 406]
  ]
  test.each(cases)('%s', async (_case, url, asking, status) => {
    const address = url()
    const { answer: got, audited } = await auditedBy(() => api.ask(address, asking))
    const { answer, audited: auditedOfHead } = await auditedBy(() => head(address, asking))
    expect([answer.status, answer.text]).toEqual([status, ''])
    expect(comparable(answer)).toEqual(comparable(got))
    expect(auditedOfHead).toEqual(audited)
    expect(auditedOfHead).toHaveLength(1)
    for (const name of ['etag', 'last-modified', 'link', 'chesil-completeness']) {
      expect(answer.headers, name).not.toHaveProperty(name)
    }
  })
})

test('HEAD does not tell somebody restricted from nobody', async () => {
  expect(comparable(await head(patient(restricted)))).toEqual(comparable(await head(unknown())))
})

test('HEAD that cannot be audited tells nothing', async () => {
  const fail = async () => {
    throw new OutcomeError('unavailable', 'The access could not be audited')
  }
  const unaudited = openApi({
    database: database(),
    pds,
    deps: { audit: { disclosure: fail, refusal: fail } }
  })
  const answer = await head(patient(), {}, unaudited)
  await unaudited.close()
  expect([answer.status, answer.text, answer.headers['etag']]).toEqual([503, '', undefined])
})

test('HEAD with the ETag of an answer that stands is 304, and audited', async () => {
  const { headers } = await api.ask(`${patient()}/$everything`)
  const { answer, audited } = await auditedBy(() =>
    head(`${patient()}/$everything`, { headers: { 'if-none-match': headers['etag'] ?? '' } })
  )
  expect([answer.status, answer.text]).toEqual([304, ''])
  expect(audited).toHaveLength(1)
})

test('what only POST does has no HEAD, and no source is asked', async () => {
  const { status, text } = await head(`${patient()}/$refresh`)
  expect([status, text]).toEqual([404, ''])
  expect(await database().query('select 1 from pull where patient_id = $1', [person.id])).toEqual([])
})
