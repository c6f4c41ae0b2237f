import { withdrawObjection } from '@chesil/record-store'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Api, openApi } from './support/api.ts'
import { createFakePds } from './support/fake-pds.ts'
import { createPeople } from './support/people.ts'
import { tokenOf } from './support/readers.ts'
import { useDatabase } from './support/test-servers.ts'

const hour = 3_600_000
const { database } = useDatabase()
const pds = createFakePds()
const clock = { ahead: 0 }
const now = () => Date.now() + clock.ahead
const people = createPeople({ database, pds })
let api: Api
beforeAll(() => {
  api = openApi({ database: database(), pds, now })
})
afterAll(() => api?.close())

const statusOf = async (id: string, session = 'one') =>
  (await api.ask(`Patient/${id}`, { token: tokenOf({ session }) })).status

describe('somebody who could not be shown', () => {
  test('is shown again as soon as their objection is withdrawn, also to who was refused', async () => {
    const person = await people.meet()
    await people.object(person)
    expect(await statusOf(person.id)).toBe(404)
    await database().transaction((sql) =>
      withdrawObjection(sql, { nhsNumber: person.nhsNumber, withdrawnBy: 'test' })
    )
    expect(await statusOf(person.id)).toBe(200)
  })

  test('is shown again as soon as PDS has said so to anybody', async () => {
    const person = await people.meet()
    await people.close(person, 'restricted')
    expect(await statusOf(person.id)).toBe(404)
    await people.trace(person.nhsNumber)
    expect(await statusOf(person.id)).toBe(200)
  })
})

test('when a trace is too old, PDS is asked once, however many sessions read', async () => {
  const person = await people.meet()
  const sessions = ['one', 'two', 'three', 'four']
  for (const session of sessions) await statusOf(person.id, session)
  clock.ahead = 25 * hour
  const before = pds.asked.length
  for (const session of sessions) expect(await statusOf(person.id, session)).toBe(200)
  clock.ahead = 0
  expect(pds.asked.slice(before)).toEqual([person.nhsNumber])
})

describe('a practice is asked in a reader’s name', () => {
  const pullsOf = async (id: string) =>
    (await database().query('select from pull where patient_id = $1', [id])).length

  test.each([
    ['clerical', 'PATADMIN'],
    ['data-quality', 'HQUALIMP']
  ] as const)('not for a reader (%s) whose purpose is %s', async (role, purpose) => {
    const { id, nhsNumber } = await people.meet()
    const token = tokenOf({ role, purpose })
    for (const path of [`Patient?identifier=${nhsNumber}`, `Patient/${id}`, `Patient/${id}/$completeness`]) {
      expect((await api.ask(path, { token })).status).toBe(200)
    }
    expect(await pullsOf(id)).toBe(0)
  })

  test('for direct care', async () => {
    const { id, nhsNumber } = await people.meet()
    await api.ask(`Patient?identifier=${nhsNumber}`)
    expect(await pullsOf(id)).toBe(1)
  })
})
