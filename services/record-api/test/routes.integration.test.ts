import type { Bundle, OperationOutcome } from '@chesil/fhir'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Api, type Asking, baseUrl, keysOf, openApi } from './support/api.ts'
import { createFakePds } from './support/fake-pds.ts'
import { canary, createPeople, idOf, keyOf, type Person, type Said } from './support/people.ts'
import { tokenOf } from './support/readers.ts'
import { useDatabase } from './support/test-servers.ts'

const { database } = useDatabase()
const pds = createFakePds()
const people = createPeople({ database, pds })
let api: Api
let person: Person

const final: Said = {
  name: 'pulse',
  content: {
    code: { coding: [{ system: 'http://snomed.info/sct', code: '78564009' }] },
    effectiveDateTime: '2026-03-01'
  }
}
const amended: Said = {
  name: 'weight',
  content: { status: 'amended', effectiveDateTime: '2026-04-01T09:00:00+01:00' }
}
const problem: Said = {
  name: 'asthma',
  type: 'Condition',
  content: { code: { text: 'Asthma' } },
  sections: ['problems']
}
const withdrawn: Said = { name: 'withdrawn' }

beforeAll(async () => {
  api = openApi({ database: database(), pds })
  person = await people.meet()
  await people.say(person, [final, amended, problem, withdrawn], { at: Date.now() - 60_000 })
  await people.say(person, [final, amended, problem])
})
afterAll(() => api?.close())

const patient = () => `Patient/${person.id}`
const inOrder = (...said: Said[]) => said.map((one) => keyOf(one)).sort()

describe('a route answers with what it is for:', () => {
  test.each<[string, () => string, () => string[]]>([
    ['a search by number', () => `Patient?identifier=${person.nhsNumber}`, () => [patient()]],
    ['a search by id', () => `Patient?_id=${person.id}`, () => [patient()]],
    [
      'the whole record',
      () => `${patient()}/$everything`,
      () => [patient(), ...inOrder(final, amended, problem)]
    ],
    ['one type of it', () => `${patient()}/$everything?_type=Condition`, () => [keyOf(problem)]],
    ['what changed since', () => `${patient()}/$everything?_since=2999-01-01T00:00:00Z`, () => []],
    ['a search by code', () => `Observation?patient=${person.id}&code=78564009`, () => [keyOf(final)]],
    ['a search by status', () => `Observation?patient=${patient()}&status=amended`, () => [keyOf(amended)]],
    ['a search by date', () => `Observation?patient=${person.id}&date=lt2026-03-02`, () => [keyOf(final)]],
    [
      'a search by date, oldest first',
      () => `Observation?patient=${baseUrl}/${patient()}&_sort=date`,
      () => [keyOf(final), keyOf(amended)]
    ],
    ['a search by subject', () => `Condition?subject=${patient()}`, () => [keyOf(problem)]],
    [
      'a search by id inside a record',
      () => `Observation?patient=${person.id}&_id=${idOf(final)}`,
      () => [keyOf(final)]
    ],
    ['what is no longer said', () => `Observation?patient=${person.id}&_id=${idOf(withdrawn)}`, () => []]
  ])('%s', async (_case, path, keys) => {
    const { status, headers, body } = await api.ask(path())
    expect(status).toBe(200)
    expect(headers['content-type']).toBe('application/fhir+json; charset=utf-8')
    expect(headers['cache-control']).toBe('private, no-cache')
    expect(keysOf(body)).toEqual(keys())
    expect(body).toMatchObject({ resourceType: 'Bundle', type: 'searchset', total: keys().length })
    expect(body.entry?.at(-1)).toMatchObject({
      search: { mode: 'outcome' },
      resource: { resourceType: 'OperationOutcome' }
    })
  })

  test('one resource, with where to read what is missing', async () => {
    const { status, headers, body } = await api.ask<object>(keyOf(final))
    expect(status).toBe(200)
    expect(body).toMatchObject({
      resourceType: 'Observation',
      id: idOf(final),
      subject: { reference: patient() },
      ...final.content
    })
    expect(headers['link']).toContain(`<${baseUrl}/${patient()}/$completeness>`)
    expect(headers['chesil-completeness']).toBe('complete')
    expect(Date.parse(headers['last-modified'] ?? '')).toBeGreaterThan(0)
  })

  test('the person as PDS has them', async () => {
    const { body } = await api.ask<object>(patient())
    expect(body).toMatchObject({ id: person.id, name: [{ family: canary.family }] })
  })

  test('every wording of an item, newest first, with its withdrawal', async () => {
    const { body } = await api.ask(`${keyOf(withdrawn)}/_history`)
    expect(body).toMatchObject({ type: 'history', total: 2 })
    expect(body.entry?.map(({ request, response }) => [request?.method, response?.status])).toEqual([
      ['DELETE', '204'],
      ['PUT', '200'],
      ['GET', '200']
    ])
  })

  test('what each source answered, as JSON', async () => {
    const { headers, body } = await api.ask<object>(`${patient()}/$completeness`)
    expect(headers['content-type']).toMatch(/^application\/json/)
    expect(body).toMatchObject({
      patient: person.id,
      sources: [{ id: 'gp-one', codes: ['live'] }],
      general: []
    })
  })

  test('a refresh asks every source again, however fresh it is', async () => {
    const { status, body } = await api.ask<OperationOutcome>(`${patient()}/$refresh`, { method: 'POST' })
    expect(status).toBe(200)
    expect(body.issue[0]?.details?.coding?.map(({ code }) => code)).toEqual(['pending', 'stored'])
    const pulls = await database().query('select state from pull where patient_id = $1', [person.id])
    expect(pulls).toEqual([{ state: 'waiting' }])
    await database().query(
      `with ended as (update pull set state = 'done' where patient_id = $1)
       update patient set revision = revision + 1 where id = $1`,
      [person.id]
    )
  })
})

