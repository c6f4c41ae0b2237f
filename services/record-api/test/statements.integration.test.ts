import type { Bundle, OperationOutcome } from '@chesil/fhir'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Api, keysOf, openApi } from './support/api.ts'
import { formerPractice, practice } from './support/catalogue.ts'
import { createFakePds } from './support/fake-pds.ts'
import { canary, createPeople, keyOf, type Said } from './support/people.ts'
import { tokenOf } from './support/readers.ts'
import { useDatabase } from './support/test-servers.ts'

const hour = 3_600_000
const { database } = useDatabase()
const pds = createFakePds()
const people = createPeople({ database, pds })
let api: Api
beforeAll(() => {
  api = openApi({ database: database(), pds })
})
afterAll(() => api?.close())

const outcomeOf = ({ entry }: Bundle) => entry?.at(-1)?.resource as OperationOutcome
interface Statement {
  readonly sources: { codes: string[]; sections: { section: string }[]; text: string }[]
  readonly general: { code: string }[]
}

describe('what a source said of a section is told', () => {
  const read = async (token: string) => {
    const person = await people.meet()
    await people.say(person, [], { sections: ['allergies', 'problems', 'investigations'] })
    const { body } = await api.ask<Statement>(`Patient/${person.id}/$completeness`, { token })
    return { sections: body.sources[0]?.sections.map(({ section }) => section), body }
  }

  test('to a clinician, of every section', async () => {
    const { sections, body } = await read(tokenOf())
    expect(sections).toEqual(['allergies', 'investigations', 'problems'])
    expect(body.general).toEqual([])
  })

  test('to a role that may read some types, of their sections, and that something is withheld', async () => {
    const { sections, body } = await read(tokenOf({ role: 'social-care-practitioner', purpose: 'CAREMGT' }))
    expect(sections).toEqual(['allergies', 'problems'])
    expect(body.general.map(({ code }) => code)).toEqual(['withheld'])
  })

  test('to a role that may read none of them, of none: not even that it is empty', async () => {
    const { sections, body } = await read(tokenOf({ role: 'clerical', purpose: 'PATADMIN' }))
    expect(sections).toEqual([])
    expect(body.sources[0]?.codes).toEqual(['live'])
    expect(body.sources[0]?.text).not.toMatch(/allerg|nothing recorded/i)
  })
})

test('a list of people found by name says of whom each source speaks', async () => {
  const [a, b] = [await people.meet(), await people.meet()]
  pds.isAway = true
  const { body } = await api
    .ask(`Patient?family=${canary.family}&birthdate=${canary.birthDate}`)
    .finally(() => {
      pds.isAway = false
    })
  expect(keysOf(body)).toEqual(expect.arrayContaining([`Patient/${a.id}`, `Patient/${b.id}`]))
  const about = outcomeOf(body).issue.flatMap(
    ({ extension = [] }) =>
      extension.find(({ url }) => url.endsWith('/about'))?.valueReference?.reference ?? []
  )
  expect(about).toEqual(expect.arrayContaining([`Patient/${a.id}`, `Patient/${b.id}`]))
})

test('a single resource of a source that has not been asked for long is of a partial record', async () => {
  const person = await people.meet()
  const said: Said = { name: 'old' }
  await people.say(person, [said], { at: Date.now() - 2_000 * hour })
  const { headers } = await api.ask(`${keyOf(said)}/_history`)
  expect(headers['chesil-completeness']).toBe('partial')
})

describe('a section that a later answer leaves out', () => {
  test('says how old what is shown of it may be', async () => {
    const person = await people.meet()
    const at = Date.UTC(2026, 2, 1, 9, 30)
    await people.say(person, [{ name: 'kept', sections: ['problems'] }], { at })
    await people.say(person, [{ name: 'new', sections: ['allergies'] }])
    await database().query(
      `update source_section set state = 'not-returned', stated_time = now() where patient_id = $1 and section = 'problems'`,
      [person.id]
    )
    const { body } = await api.ask<Statement>(`Patient/${person.id}/$completeness`)
    expect(body.sources[0]?.text).toContain(
      'What is shown of its problems may be as old as 01-Mar-2026 09:30'
    )
    expect(body.sources[0]?.text).toContain('It said nothing about: problems')
  })
})

test('a reader who has the record is told that it is unchanged, also where a former practice is no longer asked', async () => {
  const person = await people.meet(formerPractice)
  await people.say(person, [{ name: 'former' }], { source: 'gp-two', at: Date.now() - 100 * hour })
  await people.trace(person.nhsNumber, practice)
  await people.say(person, [{ name: 'present' }])
  const path = `Patient/${person.id}/$everything`
  const { headers } = await api.ask(path)
  const again = await api.ask(path, { headers: { 'if-none-match': headers['etag'] ?? '' } })
  expect(again.status).toBe(304)
})
