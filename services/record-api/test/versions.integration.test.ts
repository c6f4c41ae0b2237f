import type { Bundle, Observation, OperationOutcome } from '@chesil/fhir'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Api, nextOf, openApi } from './support/api.ts'
import { createFakePds } from './support/fake-pds.ts'
import { createPeople, keyOf, type Person, type Said } from './support/people.ts'
import { tokenOf } from './support/readers.ts'
import { useDatabase } from './support/test-servers.ts'

const { database } = useDatabase()
const pds = createFakePds()
const people = createPeople({ database, pds })
let api: Api
let person: Person

const pulse: Said = { name: 'pulse' }
const withdrawn: Said = { name: 'withdrawn' }
const secret: Said = {
  name: 'secret',
  content: { code: { coding: [{ system: 'http://snomed.info/sct', code: '7654321' }] } }
}
const path = keyOf(pulse)

beforeAll(async () => {
  api = openApi({ database: database(), pds, sensitiveCodes: new Map([['7654321', 'asylum']]) })
  person = await people.meet()
  await people.say(person, [pulse, withdrawn, secret], { at: Date.now() - 60_000 })
  for (const status of ['preliminary', 'final', 'amended'])
    await people.say(person, [{ ...pulse, content: { status } }, secret])
})
afterAll(() => api?.close())

const versionsOf = async (key = path): Promise<string[]> => {
  const { body } = await api.ask<Bundle>(`${key}/_history`)
  return (body.entry ?? []).flatMap(({ response }) => /"(\d+)"/.exec(response?.etag ?? '')?.[1] ?? [])
}
const codeOf = (body: unknown) => (body as OperationOutcome).issue?.[0]?.code

describe('one wording', () => {
  test('is what the history shows of it, with its own ETag', async () => {
    const { body } = await api.ask<Bundle>(`${path}/_history`)
    for (const { resource, response } of (body.entry ?? []).slice(0, -1)) {
      const version = resource?.meta?.versionId
      const answer = await api.ask<Observation>(`${path}/_history/${version}`)
      expect([answer.status, answer.body, answer.headers['etag']]).toEqual([200, resource, response?.etag])
    }
  })

  test('of the present is the same as the read', async () => {
    const [latest] = await versionsOf()
    const read = await api.ask(path)
    const { text, headers } = await api.ask(`${path}/_history/${latest}`)
    expect([text, headers['etag']]).toEqual([read.text, read.headers['etag']])
  })

  test('that was a withdrawal is 410, one that never was is 404, in the same words as nobody', async () => {
    const [gone, shown] = await versionsOf(keyOf(withdrawn))
    const ask = (version = '') => api.ask(`${keyOf(withdrawn)}/_history/${version}`)
    expect((await ask(gone)).status).toBe(410)
    expect((await ask(shown)).status).toBe(200)
    const nobody = await api.ask('Observation/00000000-0000-8000-8000-000000000000/_history/1')
    for (const version of ['999', '0', 'x', '1e1', `0${shown}`]) {
      const { status, text } = await ask(version)
      expect([status, text]).toEqual([404, nobody.text])
    }
  })

  test('of an item with a label that the reader may not see is nobody’s', async () => {
    const nobody = await api.ask('Observation/00000000-0000-8000-8000-000000000000/_history/1')
    for (let version = 1; version < 8; version++) {
      const { status, text } = await api.ask(`${keyOf(secret)}/_history/${version}`)
      expect([status, text]).toEqual([404, nobody.text])
    }
  })

  test('needs the scope of its type', async () => {
    const token = tokenOf({ scope: 'user/Condition.rs' })
    expect((await api.ask(`${path}/_history/1`, { token })).status).toBe(403)
  })

  test('stands for whoever holds it, and is audited all the same', async () => {
    const [, old] = await versionsOf()
    const url = `${path}/_history/${old}`
    const count = async () => (await database().query('select 1 from audit_event')).length
    const before = await count()
    const { status } = await api.ask(url, { headers: { 'if-none-match': `W/"${old}"` } })
    expect([status, await count()]).toEqual([304, before + 1])
  })
})

