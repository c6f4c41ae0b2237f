import type { Bundle, CapabilityStatement, OperationOutcome, Patient } from '@chesil/fhir'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  codesOf,
  outcomeOf,
  resourcesOf,
  type SandboxPerson,
  type Stack,
  startStack
} from '../support/stack.ts'

let stack: Stack
let person: SandboxPerson
let id: string
beforeAll(async () => {
  stack = await startStack()
  person = (await stack.people()).find(({ kind }) => kind === 'ordinary') as SandboxPerson
  id = (await stack.findPerson(person.nhsNumber)) as string
  await stack.settle(id)
})
afterAll(() => stack?.stop())

const everything = (query = '', headers = {}) => stack.ask(`Patient/${id}/$everything${query}`, { headers })

describe('finding a person', () => {
  test('by NHS number makes them known and starts asking their practice', async () => {
    const other = (await stack.people()).filter(({ kind }) => kind === 'ordinary')[1] as SandboxPerson
    const { status, body } = await stack.ask(
      `Patient?identifier=https://fhir.nhs.uk/Id/nhs-number|${other.nhsNumber}`
    )
    expect(status).toBe(200)
    const [patient] = resourcesOf<Patient>(body, 'Patient')
    expect(patient?.identifier?.[0]).toMatchObject({
      system: 'https://fhir.nhs.uk/Id/nhs-number',
      value: other.nhsNumber
    })
    expect(codesOf(outcomeOf(body))).toEqual([['pending']])
    await stack.settle(patient?.id as string)
  })

  test.each([
    [
      'spaces in the number',
      (n: string) => `Patient?identifier=${n.slice(0, 3)}%20${n.slice(3, 6)}%20${n.slice(6)}`
    ],
    ['_id', () => `Patient?_id=${id}`],
    [
      'family and birthdate',
      () => `Patient?family=${encodeURIComponent(person.family)}&birthdate=${person.birthDate}`
    ]
  ])('works by %s', async (_case, path) => {
    const { body } = await stack.ask(path(person.nhsNumber))
    expect(resourcesOf(body).map((resource) => resource.id)).toEqual([id])
  })

  test.each([
    ['a wrong check digit', 'Patient?identifier=9990000019'],
    ['family without birthdate', 'Patient?family=Weir'],
    ['no criterion at all', 'Patient'],
    ['two ways at once', 'Patient?identifier=9990000018&birthdate=1900-01-01'],
    ['an unknown name', 'Patient?identifier=9990000018&active=true'],
    ['a birthdate that is no date', 'Patient?family=Weir&birthdate=1950-02-30']
  ])('by %s is answered with what to do', async (_case, path) => {
    const { status, body } = await stack.ask<OperationOutcome>(path)
    expect(status).toBe(400)
    expect(body).toMatchObject({
      resourceType: 'OperationOutcome',
      issue: [{ severity: 'error', code: 'invalid' }]
    })
  })

  test('that PDS does not know finds nobody, in the same words as somebody who is not shown', async () => {
    const restricted = (await stack.people()).find(({ kind }) => kind === 'restricted') as SandboxPerson
    const answers = await Promise.all(
      ['9990000018', restricted.nhsNumber].map((n) => stack.ask(`Patient?identifier=${n}`))
    )
    for (const { status, body } of answers) {
      expect(status).toBe(200)
      expect(body.total).toBe(0)
    }
    expect(outcomeOf(answers[0]?.body as Bundle)).toEqual(outcomeOf(answers[1]?.body as Bundle))
  })
})

