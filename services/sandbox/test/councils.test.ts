import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { CouncilAnswer, type KnownToCouncil, SourceCatalogue } from '@chesil/contracts'
import Value from 'typebox/value'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { councilAssertion, publicUrl, type Sandbox, startSandbox } from './sandbox.ts'

let sandbox: Sandbox
let token: string
beforeAll(async () => {
  sandbox = await startSandbox({ SANDBOX_COUNCILS: '2', SANDBOX_PEOPLE: '40' })
  token = (await tokenFor('9Z1')).json().access_token
})
afterAll(() => sandbox.app.close())
afterEach(() => sandbox.app.inject({ method: 'POST', url: '/control/reset' }))

const tokenFor = async (odsCode: string, assertion?: string) =>
  sandbox.app.inject({
    method: 'POST',
    url: `/councils/${odsCode}/oauth2/token`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams({
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion ?? (await councilAssertion(odsCode))
    }).toString()
  })

const ask = (question: object, bearer = token) =>
  sandbox.app.inject({
    method: 'POST',
    url: '/councils/9Z1/people/search',
    headers: { authorization: `Bearer ${bearer}` },
    payload: question
  })
const control = (method: 'GET' | 'PUT' | 'DELETE' | 'POST', path: string, payload?: object) => {
  const url = `/control/councils/9Z1/${path}`
  return sandbox.app.inject(payload ? { method, url, payload } : { method, url })
}
const behave = (behaviour: object) => control('PUT', 'behaviour', behaviour)

/** Somebody of whom the council tells something. */
async function somebody(): Promise<{ nhsNumber: string; answer: KnownToCouncil }> {
  for (const { person } of sandbox.deps.world.people) {
    const answer = (await ask({ nhsNumber: person.nhsNumber })).json() as CouncilAnswer
    if (answer.known && answer.services.length > 1) return { nhsNumber: person.nhsNumber, answer }
  }
  throw new RangeError('The council knows nobody')
}

describe('access', () => {
  test('is by a token of the same council', async () => {
    const question = { nhsNumber: '9990000000' }
    expect((await ask(question, 'nonsense')).statusCode).toBe(401)
    const other = (await tokenFor('9Z2')).json().access_token
    expect((await ask(question, other)).statusCode).toBe(401)
    expect((await ask(question)).statusCode).toBe(200)
  })

  test('a token is given for an assertion that is made for this council only', async () => {
    expect((await tokenFor('9Z1', await councilAssertion('9Z2'))).statusCode).toBe(401)
    expect((await tokenFor('9Z9')).statusCode).toBe(404)
  })
})

describe('an answer', () => {
  test('is as the contract says, of whomever', async () => {
    let known = 0
    for (const { person } of sandbox.deps.world.people) {
      const answer = (await ask({ nhsNumber: person.nhsNumber })).json()
      expect([...Value.Errors(CouncilAnswer, answer)]).toEqual([])
      known += answer.known ? 1 : 0
    }
    expect(known).toBeGreaterThan(10)
  })

  test('is about the person of that number, as PDS knows them', async () => {
    const { nhsNumber, answer } = await somebody()
    const state = sandbox.deps.world.findPerson(nhsNumber)
    expect(answer).toMatchObject({
      mode: 'full',
      person: { nhsNumber, birthDate: state?.person.birthDate, family: state?.person.name.family }
    })
  })

  test('tells the services that the council’s extract of that day tells', async () => {
    const { nhsNumber, answer } = await somebody()
    const csv = (await control('GET', 'submissions?to=2026-11-22')).body
    const rows = csv.split('\r\n').filter((line) => line.includes(nhsNumber))
    expect(rows.every((row) => row.includes(answer.person.laPersonId))).toBe(true)
    for (const { component = '', start } of answer.services)
      expect(rows.filter((row) => row.includes(component) && row.includes(String(start)))).not.toEqual([])
  })

  test('of somebody unknown says so', async () => {
    expect((await ask({ nhsNumber: '9990000000' })).json()).toMatchObject({ known: false })
    expect((await ask({ nhsNumber: 'nobody' })).statusCode).toBe(400)
  })
})

describe('changes', () => {
  const soon = () => new Promise((resolve) => setTimeout(resolve, 5))
  const since = async (nhsNumber: string, instant: string) =>
    (await ask({ nhsNumber, since: instant })).json() as KnownToCouncil

  test('are what was put, changed or taken away since', async () => {
    const { nhsNumber, answer } = await somebody()
    const instant = new Date().toISOString()
    expect(await since(nhsNumber, instant)).toMatchObject({ mode: 'changes', services: [], removed: [] })
    await soon()
    const [service] = answer.services
    const [review] = answer.reviews
    await control('DELETE', `people/${nhsNumber}/service/${service?.id}`)
    await control('PUT', `people/${nhsNumber}/review/${review?.id}`, { due: '2027-05-05' })
    await control('PUT', `people/${nhsNumber}/warning/goose`, { category: 'geese', text: 'A goose' })
    expect(await since(nhsNumber, instant)).toMatchObject({
      mode: 'changes',
      services: [],
      reviews: [{ id: review?.id, due: '2027-05-05' }],
      warnings: [{ id: 'goose', category: 'geese' }],
      removed: [{ kind: 'service', id: service?.id }]
    })
    const [, ...others] = answer.services
    expect((await ask({ nhsNumber })).json()).toMatchObject({ mode: 'full', services: others })
  })

  test('of the key worker come with the team', async () => {
    const { nhsNumber, answer } = await somebody()
    const instant = new Date().toISOString()
    await soon()
    await control('DELETE', `people/${nhsNumber}/key-worker/${answer.keyWorker?.id}`)
    const told = await since(nhsNumber, instant)
    expect(told).toMatchObject({
      team: answer.team,
      removed: [{ kind: 'key-worker', id: answer.keyWorker?.id }]
    })
    expect(told).not.toHaveProperty('keyWorker')
  })

  test('that are put wrongly are refused', async () => {
    const { nhsNumber } = await somebody()
    expect((await control('PUT', `people/${nhsNumber}/review/r`, { due: 'soon' })).statusCode).toBe(400)
    expect((await control('PUT', `people/${nhsNumber}/pet/p`, {})).statusCode).toBe(404)
    expect((await control('DELETE', `people/${nhsNumber}/review/nothing`)).statusCode).toBe(404)
  })
})

