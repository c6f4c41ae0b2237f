import { SourceCatalogue } from '@chesil/contracts'
import Value from 'typebox/value'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ask, parametersFor, pdsToken, refusalIn, resolved, type Sandbox, startSandbox } from './sandbox.ts'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox()
})
beforeEach(() => sandbox.deps.world.reset())
afterAll(() => sandbox.app.close())

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
const control = (method: Method, path: string, payload?: object) =>
  sandbox.app.inject({ method, url: `/control/${path}`, ...(payload && { payload }) })

const person = (kind = 'ordinary') => sandbox.one(kind).person
const askFor = (kind: string, parameters?: readonly object[]) =>
  ask(sandbox, { odsCode: person(kind).practice, body: parametersFor(person(kind).nhsNumber, parameters) })
const change = (changes: object, kind = 'ordinary') =>
  control('PATCH', `people/${person(kind).nhsNumber}`, changes)
const edit = (edits: object) => control('POST', `people/${person().nhsNumber}/edits`, edits)

async function pds(nhsNumber: string) {
  const headers = {
    authorization: `Bearer ${await pdsToken(sandbox.app)}`,
    'x-request-id': '60e0b220-8136-4ca5-ae46-1d97ef59d068'
  }
  return sandbox.app.inject({ url: `/personal-demographics/FHIR/R4/Patient/${nhsNumber}`, headers })
}

describe('people', () => {
  test('are listed with their kind, number, name and practice', async () => {
    const people = (await control('GET', 'people')).json()
    expect(people).toHaveLength(sandbox.deps.world.people.length)
    for (const listed of people) {
      expect(listed).toMatchObject({
        kind: expect.any(String),
        nhsNumber: expect.stringMatching(/^999\d{7}$/),
        name: expect.any(String),
        practice: expect.stringMatching(/^J99\d{3}$/)
      })
    }
  })

  test('are found by a former number too', async () => {
    const { nhsNumber, formerNhsNumbers } = person('superseded')
    expect((await control('GET', `people/${formerNhsNumbers[0]}`)).json().nhsNumber).toBe(nhsNumber)
  })

  test('that are not there are not found', async () => {
    for (const number of ['9000000009', 'constructor']) {
      expect((await control('GET', `people/${number}`)).statusCode).toBe(404)
    }
  })

  test('move: PDS names the new practice, which answers in transit, and the former one no longer', async () => {
    const before = person()
    const target = sandbox.deps.world.practices.find(({ practice }) => practice.odsCode !== before.practice)
    const odsCode = target?.practice.odsCode as string
    const oldIds = (await askFor('ordinary'))
      .json()
      .entry.map(({ resource }: { resource: { id: string } }) => resource.id)
    expect((await change({ practice: odsCode })).json()).toMatchObject({
      practice: odsCode,
      formerPractice: before.practice,
      inTransit: true
    })
    expect((await pds(before.nhsNumber)).json().generalPractitioner[0].identifier.value).toBe(odsCode)
    const atNew = await askFor('ordinary')
    expect(atNew.body).toContain('data-in-transit')
    const newIds = atNew
      .json()
      .entry.flatMap(({ resource }: { resource: { id?: string } }) => resource.id ?? [])
    expect(newIds.filter((id: string) => oldIds.includes(id))).toEqual([])
    const atOld = await ask(sandbox, { odsCode: before.practice, body: parametersFor(before.nhsNumber) })
    expect(atOld.statusCode).toBe(404)
  })

  test('arrive: the new practice has everything', async () => {
    await change({ inTransit: false }, 'moved-practice')
    expect((await askFor('moved-practice')).body).not.toContain('data-in-transit')
  })

  test.each([
    { changes: { confidentiality: 'R' }, status: 404 },
    { changes: { confidentiality: 'V' }, status: 404 },
    { changes: { deathDate: '2026-01-31' }, status: 404 },
    { changes: { invalidated: true }, status: 404 },
    { changes: { dissents: true }, status: 403 }
  ])('who become %o are refused by their practice', async ({ changes, status }) => {
    await change(changes)
    expect((await askFor('ordinary')).statusCode).toBe(status)
  })

  test('change at PDS, which counts its versions', async () => {
    await change({ confidentiality: 'R', deathDate: '2026-01-31' })
    expect((await pds(person().nhsNumber)).json()).toMatchObject({
      meta: { versionId: '2', security: [{ code: 'R' }] },
      deceasedDateTime: '2026-01-31T00:00:00+00:00'
    })
    await change({ invalidated: true })
    expect(refusalIn((await pds(person().nhsNumber)).json()).code).toBe('INVALIDATED_RESOURCE')
  })

  test('who died by mistake live again', async () => {
    await change({ deathDate: null }, 'deceased')
    expect((await askFor('deceased')).statusCode).toBe(200)
  })

  test('are superseded: both numbers lead to one person, the practice knows the new one', async () => {
    const { nhsNumber: old } = person()
    const { nhsNumber } = (await control('POST', `people/${old}/supersede`)).json()
    expect(nhsNumber).not.toBe(old)
    expect((await pds(old)).json().id).toBe(nhsNumber)
    const answer = await askFor('ordinary')
    expect(answer.body).toContain(`"${nhsNumber}"`)
    expect(answer.body).not.toContain(`"${old}"`)
  })

  test.each([
    { practice: 'J99099' },
    { practice: 'x' },
    { confidentiality: 'X' },
    { deathDate: 'soon' },
    { shoe: 9 }
  ])('do not become %o', async (changes) => {
    expect((await change(changes)).statusCode).toBe(400)
  })
})

