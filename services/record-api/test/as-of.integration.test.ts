import { setTimeout as sleep } from 'node:timers/promises'
import type { Bundle, OperationOutcome } from '@chesil/fhir'
import { chesil } from '@chesil/fhir'
import { findVersionAt, systemIds } from '@chesil/record-store'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Api, keysOf, nextOf, openApi } from './support/api.ts'
import { createFakePds } from './support/fake-pds.ts'
import { createPeople, keyOf, type Person, type Said } from './support/people.ts'
import { useDatabase } from './support/test-servers.ts'

const { database } = useDatabase()
const pds = createFakePds()
const people = createPeople({ database, pds })
let api: Api
beforeAll(() => {
  api = openApi({ database: database(), pds, sensitiveCodes: new Map([['1234567', 'nobody']]) })
})
afterAll(() => api?.close())

/** A moment between what was done before and what is done after. */
async function moment(): Promise<string> {
  await sleep(5)
  const at = new Date().toISOString()
  await sleep(5)
  return at
}

const coded = (code: string) => ({ code: { coding: [{ system: 'http://snomed.info/sct', code }] } })
const asOf = async ({ id }: Person, at: string, query = '') =>
  await api.ask(`Patient/${id}/$everything?_asOf=${encodeURIComponent(at)}${query}`)
const items = (bundle: Bundle) => keysOf(bundle).filter((key) => !key.startsWith('Patient/'))
const keys = (said: readonly Said[]) => said.map((one) => keyOf(one)).sort()

/** Somebody of whom a practice says six things, and later other ones. */
async function somebody(name: string) {
  const before = await moment()
  const person = await people.meet()
  const first = people.names(6, `${name}-first`)
  await people.say(person, first, { at: Date.now() - 60_000 })
  const then = await moment()
  const later = [...first.slice(0, 2), ...people.names(3, `${name}-later`)]
  await people.say(person, later)
  return { before, person, first, then, later }
}