describe('a council that is unwell', () => {
  test.each([
    { behaviour: { kind: 'fail', status: 503 }, status: 503 },
    { behaviour: { kind: 'unauthorised' }, status: 401 },
    { behaviour: { kind: 'slow', ms: 5 }, status: 200 },
    { behaviour: { kind: 'garbage', content: 'truncated' }, status: 200 }
  ])('answers $status with $behaviour.kind', async ({ behaviour, status }) => {
    await behave(behaviour)
    expect((await ask({ nhsNumber: '9990000000' })).statusCode).toBe(status)
  })

  test('answers about another person', async () => {
    const { nhsNumber } = await somebody()
    await behave({ kind: 'another-person' })
    const answer = (await ask({ nhsNumber })).json()
    expect(answer.known).toBe(true)
    expect(answer.person.nhsNumber).not.toBe(nhsNumber)
  })

  test('counts how often it was asked, and is well again after a reset', async () => {
    await behave({ kind: 'not-known' })
    const { nhsNumber } = sandbox.one('ordinary').person
    expect((await ask({ nhsNumber })).json()).toMatchObject({ known: false })
    const list = async () => (await sandbox.app.inject('/control/councils')).json()
    expect(await list()).toMatchObject([{ odsCode: '9Z1', requests: 1 }, { odsCode: '9Z2' }])
    await sandbox.app.inject({ method: 'POST', url: '/control/reset' })
    expect(await list()).toMatchObject([{ behaviour: { kind: 'healthy' }, requests: 0 }, {}])
  })
})

describe('the catalogue', () => {
  test('has two sources for each council, and passes its schema', async () => {
    const catalogue = (await sandbox.app.inject('/control/catalogue')).json() as SourceCatalogue
    expect([...Value.Errors(SourceCatalogue, catalogue)]).toEqual([])
    const ids = catalogue.sources.filter(({ kind }) => kind !== 'gp-connect').map(({ id }) => id)
    expect(ids).toEqual(['cld-9z1', 'council-9z1', 'cld-9z2', 'council-9z2'])
    expect(catalogue.sources.find(({ id }) => id === 'council-9z1')).toMatchObject({
      endpoint: { baseUrl: `${publicUrl}/councils/9Z1`, privateKey: 'env:TRUST_CLIENT_KEY' }
    })
  })
})

describe('a submission', () => {
  const linesOf = (csv: string) => csv.split('\r\n').filter((line) => line !== '')

  test('is the month that ends on the day, in the words of a release', async () => {
    const csv = (await control('GET', 'submissions?to=2026-09-30&release=1&people=100')).body
    const [header, first] = linesOf(csv)
    expect(header).toMatch(/^LA_Code,Reporting_Period_Start_Date,/)
    expect(first).toMatch(/^991,01\/09\/2026,30\/09\/2026,/)
    const later = linesOf((await control('GET', 'submissions?to=2026-10-31&release=1&people=100')).body)
    expect(later).not.toEqual(linesOf(csv))
    expect((await control('GET', 'submissions?to=never')).statusCode).toBe(400)
  })

  test('has the people of the sandbox first, and others whom only the council knows', async () => {
    const csv = (await control('GET', 'submissions?to=2026-09-30&people=200')).body
    const { nhsNumber } = await somebody()
    expect(csv).toContain(nhsNumber)
    const few = (await control('GET', 'submissions?to=2026-09-30')).body
    expect(csv.startsWith(few)).toBe(true)
    expect(csv.length).toBeGreaterThan(few.length)
  })

  test('may be a gzip', async () => {
    const plain = (await control('GET', 'submissions?to=2026-09-30')).body
    const packed = (await control('GET', 'submissions?to=2026-09-30&gzip=true')).rawPayload
    expect(gunzipSync(packed).toString()).toBe(plain)
  })

  test('is sent with a token of the council’s system', async () => {
    const taken: { headers: Record<string, unknown>; body: string }[] = []
    const server = createServer((request, response) => {
      let body = ''
      request.on('data', (chunk) => {
        body += chunk
      })
      request.on('end', () => {
        taken.push({ headers: request.headers, body })
        response.writeHead(202).end('taken')
      })
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/cld`
    const sent = await control('POST', 'submissions', { url, to: '2026-09-30', people: 50, release: 2 })
    server.close()
    expect(sent.json()).toEqual({ status: 202, answer: 'taken' })
    const [{ headers, body } = { headers: {}, body: '' }] = taken
    expect(headers['content-type']).toBe('text/csv')
    expect(body).toBe((await control('GET', 'submissions?to=2026-09-30&people=50')).body)
    const [, claims] = String(headers['authorization']).split('.')
    expect(JSON.parse(Buffer.from(String(claims), 'base64url').toString())).toMatchObject({
      organisation: '9Z1',
      scope: 'system/MessageHeader.c'
    })
  })

  test('that nobody takes is said so', async () => {
    const sent = await control('POST', 'submissions', { url: 'http://127.0.0.1:1/cld', to: '2026-09-30' })
    expect(sent.statusCode).toBe(502)
  })
})
