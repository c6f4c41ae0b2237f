import type { Binary, OperationOutcome } from '@chesil/fhir'
import { saveDocuments } from '@chesil/record-store'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Api, type Asking, keysOf, openApi } from './support/api.ts'
import { createFakePds } from './support/fake-pds.ts'
import { createPeople, idOf, keyOf, type Person, type Said } from './support/people.ts'
import { tokenOf } from './support/readers.ts'
import { useDatabase } from './support/test-servers.ts'

const { database } = useDatabase()
const pds = createFakePds()
const people = createPeople({ database, pds })
const restricted = {
  security: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'V' }]
}

/** A file, and a letter that names it. */
const fileOf = (name: string, contentType: string): Said => ({
  name,
  type: 'Binary',
  content: { contentType },
  sections: ['documents']
})
const letterOf = (file: Said, content: object = {}): Said => ({
  name: `letter-${file.name}`,
  type: 'DocumentReference',
  content: { status: 'current', content: [{ attachment: { url: keyOf(file) } }], ...content },
  sections: ['documents']
})

const contents: Readonly<Record<string, readonly [string, Buffer]>> = {
  pdf: ['application/pdf', Buffer.from('%PDF-1.7 \xff\xfe\x00 a letter', 'latin1')],
  page: ['text/html; charset=utf-8', Buffer.from('<script>alert(document.cookie)</script>')],
  drawing: ['image/svg+xml', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>')],
  disguised: ['application/pdf', Buffer.from('<html><script>alert(1)</script></html>')],
  text: ['text/plain', Buffer.from('Rósín Ní Bhriain')],
  large: ['image/tiff', Buffer.alloc(5_000_000, 7)],
  hidden: ['application/pdf', Buffer.from('hidden')],
  unnamed: ['application/pdf', Buffer.from('unnamed')],
  withdrawn: ['application/pdf', Buffer.from('withdrawn')]
}
const files = Object.fromEntries(
  Object.entries(contents).map(([name, [contentType]]) => [name, fileOf(name, contentType)])
) as Readonly<Record<string, Said>>
const file = (name: string): Said => files[name] as Said
const bytesOf = (name: string): Buffer => contents[name]?.[1] ?? Buffer.alloc(0)
const notKept = fileOf('not-kept', 'application/pdf')

let api: Api
let person: Person
beforeAll(async () => {
  api = openApi({ database: database(), pds })
  person = await people.meet()
  const all = Object.values(files)
  const withdrawn = [file('withdrawn'), letterOf(file('withdrawn'))]
  const said = [
    ...all.filter((one) => one !== file('withdrawn')),
    ...['pdf', 'page', 'drawing', 'disguised', 'text', 'large'].map((name) => letterOf(file(name))),
    letterOf(file('hidden'), { meta: restricted }),
    notKept,
    letterOf(notKept)
  ]
  await people.say(person, [...said, ...withdrawn], { at: Date.now() - 60_000 })
  await people.say(person, said)
  const documents = all.map((one) => ({
    resourceId: idOf(one),
    contentType: contents[one.name]?.[0] ?? '',
    bytes: bytesOf(one.name)
  }))
  await database().transaction((sql) => saveDocuments(sql, 'gp-one', documents))
})
afterAll(() => api?.close())

const path = (name: string) => keyOf(file(name))
const get = async (name: string, headers: Readonly<Record<string, string>> = {}, asking: Asking = {}) => {
  const { token = tokenOf(), method = 'GET' } = asking
  const response = await api.app.inject({
    method: method as 'GET',
    url: `/fhir/R4/${path(name)}`,
    headers: { authorization: `Bearer ${token}`, ...headers }
  })
  const { statusCode: status, rawPayload: bytes } = response
  return { status, bytes, headers: response.headers as Readonly<Record<string, string | undefined>> }
}

/** Of the latest audit row about the person. */
async function audited(): Promise<object> {
  const [row] = await database().query<{ body: string }>(
    'select body from audit_event where patient_id = $1 order by recorded_at desc, sequence desc limit 1',
    [person.id]
  )
  return JSON.parse(row?.body ?? '{}') as object
}
const auditRows = async () =>
  (await database().query('select from audit_event where patient_id = $1', [person.id])).length

describe('a file is answered', () => {
  test('as it is, to be saved, with its hash as ETag, and audited', async () => {
    const { status, bytes, headers } = await get('pdf')
    expect([status, bytes.equals(bytesOf('pdf'))]).toEqual([200, true])
    expect(headers).toMatchObject({
      'content-type': 'application/pdf',
      'content-length': String(bytes.length),
      'content-disposition': 'attachment; filename="document.pdf"',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "sandbox; default-src 'none'",
      'cache-control': 'private, no-cache',
      'accept-ranges': 'bytes',
      'chesil-completeness': 'partial'
    })
    expect(headers['etag']).toMatch(/^"[\w-]{43}"$/)
    const item = { what: { reference: path('pdf') } }
    expect(await audited()).toMatchObject({ outcome: '0', entity: [{}, item, {}] })
  })

  test.each<[string, string, string]>([
    ['page', 'application/octet-stream', 'bin'],
    ['drawing', 'application/octet-stream', 'bin'],
    ['disguised', 'application/pdf', 'pdf'],
    ['text', 'text/plain; charset=utf-8', 'txt']
  ])('so that no browser runs it: %s', async (name, type, extension) => {
    const { bytes, headers } = await get(name, { accept: 'text/html,*/*;q=0.8' })
    expect(bytes.equals(bytesOf(name))).toBe(true)
    expect(headers).toMatchObject({
      'content-type': type,
      'content-disposition': `attachment; filename="document.${extension}"`,
      'x-content-type-options': 'nosniff',
      'content-security-policy': "sandbox; default-src 'none'"
    })
  })

  test('to a HEAD without its bytes, and to whoever has it as 304, each audited', async () => {
    const whole = await get('pdf')
    const before = await auditRows()
    const { headers, ...head } = await get('pdf', {}, { method: 'HEAD' })
    expect([head.status, head.bytes.length]).toEqual([200, 0])
    for (const name of ['etag', 'content-type', 'content-length', 'content-disposition', 'vary'])
      expect(headers[name], name).toBe(whole.headers[name])
    const known = await get('pdf', { 'if-none-match': headers['etag'] ?? '', range: 'bytes=0-1' })
    expect([known.status, known.bytes.length]).toEqual([304, 0])
    expect(await auditRows()).toBe(before + 2)
  })

  test('inside a Binary, when FHIR is asked for', async () => {
    for (const asking of [{ headers: { accept: 'application/fhir+json' } }, {}]) {
      const format = asking.headers ? '' : '?_format=json'
      const { status, headers, body } = await api.ask<Binary>(`${path('pdf')}${format}`, asking)
      expect([status, headers['content-type']]).toEqual([200, 'application/fhir+json; charset=utf-8'])
      expect(body).toMatchObject({
        resourceType: 'Binary',
        id: idOf(file('pdf')),
        contentType: 'application/pdf'
      })
      expect(Buffer.from(body.data ?? '', 'base64').equals(bytesOf('pdf'))).toBe(true)
      expect(headers['etag']).toMatch(/^W\//)
    }
  })
})

describe('a part of a file', () => {
  test('joins with the other parts into the whole, wherever it was cut', async () => {
    const size = bytesOf('large').length
    const cuts = fc.uniqueArray(fc.integer({ min: 1, max: size - 1 }), { maxLength: 3 })
    await fc.assert(
      fc.asyncProperty(cuts, async (places) => {
        const ends = [...places.toSorted((a, b) => a - b), size]
        const parts: Buffer[] = []
        for (const [at, to] of ends.entries()) {
          const from = ends[at - 1] ?? 0
          const { status, bytes, headers } = await get('large', { range: `bytes=${from}-${to - 1}` })
          expect([status, headers['content-range']]).toEqual([206, `bytes ${from}-${to - 1}/${size}`])
          parts.push(bytes)
        }
        expect(Buffer.concat(parts).equals(bytesOf('large'))).toBe(true)
      }),
      { numRuns: 10 }
    )
  })

  test.each<[string, Record<string, string>, number, string]>([
    ['from its end', { range: 'bytes=-3' }, 206, 'ter'],
    ['several at once: the whole', { range: 'bytes=0-1,3-4' }, 200, bytesOf('pdf').toString('latin1')],
    [
      'of another file: the whole',
      { range: 'bytes=0-1', 'if-range': '"x"' },
      200,
      bytesOf('pdf').toString('latin1')
    ]
  ])('%s', async (_case, headers, status, text) => {
    const answer = await get('pdf', headers)
    expect([answer.status, answer.bytes.toString('latin1')]).toEqual([status, text])
  })

  test('of the file that it belongs to', async () => {
    const { headers } = await get('pdf')
    const answer = await get('pdf', { range: 'bytes=0-3', 'if-range': headers['etag'] ?? '' })
    expect([answer.status, answer.bytes.toString()]).toEqual([206, '%PDF'])
  })

  test('that the file has not is refused with its size', async () => {
    const { status, headers, bytes } = await get('pdf', { range: 'bytes=9999-' })
    expect([status, headers['content-range']]).toEqual([416, `bytes */${bytesOf('pdf').length}`])
    expect(JSON.parse(bytes.toString())).toMatchObject({ resourceType: 'OperationOutcome' })
    expect(headers['content-disposition']).toBeUndefined()
  })
})

describe('a file is not answered, and the refusal is audited:', () => {
  const cases: [string, () => string, Asking, number][] = [
    ['to a clerk', () => path('pdf'), { token: tokenOf({ role: 'clerical' }) }, 403],
    ['to social care', () => path('pdf'), { token: tokenOf({ role: 'social-care-practitioner' }) }, 403],
    ['without its scope', () => path('pdf'), { token: tokenOf({ scope: 'user/DocumentReference.rs' }) }, 403],
    ['for no care', () => path('pdf'), { token: tokenOf({ purpose: 'HRESCH' }) }, 403],
    ['when only its letter is labelled', () => path('hidden'), {}, 404],
    ['when nothing names it', () => path('unnamed'), {}, 404],
    [
      'to whoever may not read what names it',
      () => path('pdf'),
      { token: tokenOf({ scope: 'user/Binary.r' }) },
      404
    ],
    ['that nobody kept', () => keyOf(notKept), {}, 404],
    ['that there is not', () => 'Binary/00000000-0000-8000-8000-000000000000', {}, 404],
    ['under the id of something else', () => `Binary/${idOf(letterOf(file('pdf')))}`, {}, 404],
    ['that its source withdrew', () => path('withdrawn'), {}, 410],
    ['as XML', () => path('pdf'), { headers: { accept: 'application/fhir+xml' } }, 406],
    ['as JSON, when it is large', () => path('large'), { headers: { accept: 'application/fhir+json' } }, 406],
    ['as a history', () => `${path('pdf')}/_history`, {}, 404],
    ['as the result of a search', () => `Binary?patient=${person.id}`, {}, 404],
    ['as a part of a record', () => `Patient/${person.id}/$everything?_type=Binary`, {}, 400]
  ]
  test.each(cases)('%s', async (_case, address, asking, status) => {
    const rows = async () =>
      (await database().query(`select from audit_event where body like '%"outcome":"4"%'`)).length
    const before = await rows()
    const answer = await api.ask<OperationOutcome>(address(), asking)
    expect([answer.status, answer.body.resourceType]).toEqual([status, 'OperationOutcome'])
    expect(await rows()).toBe(before + 1)
  })

  test('of somebody whose record was closed', async () => {
    const closed = await people.meet()
    const own = fileOf('closed', 'application/pdf')
    await people.say(closed, [own, letterOf(own)])
    await database().transaction((sql) =>
      saveDocuments(sql, 'gp-one', [
        { resourceId: idOf(own), contentType: 'application/pdf', bytes: Buffer.of(1) }
      ])
    )
    expect((await api.ask(keyOf(own))).status).toBe(200)
    await people.close(closed, 'restricted')
    expect((await api.ask(keyOf(own))).status).toBe(404)
  })
})

test('a file is in no list and no total; the letter that names it is', async () => {
  const { body } = await api.ask(`Patient/${person.id}/$everything`)
  expect(keysOf(body)).toHaveLength(body.total ?? 0)
  expect(keysOf(body)).toContain(keyOf(letterOf(file('pdf'))))
  expect(keysOf(body).filter((key) => key.startsWith('Binary/'))).toEqual([])
  const { body: capabilities } = await api.ask<{
    rest: { resource: { type: string; interaction: object[] }[] }[]
  }>('metadata')
  const binary = capabilities.rest[0]?.resource.find(({ type }) => type === 'Binary')
  expect(binary?.interaction).toEqual([{ code: 'read' }])
})