describe('a history', () => {
  test('comes in pages that neither repeat nor skip, while it grows', async () => {
    const all = await versionsOf()
    const seen: string[] = []
    for (let url: string | undefined = `${path}/_history?_count=1`; url; ) {
      const { body }: { body: Bundle } = await api.ask<Bundle>(url)
      expect(body.total).toBe(all.length)
      expect(body.entry?.at(-1)?.response?.outcome?.resourceType).toBe('OperationOutcome')
      expect(body.entry?.every(({ request, search }) => request && !search)).toBe(true)
      seen.push(
        ...(body.entry ?? []).flatMap(({ resource }) =>
          resource?.resourceType === 'Observation' ? (resource.meta?.versionId ?? '') : []
        )
      )
      url = nextOf(body)
    }
    expect(seen).toEqual(all)
  })

  test('since an instant holds what changed at or after it; at one, what stood then', async () => {
    const { body } = await api.ask<Bundle>(`${path}/_history`)
    const [newest, second, third] = (body.entry ?? []).map(({ response }) => response)
    const ask = async (query: string) =>
      (await api.ask<Bundle>(`${path}/_history?${query}`)).body.entry?.flatMap(
        ({ response }) => response?.etag ?? []
      )
    expect(await ask(`_since=${second?.lastModified}`)).toEqual([newest?.etag, second?.etag])
    expect(await ask(`_at=${third?.lastModified}`)).toEqual([third?.etag])
    expect(await ask('_since=2999-01-01')).toEqual([])
    expect(await ask('_at=1999')).toEqual([])
  })

  test.each(['_since=soon', '_count=many', '_sort=date', '_cursor=mine'])('refuses %s', async (query) => {
    const { status, body } = await api.ask(`${path}/_history?${query}`)
    expect([status, codeOf(body)]).toEqual([400, 'invalid'])
  })

  test('of the person is answered too', async () => {
    const { status, body } = await api.ask<Bundle>(`Patient/${person.id}/_history`)
    expect([status, body.type, body.entry?.[0]?.resource?.resourceType]).toEqual([200, 'history', 'Patient'])
  })
})

describe('a reader who wants one wording or none', () => {
  test('is given it', async () => {
    const { headers } = await api.ask(path)
    for (const etag of [headers['etag'] ?? '', '*', `"other", ${headers['etag']}`])
      expect((await api.ask(path, { headers: { 'if-match': etag } })).status).toBe(200)
  })

  test('is told where it is another by now', async () => {
    const { status, body } = await api.ask(path, { headers: { 'if-match': 'W/"1"' } })
    expect([status, codeOf(body)]).toEqual([412, 'conflict'])
  })

  test('learns no more of what is not theirs than others', async () => {
    const { status } = await api.ask(keyOf(secret), { headers: { 'if-match': 'W/"1"' } })
    expect(status).toBe(404)
  })
})

describe('how an answer is written', () => {
  test.each(['json', 'application/json', 'application/fhir%2Bjson', 'application/fhir+json'])(
    '_format=%s is taken, on searches too',
    async (format) => {
      expect((await api.ask(`${path}?_format=${format}`)).status).toBe(200)
      expect((await api.ask(`Observation?patient=${person.id}&_format=${format}`)).status).toBe(200)
      expect((await api.ask(`${path}/_history?_format=${format}`)).status).toBe(200)
    }
  )

  test.each(['xml', 'application/fhir+xml', 'text/turtle'])('_format=%s is 406', async (format) => {
    const { status, body } = await api.ask(`${path}?_format=${format}`, { headers: { accept: '*/*' } })
    expect([status, codeOf(body)]).toEqual([406, 'not-supported'])
  })

  test.each([
    ['a read', () => path],
    ['a search', () => `Observation?patient=${person.id}`],
    ['the whole record', () => `Patient/${person.id}/$everything`],
    ['an error', () => 'Observation/1'],
    ['the capabilities', () => 'metadata']
  ])('_pretty=true indents %s, which says the same', async (_case, address) => {
    const url = address()
    const headers = { 'accept-encoding': 'gzip' }
    const plain = await api.ask(url, { headers })
    const pretty = await api.ask(`${url}${url.includes('?') ? '&' : '?'}_pretty=true`, { headers })
    expect(pretty.status).toBe(plain.status)
    expect(pretty.text.split('\n').length).toBeGreaterThan(3)
    expect(pretty.body.resourceType).toBe(plain.body.resourceType)
    expect(pretty.body.entry?.map(({ fullUrl }) => fullUrl)).toEqual(
      plain.body.entry?.map(({ fullUrl }) => fullUrl)
    )
  })
})
