import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { pdsToken, publicUrl, refusalIn, type Sandbox, startSandbox } from './sandbox.ts'

let sandbox: Sandbox
let token: string
beforeAll(async () => {
  sandbox = await startSandbox({ SANDBOX_PEOPLE: '40' })
  token = await pdsToken(sandbox.app)
})
beforeEach(() => sandbox.deps.world.reset())
afterAll(() => sandbox.app.close())

const requestId = '60e0b220-8136-4ca5-ae46-1d97ef59d068'
const base = '/personal-demographics/FHIR/R4'

function get(path: string, headers: Readonly<Record<string, string | undefined>> = {}) {
  const all = { authorization: `Bearer ${token}`, 'x-request-id': requestId, ...headers }
  const given = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return sandbox.app.inject({ url: `${base}/${path}`, headers: Object.fromEntries(given) })
}

const search = (query: Readonly<Record<string, string>>) => get(`Patient?${new URLSearchParams(query)}`)
const person = (kind: string) => sandbox.one(kind).person

describe('a request', () => {
  test('is answered with its ids mirrored, and the version', async () => {
    const response = await get(`Patient/${person('ordinary').nhsNumber}`, { 'x-correlation-id': 'abc-1' })
    expect(response.statusCode).toBe(200)
    expect(response.headers).toMatchObject({
      'content-type': expect.stringContaining('application/fhir+json'),
      'x-request-id': requestId,
      'x-correlation-id': 'abc-1',
      etag: 'W/"1"'
    })
  })

  test.each([
    { case: 'without a token', headers: { authorization: undefined }, status: 401, code: 'ACCESS_DENIED' },
    {
      case: 'with a wrong token',
      headers: { authorization: 'Bearer abc' },
      status: 401,
      code: 'ACCESS_DENIED'
    },
    {
      case: 'with another scheme',
      headers: { authorization: 'Basic YTpi' },
      status: 401,
      code: 'ACCESS_DENIED'
    },
    {
      case: 'without a request id',
      headers: { 'x-request-id': undefined },
      status: 400,
      code: 'MISSING_VALUE'
    },
    {
      case: 'with a request id that is no UUID',
      headers: { 'x-request-id': '1234' },
      status: 400,
      code: 'INVALID_VALUE'
    }
  ])('is refused $case', async ({ headers, status, code }) => {
    const response = await get(`Patient/${person('ordinary').nhsNumber}`, headers)
    expect(response.statusCode).toBe(status)
    expect(refusalIn(response.json()).code).toBe(code)
  })

  test('is refused with a reader’s token', async () => {
    const issued = await sandbox.app.inject({ method: 'POST', url: '/issuer/test-token' })
    const response = await get('Patient/9000000009', { authorization: `Bearer ${issued.json().token}` })
    expect(response.statusCode).toBe(401)
  })

  test('for something that PDS has not is refused', async () => {
    expect(refusalIn((await get('Practitioner/1')).json()).code).toBe('UNSUPPORTED_SERVICE')
  })
})

describe('reading a patient', () => {
  test.each([
    { kind: 'ordinary', code: 'U' },
    { kind: 'objecting', code: 'U' },
    { kind: 'dissenting', code: 'U' },
    { kind: 'restricted', code: 'R' },
    { kind: 'very-restricted', code: 'V' },
    { kind: 'redacted', code: 'REDACTED' }
  ])('says of a person who is $kind: $code', async ({ kind, code }) => {
    const { nhsNumber } = person(kind)
    const patient = (await get(`Patient/${nhsNumber}`)).json()
    expect(patient).toMatchObject({ resourceType: 'Patient', id: nhsNumber, meta: { security: [{ code }] } })
    expect(Object.hasOwn(patient, 'address')).toBe(code === 'U')
    expect(Object.hasOwn(patient, 'name')).toBe(code === 'U' || code === 'R')
  })

  test('gives the present number for a superseded one', async () => {
    const { nhsNumber, formerNhsNumbers } = person('superseded')
    expect((await get(`Patient/${formerNhsNumbers[0]}`)).json().id).toBe(nhsNumber)
  })

  test('says when a person died', async () => {
    expect((await get(`Patient/${person('deceased').nhsNumber}`)).json().deceasedDateTime).toContain(
      '2025-03-14'
    )
  })

  test('names the new practice of a person who moved', async () => {
    const { nhsNumber, practice } = person('moved-practice')
    const patient = (await get(`Patient/${nhsNumber}`)).json()
    expect(patient.generalPractitioner).toMatchObject([{ identifier: { value: practice } }])
  })

  test.each([
    {
      case: 'a withdrawn number',
      id: () => person('invalidated').nhsNumber,
      status: 404,
      code: 'INVALIDATED_RESOURCE'
    },
    { case: 'a number that nobody has', id: () => '9000000009', status: 404, code: 'RESOURCE_NOT_FOUND' },
    {
      case: 'a number with a wrong check digit',
      id: () => '9000000000',
      status: 400,
      code: 'INVALID_RESOURCE_ID'
    },
    { case: 'a number with spaces', id: () => '943%20476%205919', status: 400, code: 'INVALID_RESOURCE_ID' },
    { case: 'a word', id: () => 'constructor', status: 400, code: 'INVALID_RESOURCE_ID' }
  ])('refuses $case', async ({ id, status, code }) => {
    const response = await get(`Patient/${id()}`)
    expect(response.statusCode).toBe(status)
    expect(response.json().issue[0].details.coding[0]).toMatchObject({
      system: 'https://fhir.nhs.uk/R4/CodeSystem/Spine-ErrorOrWarningCode',
      code
    })
  })
})

