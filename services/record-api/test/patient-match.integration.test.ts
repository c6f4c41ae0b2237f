import type { Bundle } from '@chesil/fhir'
import { systems } from '@chesil/fhir'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Api, openApi } from './support/api.ts'
import { createFakePds } from './support/fake-pds.ts'
import { canary, createPeople, type Person, pdsPatient } from './support/people.ts'
import { tokenOf } from './support/readers.ts'
import { useDatabase } from './support/test-servers.ts'

const { database } = useDatabase()
const pds = createFakePds()
const people = createPeople({ database, pds })
let api: Api
let person: Person
let restricted: Person

beforeAll(async () => {
  api = openApi({ database: database(), pds })
  person = await people.meet()
  restricted = await people.meet()
  await people.close(restricted, 'restricted')
})
afterAll(() => api?.close())

const numberOf = ({ nhsNumber }: Pick<Person, 'nhsNumber'>) => ({
  identifier: [{ system: systems.nhsNumber, value: nhsNumber }]
})
const name = [{ family: canary.family, given: [canary.given] }]
const { birthDate } = canary
const married = { family: 'Married', given: [canary.given] }

async function match(patient: object, more: readonly object[] = [], token = tokenOf()) {
  const parameter = [{ name: 'resource', resource: { resourceType: 'Patient', ...patient } }, ...more]
  const answer = await api.ask<Bundle>('Patient/$match', {
    method: 'POST',
    token,
    headers: { 'content-type': 'application/fhir+json' },
    body: JSON.stringify({ resourceType: 'Parameters', parameter })
  })
  const grades = (answer.body.entry ?? []).flatMap(({ search }) => search?.extension?.[0]?.valueCode ?? [])
  return { ...answer, grades }
}
const onlyCertain = [{ name: 'onlyCertainMatches', valueBoolean: true }]
const withoutNumbers = (text: string) => text.replaceAll(/"(id|lastUpdated)":"[^"]*"/g, '')

test.each([
  ['number, birth date and name', { birthDate, name }, 'certain'],
  ['number and birth date', { birthDate }, 'probable'],
  ['the number alone', {}, 'possible'],
  ['number and name, a birth date mistyped', { birthDate: '1951-03-08', name }, 'probable'],
  ['number and name', { name }, 'possible'],
  ['number, birth date and another family name', { birthDate, name: [{ family: 'Married' }] }, 'possible'],
  ['number, birth date and first name, married', { birthDate, name: [married] }, 'certain'],
  ['the same, and another gender', { birthDate, name: [married], gender: 'male' }, 'probable'],
  ['number, birth date, name and another gender', { birthDate, name, gender: 'male' }, 'certain']
])('by %s the match is graded', async (_case, details, grade) => {
  const { status, grades, body } = await match({ ...numberOf(person), ...details })
  expect([status, grades]).toEqual([200, [grade]])
  expect(body.entry?.[0]?.resource?.id).toBe(person.id)
  expect(body.entry?.at(-1)?.search?.mode).toBe('outcome')
})

test('a number with somebody else’s details matches nobody, in the words for nobody', async () => {
  const nobody = await match({ ...numberOf({ nhsNumber: people.newNumber() }), birthDate, name })
  expect(nobody.body.total).toBe(0)
  for (const details of [
    { birthDate: '1980-01-01', name },
    { birthDate, name: [{ family: canary.family, given: ['Somebody'] }] },
    { birthDate: '1980-01-01' },
    { name: [{ family: canary.family, given: ['Somebody'] }] },
    { name: [{ given: ['Somebody'] }] },
    { name: [{ family: 'Another' }] }
  ]) {
    const { text, grades } = await match({ ...numberOf(person), ...details })
    expect(grades).toEqual([])
    expect(withoutNumbers(text)).toBe(withoutNumbers(nobody.text))
  }
  const hidden = await match({ ...numberOf(restricted), birthDate, name })
  expect(withoutNumbers(hidden.text)).toBe(withoutNumbers(nobody.text))
})

test('only certain matches are those of number, birth date and name', async () => {
  expect((await match({ ...numberOf(person), birthDate, name }, onlyCertain)).grades).toEqual(['certain'])
  expect((await match({ ...numberOf(person), birthDate }, onlyCertain)).grades).toEqual([])
  expect((await match({ birthDate, name }, onlyCertain)).grades).toEqual([])
})

test('by name and birth date one match of PDS is probable, several are possible, and too many are nobody', async () => {
  const asMatch = ({ nhsNumber }: Pick<Person, 'nhsNumber'>) => ({
    outcome: 'found' as const,
    nhsNumber,
    confidentiality: 'unrestricted' as const,
    patient: pdsPatient(nhsNumber, 'J81001'),
    score: 1
  })
  const other = await people.meet()
  pds.found = { outcome: 'matches', matches: [asMatch(person)] }
  expect((await match({ birthDate, name })).grades).toEqual(['probable'])
  pds.found = { outcome: 'matches', matches: [asMatch(person), asMatch(other)] }
  expect((await match({ birthDate, name })).grades).toEqual(['possible', 'possible'])
  const first = await match({ birthDate, name }, [{ name: 'count', valueInteger: 1 }])
  expect(first.grades).toEqual(['possible'])
  expect(first.text).toContain('More people match')
  pds.found = { outcome: 'too-many' }
  expect((await match({ birthDate, name })).text).toContain('Too many people match')
})

test('PDS away is 503', async () => {
  pds.isAway = true
  const { status } = await match({ birthDate, name })
  pds.isAway = false
  expect(status).toBe(503)
})

test.each([
  ['no details', {}],
  ['a name without a birth date', { name }],
  ['a number that is none', { identifier: [{ system: systems.nhsNumber, value: '1234567890' }] }],
  ['a number that is no list', { identifier: 'x', name: [7] }]
])('%s is refused, without a word of what was sent', async (_case, patient) => {
  const { status, text } = await match(patient)
  expect(status).toBe(400)
  expect(text).not.toMatch(new RegExp(`${canary.family}|1234567890`))
})

test('each match is audited, and a scope is needed', async () => {
  const count = async () => (await database().query('select 1 from audit_event')).length
  const before = await count()
  await match({ ...numberOf(person), birthDate: '1980-01-01' })
  expect(await count()).toBe(before + 1)
  expect((await match(numberOf(person), [], tokenOf({ scope: 'user/Observation.rs' }))).status).toBe(403)
})
