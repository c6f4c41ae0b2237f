import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { structuredRecord } from '../src/gp-connect/structured.ts'
import type { PracticeState } from '../src/world/world.ts'
import { ask, parametersFor, refusalIn, resolved, type Sandbox, startSandbox, traceId } from './sandbox.ts'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox()
})
beforeEach(() => sandbox.deps.world.reset())
afterAll(() => sandbox.app.close())

const askFor = (kind: string, { odsCode, number }: { odsCode?: string; number?: string } = {}) => {
  const { person } = sandbox.one(kind)
  return ask(sandbox, {
    odsCode: odsCode ?? person.practice,
    body: parametersFor(number ?? person.nhsNumber)
  })
}

describe('a record', () => {
  test('is asked for by London’s day: late on a summer evening it is tomorrow there', () => {
    const { person } = sandbox.one('ordinary')
    const medicines = (valueDate: string) =>
      parametersFor(person.nhsNumber, [
        { name: 'includeMedication', part: [{ name: 'medicationSearchFromDate', valueDate }] }
      ])
    const practice = sandbox.deps.world.findPractice(person.practice) as PracticeState
    const deps = { ...sandbox.deps, now: () => Date.parse('2026-06-01T23:30:00Z') }
    const answerTo = (body: object) =>
      structuredRecord(practice, { body: JSON.stringify(body), traceId }, deps)
    expect(answerTo(medicines('2026-06-02'))).toHaveProperty('payload')
    expect(answerTo(medicines('2026-06-03'))).toMatchObject({ code: 'INVALID_PARAMETER' })
  })

  test('is the whole of what the practice holds, when everything is asked for', async () => {
    const { record, person } = sandbox.one('ordinary')
    const answer = (await askFor('ordinary')).json()
    expect(answer.entry.length).toBeGreaterThan(0.9 * record.read().entry.length)
    expect(JSON.stringify(answer)).toContain(person.nhsNumber)
  })

  test('carries the trace id of the request', async () => {
    expect((await askFor('ordinary')).json().id).toBe(traceId)
  })

  test('has only the lists that were asked for', async () => {
    const { person } = sandbox.one('ordinary')
    const body = parametersFor(person.nhsNumber, [resolved])
    const { entry } = (await ask(sandbox, { odsCode: person.practice, body })).json()
    const titles = entry.flatMap(({ resource }: { resource: { title?: string } }) => resource.title ?? [])
    expect(titles).toEqual(['Allergies and adverse reactions', 'Ended allergies'])
  })

  test('comes compressed to those who take gzip, byte for byte the same', async () => {
    const { person } = sandbox.one('ordinary')
    const question = { odsCode: person.practice, body: parametersFor(person.nhsNumber) }
    const plain = await ask(sandbox, question)
    const packed = await ask(sandbox, { ...question, headers: { 'accept-encoding': 'br, gzip' } })
    expect(plain.headers['content-encoding']).toBeUndefined()
    expect(packed.headers['content-encoding']).toBe('gzip')
    expect(packed.rawPayload.length).toBeLessThan(plain.rawPayload.length / 5)
    expect(gunzipSync(packed.rawPayload)).toEqual(plain.rawPayload)
  })

  test.each(['identity', 'gzip;q=0', 'br', ''])('comes as it is to those who accept %s', async (encoding) => {
    const { person } = sandbox.one('ordinary')
    const headers = { 'accept-encoding': encoding }
    const response = await ask(sandbox, {
      odsCode: person.practice,
      body: parametersFor(person.nhsNumber),
      headers
    })
    expect(response.headers['content-encoding']).toBeUndefined()
  })

  test('of a person who moved is in transit, and is the new practice’s', async () => {
    const answer = (await askFor('moved-practice')).json()
    expect(JSON.stringify(answer).split('"data-in-transit"')).toHaveLength(11)
  })

  test('of a safeguarding person holds safeguarding items', async () => {
    expect((await askFor('safeguarding')).body).toContain('"417430008"')
  })

  test('of a session practice is given out like any other', async () => {
    expect((await askFor('session-practice')).statusCode).toBe(200)
  })
})

describe('a practice does not find', () => {
  test.each(['restricted', 'very-restricted', 'redacted', 'invalidated', 'deceased'])(
    'a person who is %s',
    async (kind) => {
      const response = await askFor(kind)
      expect(response.statusCode).toBe(404)
      expect(refusalIn(response.json())).toEqual({ code: 'PATIENT_NOT_FOUND', diagnostics: '' })
    }
  )

  test('a person of another practice', async () => {
    const other = sandbox.deps.world.practices.find(
      ({ practice }) => practice.odsCode !== sandbox.one('ordinary').person.practice
    )?.practice.odsCode as string
    expect((await askFor('ordinary', { odsCode: other })).statusCode).toBe(404)
  })

  test('a person who has moved away', async () => {
    const { formerPractice } = sandbox.one('moved-practice').person
    expect((await askFor('moved-practice', { odsCode: formerPractice as string })).statusCode).toBe(404)
  })

  test('a person by their former number', async () => {
    const [former] = sandbox.one('superseded').person.formerNhsNumbers
    expect((await askFor('superseded', { number: former as string })).statusCode).toBe(404)
    expect((await askFor('superseded')).statusCode).toBe(200)
  })

  test('a number that is nobody’s', async () => {
    expect((await askFor('ordinary', { number: '9000000009' })).statusCode).toBe(404)
  })
})

test('a practice refuses for a person who does not share', async () => {
  const response = await askFor('dissenting')
  expect(response.statusCode).toBe(403)
  expect(refusalIn(response.json()).code).toBe('NO_PATIENT_CONSENT')
})

test('an objection is Chesil’s own matter: the practice answers', async () => {
  expect((await askFor('objecting')).statusCode).toBe(200)
})

test('an error is written as GP Connect writes it', async () => {
  const response = await askFor('deceased')
  expect(response.headers).toMatchObject({
    'content-type': 'application/fhir+json;charset=utf-8',
    'cache-control': 'no-store'
  })
  expect(response.json()).toEqual({
    resourceType: 'OperationOutcome',
    meta: { profile: ['https://fhir.nhs.uk/STU3/StructureDefinition/GPConnect-OperationOutcome-1'] },
    issue: [
      {
        severity: 'error',
        code: 'not-found',
        details: {
          coding: [
            {
              system: 'https://fhir.nhs.uk/STU3/CodeSystem/Spine-ErrorOrWarningCode-1',
              code: 'PATIENT_NOT_FOUND',
              display: 'Patient not found'
            }
          ]
        }
      }
    ]
  })
})