describe('searching', () => {
  const by = (kind: string, more: Readonly<Record<string, string>> = {}) =>
    search({ family: person(kind).name.family, birthdate: `eq${person(kind).birthDate}`, ...more })

  test('finds the one person of that name and birth date, with a score', async () => {
    const { nhsNumber } = person('ordinary')
    const bundle = (await by('ordinary')).json()
    expect(bundle).toMatchObject({
      resourceType: 'Bundle',
      type: 'searchset',
      total: 1,
      entry: [
        {
          fullUrl: `${publicUrl}${base}/Patient/${nhsNumber}`,
          search: { score: 1 },
          resource: { id: nhsNumber }
        }
      ]
    })
  })

  test('heeds neither case nor an order of parameters', async () => {
    const { name, birthDate, gender } = person('ordinary')
    const bundle = (await search({ gender, birthdate: birthDate, family: name.family.toUpperCase() })).json()
    expect(bundle.total).toBe(1)
  })

  test.each([
    { case: 'another given name', more: { given: 'Nobody' } },
    { case: 'another gender', more: { gender: 'other' } },
    { case: 'another postcode', more: { 'address-postalcode': 'DT99 9ZZ' } },
    { case: 'another practice', more: { 'general-practitioner': 'J99099' } },
    { case: 'a date of death', more: { 'death-date': 'ge1900-01-01' } }
  ])('finds nobody with $case', async ({ more }) => {
    expect((await by('ordinary', more)).json()).toMatchObject({ total: 0 })
  })

  test('finds by postcode, with or without its space', async () => {
    const postcode = person('ordinary').address?.postalCode as string
    for (const given of [postcode, postcode.replace(' ', '').toLowerCase()]) {
      expect((await by('ordinary', { 'address-postalcode': given })).json().total).toBe(1)
    }
  })

  test('finds by the beginning of a name and by its likeness, with a lower score for the latter', async () => {
    const { name, birthDate } = person('ordinary')
    const starred = await search({ family: `${name.family.slice(0, 3)}*`, birthdate: birthDate })
    expect(starred.json().total).toBe(1)
    const fuzzy = await search({
      family: `${name.family.slice(0, 3)}zzz`,
      birthdate: birthDate,
      '_fuzzy-match': 'true'
    })
    expect(fuzzy.json().entry[0].search.score).toBeLessThan(1)
  })

  test('finds a superseded person under the present number', async () => {
    expect((await by('superseded')).json().entry[0].resource.id).toBe(person('superseded').nhsNumber)
  })

  test('says too many with 200, and shows none of them', async () => {
    const response = await search({
      family: '**'.replaceAll('*', 'a').slice(0, 2),
      birthdate: 'ge1900-01-01'
    })
    expect(response.json().total).toBe(0)
    const families = sandbox.deps.world.people.map((state) => state.person.name.family)
    const shared = families.find((family, index) => families.indexOf(family) !== index) as string
    const many = await search({ family: shared, birthdate: 'ge1900-01-01' })
    expect(many.statusCode).toBe(200)
    expect(many.json()).toMatchObject({
      resourceType: 'OperationOutcome',
      issue: [
        {
          severity: 'information',
          code: 'multiple-matches',
          details: { coding: [{ code: 'TOO_MANY_MATCHES' }] }
        }
      ]
    })
  })

  test('finds a restricted person by name, without where they live', async () => {
    const bundle = (await by('restricted')).json()
    expect(bundle.entry[0].resource.meta.security[0].code).toBe('R')
    expect(bundle.entry[0].resource.address).toBeUndefined()
  })

  test.each(['address-postalcode', 'general-practitioner', 'phone', 'email'])(
    'never finds a restricted person by %s',
    async (name) => {
      const { address, practice, telephone, email } = person('restricted')
      const right = {
        'address-postalcode': address?.postalCode,
        'general-practitioner': practice,
        phone: telephone,
        email
      } as Record<string, string>
      expect((await by('restricted', { [name]: right[name] as string })).json().total).toBe(0)
    }
  )

  test.each(['very-restricted', 'redacted', 'invalidated'])(
    'never finds a person who is %s',
    async (kind) => {
      expect((await by(kind)).json()).toMatchObject({ resourceType: 'Bundle', total: 0 })
    }
  )

  test.each<{ case: string; query: Readonly<Record<string, string>>; code: string }>([
    { case: 'no family name', query: { birthdate: '1980-01-01' }, code: 'MISSING_VALUE' },
    { case: 'no birth date', query: { family: 'Smith' }, code: 'MISSING_VALUE' },
    {
      case: 'an unknown parameter',
      query: { family: 'Smith', birthdate: '1980-01-01', shoe: '9' },
      code: 'INVALID_SEARCH_DATA'
    },
    {
      case: 'a birth date that is none',
      query: { family: 'Smith', birthdate: 'eq1980-02-30' },
      code: 'INVALID_VALUE'
    },
    { case: 'a year for a birth date', query: { family: 'Smith', birthdate: '1980' }, code: 'INVALID_VALUE' },
    {
      case: 'a gender that is none',
      query: { family: 'Smith', birthdate: '1980-01-01', gender: 'F' },
      code: 'INVALID_VALUE'
    },
    {
      case: 'a star after one letter',
      query: { family: 'S*', birthdate: '1980-01-01' },
      code: 'INVALID_VALUE'
    },
    {
      case: 'more matches than are allowed',
      query: { family: 'Smith', birthdate: '1980-01-01', '_max-results': '2' },
      code: 'INVALID_VALUE'
    }
  ])('refuses $case', async ({ query, code }) => {
    const response = await search(query)
    expect(response.statusCode).toBe(400)
    expect(refusalIn(response.json()).code).toBe(code)
  })

  test('shows several people to a client that may see them', async () => {
    const other = await startSandbox({ SANDBOX_PEOPLE: '40', PDS_MAX_MATCHES: '50' })
    const otherToken = await pdsToken(other.app)
    const response = await other.app.inject({
      url: `${base}/Patient?${new URLSearchParams({ family: 'Pa*', birthdate: 'ge1900-01-01', '_max-results': '50' })}`,
      headers: { authorization: `Bearer ${otherToken}`, 'x-request-id': requestId }
    })
    const expected = other.deps.world.people.filter(
      ({ confidentiality, invalidated, person: { name } }) =>
        name.family.startsWith('Pa') && !invalidated && ['U', 'R'].includes(confidentiality)
    )
    expect(response.json().total).toBe(expected.length)
    await other.app.close()
  })
})

