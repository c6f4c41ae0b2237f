import type { Bundle, Observation, Patient } from '@chesil/fhir'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Api, openApi } from './support/api.ts'
import { formerPractice, practice } from './support/catalogue.ts'
import { createFakePds } from './support/fake-pds.ts'
import { createPeople, keyOf, type Person, type Said } from './support/people.ts'
import { useDatabase } from './support/test-servers.ts'

const day = 86_400_000
const { database } = useDatabase()
const pds = createFakePds()
const people = createPeople({ database, pds })
const clock = { ahead: 0 }
let api: Api
beforeAll(() => {
  api = openApi({
    database: database(),
    pds,
    now: () => Date.now() + clock.ahead,
    sensitiveCodes: new Map([['1234567', 'safeguarding']])
  })
})
afterAll(() => api?.close())

/** A source's item is one person's: each test has its own. */
let pulse: Said
let named = 0
beforeEach(() => {
  pulse = { name: `pulse-${++named}` }
})

async function somebody(said: readonly Said[] = [pulse]): Promise<Person> {
  const person = await people.meet()
  await people.say(person, said)
  return person
}

const read = async (path: string, known?: string) => {
  const answer = await api.ask<Observation>(path, known ? { headers: { 'if-none-match': known } } : {})
  return { ...answer, etag: answer.headers['etag'] as string }
}

describe('the ETag of one resource', () => {
  test('is its version, and a reader who has it is told so', async () => {
    await somebody()
    const { etag, body } = await read(keyOf(pulse))
    expect(etag).toBe(`W/"${body.meta?.versionId}"`)
    const again = await read(keyOf(pulse), etag)
    expect([again.status, again.text]).toEqual([304, ''])
  })

  test('stays while something else of the person changes, and moves with its own wording', async () => {
    const other: Said = { name: 'other' }
    const person = await somebody()
    const { etag } = await read(keyOf(pulse))
    await people.say(person, [pulse, other])
    expect((await read(keyOf(pulse))).etag).toBe(etag)
    await people.say(person, [{ ...pulse, content: { status: 'amended' } }, other])
    const moved = await read(keyOf(pulse), etag)
    expect([moved.status, moved.body.status]).toEqual([200, 'amended'])
    expect(moved.etag).not.toBe(etag)
  })

  test('is another once the practice that said it has become a former one', async () => {
    const person = await people.meet(formerPractice)
    await people.say(person, [pulse], { source: 'gp-two' })
    const path = keyOf(pulse, 'gp-two')
    const present = await read(path)
    await people.trace(person.nhsNumber, practice)
    const former = await read(path, present.etag)
    expect(former.status).toBe(200)
    expect(former.body.meta?.tag?.map(({ code }) => code)).toContain('former-practice')
    expect(former.body.meta?.versionId).toBe(present.body.meta?.versionId)
    expect((await read(path)).etag).toBe(former.etag)
  })

  test('of a person is another while their address cannot be vouched for', async () => {
    const { id } = await somebody()
    const whole = await read(`Patient/${id}`)
    pds.isAway = true
    clock.ahead = 2 * day
    try {
      const reduced = await api.ask<Patient>(`Patient/${id}`, { headers: { 'if-none-match': whole.etag } })
      expect([reduced.status, reduced.body.address]).toEqual([200, undefined])
      expect(reduced.headers['etag']).not.toBe(whole.etag)
    } finally {
      pds.isAway = false
      clock.ahead = 0
    }
  })

  test('is not that of the wording without the label that a table of codes gives', async () => {
    const sensitive: Said = {
      name: 'sensitive',
      content: { code: { coding: [{ system: 'http://snomed.info/sct', code: '1234567' }] } }
    }
    await somebody([sensitive])
    const { etag, body } = await read(keyOf(sensitive))
    expect(body.meta?.security?.map(({ code }) => code)).toEqual(['safeguarding'])
    expect(etag).toMatch(new RegExp(`^W/"${body.meta?.versionId}\\.`))
  })
})

test('the ETag of a search is another as soon as a source is heard of differently', async () => {
  const person = await somebody()
  const path = `Patient/${person.id}/$everything`
  const before = await api.ask<Bundle>(path)
  await people.refuseConsent(person, 'gp-one')
  const after = await api.ask<Bundle>(path, { headers: { 'if-none-match': before.headers['etag'] ?? '' } })
  expect(after.status).toBe(200)
  expect(after.text).not.toContain(keyOf(pulse))
})
