import type { Bundle } from '@chesil/fhir'
import { systemIds } from '@chesil/record-store'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Api, keysOf, nextOf, openApi } from './support/api.ts'
import { createFakePds } from './support/fake-pds.ts'
import { createPeople, idOf, keyOf, type Person, type Said } from './support/people.ts'
import { useDatabase } from './support/test-servers.ts'

const { database: db } = useDatabase()
const pds = createFakePds()
const people = createPeople({ database: db, pds })
let api: Api
let person: Person
let said: readonly Said[]
let links: readonly string[]

beforeAll(() => {
  api = openApi({ database: db(), pds, sensitiveCodes: new Map([['7654321', 'asylum']]) })
})
afterAll(() => api?.close())

/** Somebody of whom one of three items has been read, and the links to the others. */
beforeEach(async () => {
  person = await people.meet()
  said = people.names(3, `item-${person.id}`)
  await people.say(person, said)
  const first = await Promise.all(
    [`Observation?patient=${person.id}&_count=1`, `Patient/${person.id}/$everything?_count=2`].map((path) =>
      api.ask<Bundle>(path)
    )
  )
  links = first.map(({ body }) => nextOf(body) ?? 'no link')
})

async function behind(link: string): Promise<readonly string[]> {
  const keys: string[] = []
  for (let url: string | undefined = link; url; ) {
    const { status, body }: { status: number; body: Bundle } = await api.ask<Bundle>(url)
    expect(status).toBe(200)
    keys.push(...keysOf(body))
    url = nextOf(body)
  }
  return keys
}
const secret = { code: { coding: [{ system: 'http://snomed.info/sct', code: '7654321' }] } }

describe('behind a page link of before', () => {
  test('is what stood then, whatever came since', async () => {
    await people.say(person, [{ name: `news-${person.id}` }], { source: 'gp-two' })
    for (const link of links) expect(await behind(link)).toHaveLength(2)
  })

  test('is nothing that has become sensitive since', async () => {
    await people.say(
      person,
      said.map((one) => ({ ...one, content: secret }))
    )
    for (const link of links) expect(await behind(link)).toEqual([])
  })

  test('is nothing that has gone to another person since', async () => {
    const other = await people.meet()
    await people.say(person, [], { sections: ['uncategorised'] })
    await db().query(
      'update source_resource_owner set patient_id = $2 where resource_id = any ($1::uuid[])',
      [said.map((one) => idOf(one)), other.id]
    )
    for (const link of links) expect(await behind(link)).toEqual([])
  })

  test('is nothing whose wording was purged since, though its version had been read', async () => {
    await people.say(person, [], { sections: ['uncategorised'] })
    await db().query('delete from view_entry where patient_id = $1 and resource_id = any ($2::uuid[])', [
      person.id,
      said.map((one) => idOf(one))
    ])
    for (const link of links) expect(await behind(link)).toEqual([])
  })
})

test('a page link in the compartment of another person is refused', async () => {
  const other = await people.meet()
  const query = new URL(links[0] ?? '').search
  const { status, text } = await api.ask(`Patient/${other.id}/Observation${query}`)
  expect(status).toBe(400)
  for (const one of said) expect(text).not.toContain(keyOf(one))
})

describe('as of a moment', () => {
  const asOf = (at: string, headers = {}) =>
    api.ask<Bundle>(`Patient/${person.id}/$everything?_asOf=${at}`, { headers })

  test('that an item itself gives is the version that brought it', async () => {
    const { body } = await api.ask<Bundle>(keyOf(said[0] as Said))
    const { body: then } = await asOf(body.meta?.lastUpdated ?? '')
    expect(keysOf(then)).toContain(keyOf(said[0] as Said))
  })

  test('a copy does not stand once something of it has become sensitive', async () => {
    const [one, ...others] = said as [Said, ...Said[]]
    await people.say(person, [{ ...one, content: secret }, ...others])
    const at = new Date().toISOString()
    const before = await asOf(at)
    await people.say(
      person,
      others.map((other) => ({ ...other, content: secret }))
    )
    const again = await asOf(at, { 'if-none-match': before.headers['etag'] ?? '' })
    expect([again.status, keysOf(again.body)]).toEqual([200, [`Patient/${person.id}`]])
  })

  test('says that something was another person’s, though nothing of it is kept', async () => {
    const at = new Date().toISOString()
    expect((await asOf(at)).text).not.toContain('taken-back')
    await people.say(person, said.slice(1))
    await db().query('delete from view_entry where resource_id = $1', [idOf(said[0] as Said)])
    await db().query(
      `insert into quarantine (id, patient_id, source_id, authority, inbox_message_id, reason, resource_type, section)
       select $1, $2, 'gp-one', 'system', inbox_message_id, 'wrong-patient', 'Observation', 'uncategorised'
         from contribution where patient_id = $2 limit 1`,
      [systemIds.newId(), person.id]
    )
    await db().query('update patient set revision = revision + 1 where id = $1', [person.id])
    expect((await asOf(at)).text).toContain('taken-back')
  })
})

test('what is written while a record is read is not older than the answer, to whom asks what came since', async () => {
  const added: Said = { name: `added-${person.id}` }
  let answered: Bundle | undefined
  await db().transaction(async (sql) => {
    await sql.query('select from patient where id = $1 for update', [person.id])
    const saying = people.say(person, [...said, added])
    await new Promise((resolve) => setTimeout(resolve, 150))
    answered = (await api.ask<Bundle>(`Patient/${person.id}/$everything`)).body
    void saying
  })
  await expect
    .poll(async () => keysOf((await api.ask<Bundle>(`Patient/${person.id}/$everything`)).body).length)
    .toBe(5)
  const { body } = await api.ask<Bundle>(
    `Observation?patient=${person.id}&_lastUpdated=gt${answered?.meta?.lastUpdated}`
  )
  expect(keysOf(body)).toEqual([keyOf(added)])
  const { body: since } = await api.ask<Bundle>(
    `Patient/${person.id}/$everything?_since=${answered?.meta?.lastUpdated}`
  )
  expect(keysOf(since)).toContain(keyOf(added))
})