describe('PDS that is told to', () => {
  test('take so many requests a second refuses the rest', async () => {
    sandbox.deps.world.pds.behaviour = { kind: 'limit', requestsPerSecond: 2 }
    const path = `Patient/${person('ordinary').nhsNumber}`
    const statuses: number[] = []
    for (let i = 0; i < 5; i++) statuses.push((await get(path)).statusCode)
    expect(statuses.filter((status) => status === 200).length).toBeLessThanOrEqual(3)
    const refused = await get(path)
    expect(refused.statusCode).toBe(429)
    expect(refused.headers['retry-after']).toBe('1')
    expect(refusalIn(refused.json()).code).toBe('TOO_MANY_REQUESTS')
  })

  test.each([
    { status: 500, code: 'SERVER_ERROR' },
    { status: 503, code: 'SERVER_ERROR' },
    { status: 408, code: 'UNABLE_TO_CALL_SERVICE' }
  ])('fail with $status does', async ({ status, code }) => {
    sandbox.deps.world.pds.behaviour = { kind: 'fail', status }
    const response = await get('Patient/9000000009')
    expect(response.statusCode).toBe(status)
    expect(refusalIn(response.json()).code).toBe(code)
  })

  test('be slow is', async () => {
    sandbox.deps.world.pds.behaviour = { kind: 'slow', ms: 120 }
    const start = performance.now()
    expect((await get(`Patient/${person('ordinary').nhsNumber}`)).statusCode).toBe(200)
    expect(performance.now() - start).toBeGreaterThanOrEqual(115)
  })

  test('anything counts what it was asked', async () => {
    await get('Patient/9000000009')
    await get('Patient?family=a')
    expect(sandbox.deps.world.pds.requests).toBe(2)
  })
})