describe('$refresh takes what clients of FHIR operations send:', () => {
  const refresh = (type?: string, body?: string) =>
    api.ask<OperationOutcome>(`${patient()}/$refresh`, {
      method: 'POST',
      headers: { prefer: 'wait=0', ...(type && { 'content-type': type }) },
      ...(body !== undefined && { body })
    })
  test.each([
    ['nothing', undefined, undefined, 200],
    ['nothing, as FHIR', 'application/fhir+json', undefined, 200],
    ['nothing, as JSON', 'application/json', '', 200],
    ['empty Parameters', 'application/fhir+json; charset=utf-8', '{"resourceType":"Parameters"}', 200],
    [
      'Parameters that it has not',
      'application/fhir+json',
      '{"resourceType":"Parameters","parameter":[{"name":"x"}]}',
      400
    ],
    ['another resource', 'application/fhir+json', '{"resourceType":"Patient"}', 400],
    ['what is no JSON', 'application/fhir+json', '{', 400],
    ['XML', 'application/fhir+xml', '<Parameters/>', 415]
  ])('%s', async (_case, type, body, status) => {
    const answer = await refresh(type, body)
    expect(answer.status).toBe(status)
    expect(answer.body.resourceType).toBe('OperationOutcome')
  })
})

test('a read that shows nothing is audited as refused, with what was asked for', async () => {
  const ask = async (path: string) => {
    await api.ask(path)
    const [row] = await database().query<{ body: string }>(
      'select body from audit_event where patient_id = $1 order by recorded_at desc, sequence desc limit 1',
      [person.id]
    )
    return JSON.parse(row?.body ?? '{}')
  }
  expect(await ask(keyOf(final))).toMatchObject({ outcome: '0' })
  expect(await ask(keyOf(withdrawn))).toMatchObject({ outcome: '4', outcomeDesc: 'withdrawn' })
  expect(await ask(`Condition/${idOf(final)}`)).toMatchObject({ outcome: '4', outcomeDesc: 'not shown' })
})

