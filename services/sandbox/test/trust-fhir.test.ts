import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SourceCatalogue } from '@chesil/contracts'
import type { Bundle, Resource } from '@chesil/fhir'
import Value from 'typebox/value'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { publicUrl, type Sandbox, startSandbox, trustAssertion } from './sandbox.ts'

let sandbox: Sandbox
let token: string
beforeAll(async () => {
  sandbox = await startSandbox({ SANDBOX_TRUSTS: '2' })
  token = (await tokenFor('R9Z')).json().access_token
})
afterAll(() => sandbox.app.close())
afterEach(() => sandbox.app.inject({ method: 'POST', url: '/control/reset' }))

const tokenFor = async (odsCode: string, assertion?: string) =>
  sandbox.app.inject({
    method: 'POST',
    url: `/trusts/${odsCode}/oauth2/token`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams({
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion ?? (await trustAssertion(odsCode))
    }).toString()
  })

const ask = (path: string, bearer = token) =>
  sandbox.app.inject({
    url: path.startsWith('http') ? path.slice(publicUrl.length) : `/trusts/R9Z/FHIR/R4/${path}`,
    headers: { host: new URL(publicUrl).host, authorization: `Bearer ${bearer}` }
  })
const control = (method: 'GET' | 'PUT' | 'DELETE', path: string, payload?: object) => {
  const url = `/control/trusts/R9Z/${path}`
  return sandbox.app.inject(payload ? { method, url, payload } : { method, url })
}
const behave = (behaviour: object) => control('PUT', 'behaviour', behaviour)

const number = () => sandbox.one('ordinary').person.nhsNumber
const findPatient = async () =>
  (await ask(`Patient?identifier=https://fhir.nhs.uk/Id/nhs-number|${number()}`)).json() as Bundle
const patientId = async () => (await findPatient()).entry?.[0]?.resource?.id as string
const resourcesIn = (bundle: Bundle): readonly Resource[] =>
  (bundle.entry ?? []).flatMap(({ resource }) => resource ?? [])
const linkTo = (bundle: Bundle, relation: string) =>
  bundle.link?.find((link) => link.relation === relation)?.url

describe('access', () => {
  test('is by a token of the same trust', async () => {
    expect((await ask('Condition?patient=1', 'nonsense')).statusCode).toBe(401)
    const other = (await tokenFor('R9X')).json().access_token
    expect((await ask('Condition?patient=1', other)).statusCode).toBe(401)
    expect((await ask('Condition?patient=1')).statusCode).toBe(200)
  })

  test('a token is given for an assertion that is made for this trust only', async () => {
    expect((await tokenFor('R9Z', await trustAssertion('R9X'))).statusCode).toBe(401)
    expect((await tokenFor('R0A')).statusCode).toBe(404)
  })

  test('what the endpoint can do is told to everybody', async () => {
    const statement = (await ask('metadata', '')).json()
    expect(statement).toMatchObject({ resourceType: 'CapabilityStatement', fhirVersion: '4.0.1' })
  })
})

describe('a search', () => {
  test('finds the person by NHS number, and nobody by an unknown one', async () => {
    const [patient] = resourcesIn(await findPatient())
    expect(patient).toMatchObject({ identifier: [{ value: number() }, {}] })
    const nobody = await ask('Patient?identifier=https://fhir.nhs.uk/Id/nhs-number|9990000000')
    expect(nobody.json()).toMatchObject({ total: 0 })
    expect((await ask('Patient')).statusCode).toBe(400)
  })

  test('gives every item of a person, page by page', async () => {
    const id = await patientId()
    const names: string[] = []
    let path: string | undefined = `Observation?patient=${id}&_count=3&_elements=id`
    let pages = 0
    for (; path; pages++) {
      const page: Bundle = (await ask(path)).json()
      names.push(...resourcesIn(page).map(({ id: name }) => String(name)))
      path = linkTo(page, 'next')
    }
    const held = (await control('GET', `people/${number()}/record`)).json() as Resource[]
    const wanted = held
      .filter(({ resourceType }) => resourceType === 'Observation')
      .map(({ id: name }) => name)
    expect(pages).toBeGreaterThan(1)
    expect([...names].sort()).toEqual([...wanted].sort())
  })

  test('gives the elements asked for, and says that they are not all', async () => {
    const [item] = resourcesIn((await ask(`Encounter?patient=${await patientId()}&_elements=id`)).json())
    expect(Object.keys(item ?? {}).sort()).toEqual(['id', 'meta', 'resourceType'])
    expect(item?.meta?.tag).toMatchObject([{ code: 'SUBSETTED' }])
  })

  test('reads one resource by its id', async () => {
    expect((await ask(`Patient/${await patientId()}`)).statusCode).toBe(200)
    expect((await ask('Patient/nobody')).statusCode).toBe(404)
  })
})