describe('$everything', () => {
  test('is the person first, then the record, then what is missing from it', async () => {
    const { status, headers, body } = await everything()
    expect(status).toBe(200)
    expect(headers.get('content-type')).toMatch('application/fhir+json')
    const resources = resourcesOf(body)
    expect(resources[0]).toMatchObject({ resourceType: 'Patient', id })
    expect(body.total).toBe(resources.length)
    expect(body.entry?.at(-1)?.search?.mode).toBe('outcome')
    expect(codesOf(outcomeOf(body))).toEqual([expect.arrayContaining(['live'])])
    for (const { fullUrl, resource } of body.entry?.slice(0, -1) ?? []) {
      expect(fullUrl).toBe(`${stack.recordApi()}/${resource?.resourceType}/${resource?.id}`)
    }
  })

  test('speaks of one person only', async () => {
    const { body } = await everything()
    for (const resource of resourcesOf(body)) {
      const subject = (resource as { subject?: { reference?: string } }).subject?.reference
      expect([undefined, `Patient/${id}`]).toContain(subject)
    }
  })

  test('comes in pages that are the whole, once each', async () => {
    const whole = resourcesOf((await everything()).body).map(
      (resource) => `${resource.resourceType}/${resource.id}`
    )
    const paged: string[] = []
    let pages = 0
    for (let url: string | undefined = `Patient/${id}/$everything?_count=7`; url; pages++) {
      const { body, status }: { body: Bundle; status: number } = await stack.ask(url)
      expect(status).toBe(200)
      expect(body.total).toBe(whole.length)
      paged.push(...resourcesOf(body).map((resource) => `${resource.resourceType}/${resource.id}`))
      url = body.link?.find(({ relation }) => relation === 'next')?.url
    }
    expect(paged).toEqual(whole)
    expect(pages).toBe(Math.ceil(whole.length / 7))
  })

  test('can be limited to types, and to what changed since', async () => {
    const { body } = await everything('?_type=MedicationStatement,Condition')
    expect(new Set(resourcesOf(body).map(({ resourceType }) => resourceType))).toEqual(
      new Set(['MedicationStatement', 'Condition'].filter((type) => resourcesOf(body, type).length > 0))
    )
    expect(resourcesOf((await everything('?_since=2999-01-01')).body)).toEqual([])
    expect(resourcesOf((await everything('?_since=2000-01-01')).body).length).toBeGreaterThan(10)
  })

  test('answers 304 to a reader who has it, and the whole to one who has something else', async () => {
    const { headers } = await everything()
    const etag = headers.get('etag') as string
    expect((await everything('', { 'if-none-match': etag })).status).toBe(304)
    expect((await everything('', { 'if-none-match': 'W/"other"' })).status).toBe(200)
    expect((await everything('?_count=5')).headers.get('etag')).not.toBe(etag)
  })

  test('is the same compressed and plain', async () => {
    const plain = await everything('', { 'accept-encoding': 'identity' })
    const gzip = await everything('', { 'accept-encoding': 'gzip' })
    expect(plain.headers.get('content-encoding')).toBeNull()
    expect(gzip.headers.get('content-encoding')).toBe('gzip')
    expect(resourcesOf(gzip.body)).toEqual(resourcesOf(plain.body))
  })

  test('refuses a page link that was tampered with', async () => {
    const { body } = await everything('?_count=5')
    const next = body.link?.find(({ relation }) => relation === 'next')?.url as string
    const { status } = await stack.ask(`${next.slice(0, -4)}AAAA`)
    expect(status).toBe(400)
  })
})