describe('a record', () => {
  test('loses a medicine’s currency with its next answer', async () => {
    const active = async () => {
      const { entry } = (await askFor('ordinary')).json()
      return entry.filter(
        ({ resource }: { resource: { resourceType: string; status: string } }) =>
          resource.resourceType === 'MedicationStatement' && resource.status === 'active'
      ).length
    }
    const before = await active()
    expect((await edit({ edit: 'stop-medicine' })).statusCode).toBe(204)
    expect(await active()).toBe(before - 1)
  })

  test.each([
    { edits: { edit: 'warn', code: 'confidential-items' }, shows: '"confidential-items"' },
    { edits: { edit: 'unsupported', section: 'allergies' }, shows: '"diagnostics":"includeAllergies"' },
    { edits: { edit: 'not-for-patient' }, shows: '"NOPAT"' },
    { edits: { edit: 'degrade-code' }, shows: '"196461000000101"' },
    { edits: { edit: 'bad-date' }, shows: '"2019-02-30"' },
    { edits: { edit: 'foreign-item', subject: 'Patient/other' }, shows: '"Patient/other"' }
  ])('shows %o, until it is undone', async ({ edits, shows }) => {
    expect((await askFor('ordinary')).body).not.toContain(shows)
    await edit(edits)
    expect((await askFor('ordinary')).body).toContain(shows)
    await control('DELETE', `people/${person().nhsNumber}/edits`)
    expect((await askFor('ordinary')).body).not.toContain(shows)
  })

  test('loses an allergy, and an item by its name', async () => {
    const names = (await askFor('ordinary', [resolved]))
      .json()
      .entry.flatMap(({ resource }: { resource: { resourceType: string; id: string } }) =>
        resource.resourceType === 'AllergyIntolerance' ? `AllergyIntolerance/${resource.id}` : []
      )
    await edit({ edit: 'remove-allergy', allergy: names[0] })
    expect((await askFor('ordinary', [resolved])).body).not.toContain(names[0].split('/')[1])
  })

  test('is not edited where it has nothing of the kind', async () => {
    const response = await edit({ edit: 'remove-allergy', allergy: 'AllergyIntolerance/none' })
    expect(response.statusCode).toBe(422)
    expect((await edit({ edit: 'explode' })).statusCode).toBe(400)
  })

  test('can be taken, changed and put back', async () => {
    const url = `people/${person().nhsNumber}/record`
    const record = (await control('GET', url)).json()
    const kept = record.entry.filter(
      ({ resource }: { resource: { resourceType: string } }) => resource.resourceType !== 'AllergyIntolerance'
    )
    expect((await control('PUT', url, { ...record, entry: kept })).statusCode).toBe(204)
    expect((await askFor('ordinary')).body).not.toContain('"AllergyIntolerance"')
    expect((await control('PUT', url, { resourceType: 'Patient' })).statusCode).toBe(400)
  })
})

