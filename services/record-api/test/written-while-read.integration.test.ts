import { randomUUID } from 'node:crypto'
import type { Bundle } from '@chesil/fhir'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Api, keysOf, nextOf, openApi } from './support/api.ts'
import { createFakePds } from './support/fake-pds.ts'
import { createPeople, keyOf, type Person } from './support/people.ts'
import { useDatabase } from './support/test-servers.ts'

const { database: db } = useDatabase()
const pds = createFakePds()
const people = createPeople({ database: db, pds })
/** What happens between the composition of an answer and its audit. */
let meanwhile: () => Promise<unknown> = async () => undefined
let api: Api
beforeAll(() => {
  const plain = openApi({ database: db(), pds })
  const { audit } = plain.deps
  api = openApi({
    database: db(),
    pds,
    deps: {
      audit: {
        ...audit,
        async disclosure(request, shown) {
          await meanwhile()
          return await audit.disclosure(request, shown)
        }
      }
    }
  })
})
afterAll(() => api?.close())

async function meetWith(count: number): Promise<{ person: Person; keys: string[] }> {
  const person = await people.meet()
  const said = people.names(count, `result-${person.id}`)
  await people.say(person, said)
  return { person, keys: said.map((one) => keyOf(one)) }
}

const newsOf = (person: Person) => () =>
  people.say(person, [{ name: `news-${randomUUID()}` }], { source: 'gp-two' })

describe('of somebody who changes before every audit', () => {
  test('each page of an answer is sent, and is of the version of the first', async () => {
    const { person, keys } = await meetWith(25)
    meanwhile = newsOf(person)
    const found: string[] = []
    let path: string | undefined = `Observation?patient=${person.id}&_count=10&_sort=_lastUpdated`
    while (path !== undefined) {
      const { status, body }: { status: number; body: Bundle } = await api.ask(path)
      expect(status).toBe(200)
      found.push(...keysOf(body))
      path = nextOf(body)
    }
    expect(found.filter((key) => keys.includes(key)).sort()).toEqual(keys.toSorted())
    expect(new Set(found).size).toBe(found.length)
  })

  test('the whole record is sent, with what was there when the request came', async () => {
    const { person, keys } = await meetWith(3)
    meanwhile = newsOf(person)
    const { status, body } = await api.ask(`Patient/${person.id}/$everything`)
    expect(status).toBe(200)
    expect(keysOf(body)).toEqual(expect.arrayContaining(keys))
  })

  test('nothing is sent once they object, also no page that was pinned before', async () => {
    const { person } = await meetWith(25)
    meanwhile = async () => undefined
    const first = await api.ask(`Observation?patient=${person.id}&_count=10`)
    meanwhile = () => people.object(person)
    const next = await api.ask(nextOf(first.body) ?? '')
    expect(next.status).toBe(404)
  })

  test('nothing of a source is sent once it says that they do not agree', async () => {
    const { person } = await meetWith(25)
    meanwhile = async () => undefined
    const first = await api.ask(`Observation?patient=${person.id}&_count=10`)
    meanwhile = () =>
      db().query(
        `with refused as (update source_status set consent_refused = true where patient_id = $1)
         update patient set revision = revision + 1 where id = $1`,
        [person.id]
      )
    const next = await api.ask(nextOf(first.body) ?? '')
    expect([next.status, keysOf(next.body)]).toEqual([200, []])
  })
})