describe('reading and searching', () => {
  test('a single resource is read as it stands in the record, and points to what is missing', async () => {
    const [medicine] = resourcesOf((await everything('?_type=MedicationStatement')).body)
    const { status, headers, body } = await stack.ask(`MedicationStatement/${medicine?.id}`)
    expect(status).toBe(200)
    expect(body).toEqual(medicine)
    expect(headers.get('etag')).toMatch(/^W\/"\d+"$/)
    expect(headers.get('link')).toContain(`/Patient/${id}/$completeness`)
    expect(headers.get('chesil-completeness')).toMatch(/^(complete|partial)$/)
  })

  test('a search inside the record finds by code, status and date, newest first', async () => {
    const all = resourcesOf((await everything('?_type=Encounter')).body)
    const { body } = await stack.ask(`Encounter?patient=${id}&date=ge1900&status=finished`)
    const found = resourcesOf(body)
    expect(found.length).toBe(all.length)
    const starts = found.map((one) => (one as { period?: { start?: string } }).period?.start ?? '')
    expect(starts).toEqual(starts.toSorted().reverse())
    expect(codesOf(outcomeOf(body))[0]?.[0]).toBe('live')
    expect(resourcesOf((await stack.ask(`Encounter?patient=Patient/${id}&date=lt1900`)).body)).toEqual([])
  })

  test('a search pages and sorts', async () => {
    const query = `patient=${id}&_sort=date,_id&_count=1`
    const first = await stack.ask(`Encounter?${query}`)
    const next = first.body.link?.find(({ relation }) => relation === 'next')?.url as string
    const second = await stack.ask(next)
    const ids = [...resourcesOf(first.body), ...resourcesOf(second.body)].map((one) => one.id)
    expect(new Set(ids).size).toBe(ids.length)
  })

  test.each([
    ['a type we do not hold', () => `Basket?patient=${id}`, 404],
    ['no person', () => 'Observation?code=1', 400],
    ['an unknown parameter', () => `Observation?patient=${id}&colour=red`, 400],
    ['a date that is none', () => `Observation?patient=${id}&date=yesterday`, 400],
    ['somebody who is nobody', () => 'Observation?patient=00000000-0000-4000-8000-000000000000', 404],
    ['an id that is no id', () => 'Observation/1', 404],
    ['a number as a person', () => `Patient/${person.nhsNumber}/$everything`, 404]
  ])('%s is answered with an OperationOutcome', async (_case, path, status) => {
    const answer = await stack.ask<OperationOutcome>(path())
    expect(answer.status).toBe(status)
    expect(answer.body.resourceType).toBe('OperationOutcome')
    expect(answer.text).not.toContain(person.nhsNumber)
  })

  test('an unknown parameter is ignored and named for a reader who asked for lenience', async () => {
    const { status, body } = await stack.ask(`Observation?patient=${id}&colour=red`, {
      headers: { prefer: 'handling=lenient' }
    })
    expect(status).toBe(200)
    expect(outcomeOf(body).issue.at(-1)?.details?.text).toContain('colour')
  })
})

test('$completeness says as JSON what the outcome entry says', async () => {
  const { body: json } = await stack.ask<{ sources: { codes: string[]; text: string; asAt: string }[] }>(
    `Patient/${id}/$completeness`
  )
  const { body } = await everything()
  expect(json.sources.map(({ codes }) => codes)).toEqual(codesOf(outcomeOf(body)))
  expect(json.sources[0]?.text).toBe(outcomeOf(body).issue[0]?.details?.text)
})

test('ids of the request are mirrored, and one is made where none was given', async () => {
  const requestId = crypto.randomUUID()
  const given = await everything('', { 'x-request-id': requestId, 'x-correlation-id': 'abc-1' })
  expect(given.headers.get('x-request-id')).toBe(requestId)
  expect(given.headers.get('x-correlation-id')).toBe('abc-1')
  expect((await everything()).headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
})

test('only JSON is spoken, and a reader who wants something else is told', async () => {
  const { status, body } = await stack.ask<OperationOutcome>(`Patient/${id}`, {
    headers: { accept: 'application/fhir+xml' }
  })
  expect(status).toBe(406)
  expect(body.resourceType).toBe('OperationOutcome')
})

test('metadata needs no token and names what the server does', async () => {
  const { status, body } = await stack.ask<CapabilityStatement>('metadata', { token: '' })
  expect(status).toBe(200)
  const patient = body.rest?.[0]?.resource?.find(({ type }) => type === 'Patient')
  expect(patient?.operation?.map(({ name }) => name)).toEqual([
    'changes',
    'completeness',
    'conflicts',
    'everything',
    'match',
    'refresh',
    'summary'
  ])
})
