import { chesil, type Resource, systems } from '@chesil/fhir'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Api, keysOf, nextOf, openApi } from './support/api.ts'
import { catalogue, formerPractice, practice } from './support/catalogue.ts'
import { createFakePds } from './support/fake-pds.ts'
import { createPeople, idOf, keyOf, type Said } from './support/people.ts'
import { useDatabase } from './support/test-servers.ts'

const day = 86_400_000
const { database } = useDatabase()
const pds = createFakePds()
const clock = { ahead: 0 }
const people = createPeople({ database, pds })
let api: Api
beforeAll(() => {
  api = openApi({ database: database(), pds, now: () => Date.now() + clock.ahead })
})
afterAll(() => api?.close())

const sections = ['medications'] as const
const itemsOf = async (id: string) =>
  keysOf((await api.ask(`Patient/${id}/$everything`)).body).filter((key) => !key.startsWith('Patient/'))

test('a page link of another person shows nothing, and leaves nothing behind', async () => {
  const [a, b] = [await people.meet(), await people.meet()]
  const penicillin: Said = { name: 'penicillin', type: 'AllergyIntolerance', sections: ['allergies'] }
  await people.say(a, [penicillin])
  for (const n of [1, 2, 3]) await people.say(b, people.names(3, `b-${n}`))
  const link = nextOf((await api.ask(`Patient/${b.id}/$everything?_count=1`)).body) as string
  const stolen = link.replace(b.id, a.id)
  expect((await api.ask(stolen)).status).toBe(410)
  while ((await api.ask<{ version: number }>(`Patient/${a.id}/$completeness`)).body.version < 4) {
    await people.say(a, [])
    await people.say(a, [], { sections: ['allergies'] })
    await people.say(a, people.names(1, `a-${Math.random()}`))
  }
  expect(await itemsOf(a.id)).not.toContain(keyOf(penicillin))
})

describe('a medicine', () => {
  const until = (date: string) => ({
    extension: [
      { url: chesil.extension('medicine-currency'), valueCode: 'current' },
      { url: chesil.extension('medicine-currency-until'), valueDate: date }
    ]
  })
  const inDays = (days: number) => new Date(Date.now() + days * day).toISOString().slice(0, 10)

  test('given by reference is found by the code of what it refers to', async () => {
    const person = await people.meet()
    const warfarin: Said = {
      name: 'warfarin',
      type: 'Medication',
      content: { code: { coding: [{ system: systems.snomed, code: '319733000' }] } },
      sections
    }
    const taken: Said = {
      name: 'taken',
      type: 'MedicationStatement',
      content: { status: 'active', medicationReference: { reference: `Medication/${idOf(warfarin)}` } },
      sections
    }
    await people.say(person, [warfarin, taken])
    for (const code of ['319733000', `${systems.snomed}|319733000`]) {
      const { body } = await api.ask(`MedicationStatement?patient=${person.id}&code=${code}`)
      expect(keysOf(body)).toEqual([keyOf(taken)])
    }
  })

  test('that runs out while its practice is not asked is no longer current, nor active', async () => {
    const person = await people.meet()
    const course: Said = {
      name: 'course',
      type: 'MedicationStatement',
      content: {
        status: 'active',
        effectivePeriod: { start: inDays(-3), end: inDays(3) },
        ...until(inDays(3))
      },
      sections
    }
    await people.say(person, [course])
    const active = async () =>
      (await api.ask(`MedicationStatement?patient=${person.id}&status=active`)).body.total
    const before = await api.ask<object>(keyOf(course))
    expect([await active(), before.body]).toMatchObject([1, { status: 'active' }])
    clock.ahead = 5 * day
    try {
      const after = await api.ask<object>(keyOf(course), {
        headers: { 'if-none-match': before.headers['etag'] ?? '' }
      })
      expect(after.status).toBe(200)
      expect(after.body).toMatchObject({ status: 'completed', extension: [{ valueCode: 'past' }] })
      expect(await active()).toBe(0)
    } finally {
      clock.ahead = 0
    }
  })
})

describe('of a former practice', () => {
  test('what stands in no section stays, with its history marked', async () => {
    const person = await people.meet(formerPractice)
    const prescriber: Said = {
      name: 'dr',
      type: 'Practitioner',
      content: { subject: undefined },
      sections: []
    }
    const problem: Said = { name: 'problem', type: 'Condition', sections: ['problems'] }
    await people.say(person, [prescriber, problem], { source: 'gp-two', sections: ['problems'] })
    await people.trace(person.nhsNumber, practice)
    await people.say(person, [], { sections: ['problems'] })
    expect(await itemsOf(person.id)).toEqual([keyOf(prescriber, 'gp-two')])
    const { body } = await api.ask(`${keyOf(prescriber, 'gp-two')}/_history`)
    const [newest] = body.entry ?? []
    expect(newest?.resource?.meta?.tag?.map(({ code }) => code)).toContain('former-practice')
    const read = await api.ask(keyOf(prescriber, 'gp-two'))
    expect(newest?.response?.etag).toBe(read.headers['etag'])
  })
})

describe('a source that allows only the session by now', () => {
  const withSession = {
    ...catalogue,
    sources: catalogue.sources.map((one) =>
      one.kind === 'gp-connect' && one.id === 'gp-one' ? { ...one, retention: 'session' as const } : one
    )
  }

  test('shows nobody what was kept for everybody before', async () => {
    const person = await people.meet()
    await people.say(person, [{ name: 'before' }])
    const later = openApi({ database: database(), pds, catalogue: withSession })
    const { body } = await later.ask(`Patient/${person.id}/$everything`)
    await later.close()
    expect(keysOf(body)).toEqual([`Patient/${person.id}`])
  })

  test('has no history of what was kept for everybody before, nor of what was withdrawn of it', async () => {
    const person = await people.meet()
    const [stays, goes] = people.names(2, `kept-${person.id}`) as [Said, Said]
    await people.say(person, [stays, goes])
    const { body } = await api.ask<Resource>(keyOf(stays))
    const version = body.meta?.versionId
    await people.say(person, [stays])
    const later = openApi({ database: database(), pds, catalogue: withSession })
    const ask = async (path: string) => (await later.ask(path)).status
    const statuses = []
    for (const path of [keyOf(stays), keyOf(goes)])
      for (const of of ['', '/_history', `/_history/${version}`]) statuses.push(await ask(`${path}${of}`))
    await later.close()
    expect(statuses).toEqual([404, 404, 404, 404, 404, 404])
  })
})