describe('practices', () => {
  test('are listed with how they behave and how often they were asked', async () => {
    await askFor('ordinary')
    const practices = (await control('GET', 'practices')).json()
    expect(practices).toHaveLength(5)
    const asked = practices.filter(
      ({ requests }: { requests: { structured: number } }) => requests.structured > 0
    )
    expect(asked).toMatchObject([
      {
        odsCode: person().practice,
        behaviour: { kind: 'healthy' },
        requests: { structured: 1, documents: 0 }
      }
    ])
  })

  test('behave as they are told, with what is left out filled in', async () => {
    const url = `practices/${person().practice}`
    expect((await control('PUT', `${url}/behaviour`, { kind: 'fail' })).json().behaviour).toEqual({
      kind: 'fail',
      status: 500,
      code: 'INTERNAL_SERVER_ERROR'
    })
    expect((await askFor('ordinary')).statusCode).toBe(500)
    expect((await control('GET', url)).json().requests.structured).toBe(1)
  })

  test.each([
    { kind: 'dance' },
    { kind: 'slow' },
    { kind: 'drip', bytesPerSecond: 0 },
    { kind: 'hang', ms: 1 },
    {}
  ])('do not behave %o', async (behaviour) => {
    const response = await control('PUT', `practices/${person().practice}/behaviour`, behaviour)
    expect(response.statusCode).toBe(400)
  })

  test('that are not there are not found', async () => {
    expect((await control('GET', 'practices/J99099')).statusCode).toBe(404)
  })
})

test('PDS behaves as it is told', async () => {
  await control('PUT', 'pds/behaviour', { kind: 'fail', status: 503 })
  expect((await pds(person().nhsNumber)).statusCode).toBe(503)
  expect((await control('GET', 'pds')).json()).toEqual({
    behaviour: { kind: 'fail', status: 503 },
    requests: 1
  })
  expect((await control('PUT', 'pds/behaviour', { kind: 'sleep' })).statusCode).toBe(400)
})

test('a reset undoes everything and forgets what was counted', async () => {
  const before = (await control('GET', 'people')).json()
  await change({ deathDate: '2026-01-01', practice: 'J99003' })
  await edit({ edit: 'warn', code: 'confidential-items' })
  await control('PUT', 'practices/J99001/behaviour', { kind: 'hang' })
  await control('POST', 'reset')
  expect((await control('GET', 'people')).json()).toEqual(before)
  expect((await control('GET', 'practices')).json()).toMatchObject([
    { behaviour: { kind: 'healthy' }, requests: { structured: 0, documents: 0 } },
    {},
    {},
    {},
    {}
  ])
  expect((await askFor('ordinary')).body).not.toContain('confidential-items')
})

describe('the catalogue', () => {
  test('is valid, and has one session practice', async () => {
    const catalogue = (await control('GET', 'catalogue')).json()
    expect([...Value.Errors(SourceCatalogue, catalogue)]).toEqual([])
    const retentions = catalogue.sources.map(({ retention }: { retention: string }) => retention)
    expect(retentions).toEqual(['store', 'session', 'store', 'store', 'store'])
    for (const { retention, agreement } of catalogue.sources)
      expect(agreement !== undefined).toBe(retention === 'store')
  })

  test('names the address it is asked to name', async () => {
    const catalogue = (await control('GET', 'catalogue?baseUrl=http://127.0.0.1:4567')).json()
    expect(catalogue.sources[0].endpoint).toMatchObject({
      baseUrl: 'http://127.0.0.1:4567/practices/J99001/STU3/1/gpconnect',
      allowedAddresses: ['127.0.0.0/8']
    })
    expect((await control('GET', 'catalogue?baseUrl=nowhere')).statusCode).toBe(400)
  })

  test.each([2, 153])('has %d sources when there are that many practices', async (count) => {
    const { app } = await startSandbox({ SANDBOX_PRACTICES: String(count) })
    const catalogue = (await app.inject('/control/catalogue')).json()
    expect(catalogue.sources).toHaveLength(count)
    expect([...Value.Errors(SourceCatalogue, catalogue)]).toEqual([])
    expect(new Set(catalogue.sources.map(({ id }: { id: string }) => id)).size).toBe(count)
    await app.close()
  })
})

test('the sandbox says that it lives', async () => {
  expect((await sandbox.app.inject('/livez')).json()).toEqual({ status: 'live' })
})