describe('edits', () => {
  const changedSince = async (instant: string) =>
    resourcesIn((await ask(`Condition?patient=${await patientId()}&_lastUpdated=ge${instant}`)).json())

  test('an item that is added or changed is among those that changed since', async () => {
    const before = new Date().toISOString()
    expect(await changedSince(before)).toEqual([])
    const [condition] = (await control('GET', `people/${number()}/record`))
      .json()
      .filter(({ resourceType }: Resource) => resourceType === 'Condition')
    await control('PUT', `people/${number()}/record/Condition/${condition.id}`, {
      ...condition,
      note: [{ text: 'Changed' }]
    })
    await control('PUT', `people/${number()}/record/Condition/added`, { ...condition, id: 'added' })
    expect((await changedSince(before)).map(({ id }) => id).sort()).toEqual([condition.id, 'added'].sort())
    expect((await ask('Condition?patient=1&_lastUpdated=yesterday')).statusCode).toBe(400)
  })

  test('an item that is deleted is gone, and back after a reset', async () => {
    const id = await patientId()
    const count = async () => (await ask(`Encounter?patient=${id}`)).json().total
    const before = await count()
    const [stay] = resourcesIn((await ask(`Encounter?patient=${id}`)).json())
    await control('DELETE', `people/${number()}/record/Encounter/${stay?.id}`)
    expect(await count()).toBe(before - 1)
    expect((await ask(`Encounter/${stay?.id}`)).statusCode).toBe(404)
    await control('DELETE', `people/${number()}/record`)
    expect(await count()).toBe(before)
  })
})

describe('an endpoint that is unwell', () => {
  test.each([
    { behaviour: { kind: 'fail', status: 503 }, status: 503 },
    { behaviour: { kind: 'unauthorised' }, status: 401 },
    { behaviour: { kind: 'slow', ms: 5 }, status: 200 },
    { behaviour: { kind: 'garbage', content: 'truncated' }, status: 200 }
  ])('answers $status with $behaviour.kind', async ({ behaviour, status }) => {
    await behave(behaviour)
    expect((await ask('Condition?patient=1')).statusCode).toBe(status)
  })

  test.each([
    { kind: 'not-found', numbers: [] },
    { kind: 'other-patient', numbers: [expect.any(String)] },
    { kind: 'two-patients', numbers: [expect.any(String), expect.any(String)] }
  ])('finds $kind', async ({ kind, numbers }) => {
    await behave({ kind })
    const found = resourcesIn(await findPatient()) as readonly { identifier?: { value: string }[] }[]
    expect(found.map(({ identifier }) => identifier?.[0]?.value)).toEqual(numbers)
    if (kind === 'other-patient') expect(found[0]?.identifier?.[0]?.value).not.toBe(number())
  })

  test('gives another person’s items', async () => {
    const id = await patientId()
    await behave({ kind: 'other-items' })
    const [stay] = resourcesIn((await ask(`Encounter?patient=${id}`)).json()) as readonly {
      subject?: object
    }[]
    expect(stay?.subject).not.toEqual({ reference: `Patient/${id}` })
  })

  test('leads in a circle, or to another host', async () => {
    const path = `Encounter?patient=${await patientId()}`
    await behave({ kind: 'page-loop' })
    const page: Bundle = (await ask(path)).json()
    expect(linkTo(page, 'next')).toBe(linkTo(page, 'self'))
    await behave({ kind: 'foreign-page' })
    expect(linkTo((await ask(path)).json(), 'next')).toContain('attacker.example')
  })
})

describe('the catalogue', () => {
  test('has four sources for each trust, and passes its schema', async () => {
    const catalogue = (await sandbox.app.inject('/control/catalogue')).json() as SourceCatalogue
    expect([...Value.Errors(SourceCatalogue, catalogue)]).toEqual([])
    const ids = catalogue.sources.filter(({ kind }) => kind !== 'gp-connect').map(({ id }) => id)
    expect(ids).toEqual([
      'hl7v2-r9z',
      'itk3-r9z',
      'push-r9z',
      'fhir-r9z',
      'hl7v2-r9x',
      'itk3-r9x',
      'push-r9x',
      'fhir-r9x'
    ])
  })

  test('names where the endpoint is, and the key without writing it', async () => {
    const { sources } = (await sandbox.app.inject('/control/catalogue')).json()
    const { endpoint } = sources.find(({ id }: { id: string }) => id === 'fhir-r9z')
    expect(endpoint).toMatchObject({
      baseUrl: `${publicUrl}/trusts/R9Z/FHIR/R4`,
      tokenUrl: `${publicUrl}/trusts/R9Z/oauth2/token`,
      privateKey: 'env:TRUST_CLIENT_KEY'
    })
  })
})

describe('a discharge summary', () => {
  const path = () => `people/${number()}/discharge`

  test('is shown as the message that it is', async () => {
    const first = (await control('GET', path())).json()
    expect(first.xml).toContain(`<value value="${number()}"/>`)
    expect(first.medicines).toHaveLength(5)
    expect((await control('GET', `${path()}?issue=replacement`)).json()).toMatchObject({
      replaces: first.documentId
    })
    expect((await control('GET', `${path()}?issue=other`)).statusCode).toBe(400)
  })

  test('is sent with a token of the trust’s system', async () => {
    const taken: { authorization: string; body: string }[] = []
    const server = createServer((request, response) => {
      let body = ''
      request.on('data', (chunk) => {
        body += chunk
      })
      request.on('end', () => {
        taken.push({ authorization: String(request.headers.authorization), body })
        response.writeHead(202).end('taken')
      })
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    const url = `http://127.0.0.1:${port}/itk3`
    const sent = await sandbox.app.inject({
      method: 'POST',
      url: `/control/trusts/R9Z/${path()}`,
      payload: { url }
    })
    server.close()
    expect(sent.json()).toMatchObject({ status: 202, answer: 'taken' })
    const [, claims] = (taken[0]?.authorization ?? '').split('.')
    expect(JSON.parse(Buffer.from(String(claims), 'base64url').toString())).toMatchObject({
      organisation: 'R9Z',
      scope: 'system/MessageHeader.c'
    })
  })
})