describe('an error is an OperationOutcome that holds nothing of the person:', () => {
  const cases: [string, () => string, Asking, number, string][] = [
    ['no token', patient, { token: '' }, 401, 'login'],
    ['a token that is not good', patient, { token: 'rubbish' }, 401, 'login'],
    ['another scheme', patient, { token: '', headers: { authorization: 'Basic YTpi' } }, 401, 'login'],
    ['a scope too small', patient, { token: tokenOf({ scope: 'user/Condition.rs' }) }, 403, 'forbidden'],
    ['a role without rights', patient, { token: tokenOf({ role: 'unknown' }) }, 403, 'forbidden'],
    ['a purpose of no care', patient, { token: tokenOf({ purpose: 'HRESCH' }) }, 403, 'forbidden'],
    ['a type that is not held', () => `Basket?patient=${person.id}`, {}, 404, 'not-found'],
    [
      'an item that there is not',
      () => 'Observation/00000000-0000-8000-8000-000000000000',
      {},
      404,
      'not-found'
    ],
    ['an item under another type', () => `Condition/${idOf(final)}`, {}, 404, 'not-found'],
    ['no such endpoint', () => `${patient()}/$nothing`, {}, 404, 'not-found'],
    ['an item that its source withdrew', () => keyOf(withdrawn), {}, 410, 'deleted'],
    ['XML wanted', patient, { headers: { accept: 'application/fhir+xml' } }, 406, 'not-supported'],
    ['XML wanted by name', () => `${patient()}?_format=xml`, {}, 406, 'not-supported']
  ]
  test.each(cases)('%s', async (_case, path, asking, status, code) => {
    const answer = await api.ask<OperationOutcome>(path(), asking)
    expect(answer.status).toBe(status)
    expect(answer.headers['content-type']).toMatch(/^application\/fhir\+json/)
    expect(answer.body).toMatchObject({
      resourceType: 'OperationOutcome',
      issue: [{ severity: 'error', code }]
    })
    expect(answer.text).not.toMatch(new RegExp(`${canary.family}|${person.nhsNumber}`))
    expect(answer.headers['www-authenticate']).toBe(status === 401 ? 'Bearer' : undefined)
  })

  test.each(['PUT', 'POST', 'PATCH', 'DELETE', 'OPTIONS'])('%s of a resource', async (method) => {
    const answer = await api.ask<OperationOutcome>(patient(), { method })
    expect([404, 405]).toContain(answer.status)
    expect(answer.body.resourceType).toBe('OperationOutcome')
  })
})

test('HEAD answers as GET does, without the body, and is audited as it is', async () => {
  const rows = async () =>
    (await database().query('select 1 from audit_event where patient_id = $1', [person.id])).length
  for (const path of [
    patient(),
    `${patient()}/$everything`,
    keyOf(final),
    `Observation?patient=${person.id}`
  ]) {
    const before = await rows()
    const [head, get] = [await api.ask(path, { method: 'HEAD' }), await api.ask(path)]
    expect([head.status, head.text]).toEqual([200, ''])
    for (const name of ['etag', 'content-type', 'content-length', 'cache-control', 'vary']) {
      expect(head.headers[name], `${name} of ${path}`).toBe(get.headers[name])
    }
    expect(await rows()).toBe(before + 2)
  }
})

test('ids of a request are mirrored only as far as they are plain', async () => {
  const id = 'e5a5bb1c-1c1a-4a7e-9d0e-0f1e2d3c4b5a'
  const plain = await api.ask<Bundle>(patient(), {
    headers: { 'x-request-id': id, 'x-correlation-id': 'a.b:1' }
  })
  expect([plain.headers['x-request-id'], plain.headers['x-correlation-id']]).toEqual([id, 'a.b:1'])
  const odd = await api.ask(patient(), { headers: { 'x-request-id': 'a b', 'x-correlation-id': '<script>' } })
  expect(odd.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
  expect(odd.headers['x-correlation-id']).toBeUndefined()
})