describe('a record as of a moment', () => {
  test('is what was held then, whatever has come and gone since', async () => {
    const { person, first, then, later } = await somebody('held')
    expect(items((await asOf(person, then)).body)).toEqual(keys(first))
    expect(items((await asOf(person, await moment())).body)).toEqual(keys(later))
    expect(items((await api.ask(`Patient/${person.id}/$everything`)).body)).toEqual(keys(later))
  })

  test('names its version and the hash that was stored with it, which its entries still give', async () => {
    const { person, then } = await somebody('hash')
    const { body, headers } = await asOf(person, then)
    const held = await findVersionAt(database(), person.id, Date.parse(then))
    expect(held).toBeDefined()
    expect(body.meta?.tag).toEqual([
      { system: chesil.versionHash, code: held?.hash, display: `Version ${held?.version}` }
    ])
    expect([headers['chesil-version'], headers['chesil-version-hash']]).toEqual([
      String(held?.version),
      held?.hash
    ])
    expect(held?.isWhole).toBe(true)
  })

  test('that was altered behind our back says so', async () => {
    const { person, then } = await somebody('altered')
    expect((await asOf(person, then)).text).not.toContain('not-whole')
    await database().query(
      `update view_entry set content_hash = 'other' where patient_id = $1 and resource_type = 'Observation'`,
      [person.id]
    )
    expect((await asOf(person, then)).text).toContain('not-whole')
  })

  test('does not show again what its source has since called another person’s', async () => {
    const { person, first, then } = await somebody('wrong')
    const [wrong, ...others] = first as [Said, ...Said[]]
    const [message] = await database().query<{ id: string }>(
      'select inbox_message_id as id from contribution where patient_id = $1 limit 1',
      [person.id]
    )
    await database().query(
      `insert into quarantine (id, patient_id, source_id, authority, inbox_message_id, reason, resource_type,
                               source_resource_id, section)
       values ($1, $2, 'gp-one', 'system', $3, 'wrong-patient', 'Observation', $4, 'uncategorised')`,
      [systemIds.newId(), person.id, message?.id ?? systemIds.newId(), wrong.name]
    )
    const { body, text } = await asOf(person, then)
    expect(items(body)).toEqual(keys(others))
    expect(text).toContain('taken-back')
  })

  test('is of one version for each moment, whatever the clocks of those who write', async () => {
    const { person, then } = await somebody('clocks')
    const held = await findVersionAt(database(), person.id, Date.parse(then))
    await people.say(person, people.names(1, 'clocks-old'), { at: Date.parse(then) - 3_600_000 })
    const times = await database().query<{ at: number }>(
      'select created_at as at from patient_version where patient_id = $1 order by version',
      [person.id]
    )
    expect(times.map(({ at }) => at)).toEqual(times.map(({ at }) => at).toSorted((a, b) => a - b))
    expect(await findVersionAt(database(), person.id, Date.parse(then))).toEqual(held)
  })

  test('is paged in its version', async () => {
    const { person, first, then } = await somebody('paged')
    const found: string[] = []
    for (let page: Bundle | undefined = (await asOf(person, then, '&_count=2')).body; page; ) {
      found.push(...items(page))
      const next = nextOf(page)
      page = next === undefined ? undefined : (await api.ask(next)).body
    }
    expect(found).toEqual(keys(first))
  })

  test('says of no source how it stood, and claims no section to be empty', async () => {
    const { person, then } = await somebody('standing')
    const { body } = await asOf(person, then)
    const outcome = body.entry?.at(-1)?.resource as OperationOutcome
    const codes = outcome.issue.map(({ details }) => details?.coding?.map(({ code }) => code))
    expect(codes).toContainEqual(['as-held'])
    expect(codes).toContainEqual(['as-of'])
    expect(outcome.contained).toBeUndefined()
  })

  test('leaves out what is sensitive today, though it was not then', async () => {
    const person = await people.meet()
    const [plain, turned] = people.names(2, 'turned') as [Said, Said]
    await people.say(person, [plain, { ...turned, content: coded('7654321') }], { at: Date.now() - 60_000 })
    const then = await moment()
    expect(items((await asOf(person, then)).body)).toEqual(keys([plain, turned]))
    await people.say(person, [plain, { ...turned, content: coded('1234567') }])
    expect(items((await asOf(person, then)).body)).toEqual(keys([plain]))
  })

  test('is not served of before a parting, and of before a merge says what is not in it', async () => {
    const [a, b] = [await people.meet(), await people.meet()]
    const [ofA, ofB] = [people.names(2, 'merge-a'), people.names(2, 'merge-b')]
    await people.say(a, ofA)
    await people.say(b, ofB)
    const apart = await moment()
    const link = await people.merge(a, b)
    const together = await moment()
    const { body } = await asOf(b, apart)
    expect(items(body)).toEqual(keys(ofB))
    expect(JSON.stringify(body.entry?.at(-1))).toContain('before-merge')
    expect(items((await asOf(b, together)).body)).toEqual([...keys(ofA), ...keys(ofB)].sort())
    await people.unmerge(link)
    for (const at of [apart, together]) {
      const { status, text } = await asOf(b, at)
      expect(status).toBe(410)
      for (const one of keys(ofA)) expect(text).not.toContain(one)
    }
    expect(items((await asOf(b, await moment())).body)).toEqual(keys(ofB))
  })

  test.each([
    ['a day', '2026-03-01', 400],
    ['no time at all', 'yesterday', 400],
    ['a time without a zone', '2026-03-01T09:30:00', 400],
    ['a moment to come', '2999-01-01T00:00:00Z', 400]
  ])('is refused for %s', async (_what, at, expected) => {
    const person = await people.meet()
    expect((await asOf(person, at)).status).toBe(expected)
  })

  test('is not found where nothing was held, nor of somebody who may not be shown', async () => {
    const { person, before, then } = await somebody('nothing')
    expect((await asOf(person, before)).status).toBe(404)
    await people.object(person)
    expect((await asOf(person, then)).status).toBe(404)
  })

  test('is a summary too', async () => {
    const { person, then } = await somebody('summary')
    const path = `Patient/${person.id}/$summary?_asOf=${encodeURIComponent(then)}`
    const { status, headers, body } = await api.ask(path)
    expect([status, body.type]).toEqual([200, 'document'])
    expect(headers['chesil-version-hash']).toMatch(/^[0-9a-f]{64}$/)
    const again = await api.ask(path, { headers: { 'if-none-match': headers['etag'] ?? '' } })
    expect(again.status).toBe(304)
  })

  test('tells as to come what was to come then', async () => {
    const day = 86_400_000
    const person = await people.meet()
    const start = new Date(Date.now() + 5 * day).toISOString()
    const booked: Said = {
      name: `booked-${person.id}`,
      type: 'Appointment',
      content: {
        status: 'booked',
        start,
        participant: [{ actor: { display: 'Dr Ash' }, status: 'accepted' }]
      }
    }
    await people.say(person, [booked])
    const then = new Date().toISOString()
    const later = openApi({ database: database(), pds, now: () => Date.now() + 10 * day })
    const summary = async (query: string) => (await later.ask(`Patient/${person.id}/$summary${query}`)).text
    const texts = [await summary(`?_asOf=${encodeURIComponent(then)}`), await summary('')]
    await later.close()
    expect(texts.map((text) => text.includes('To come, or open'))).toEqual([true, false])
  })
})
