import type { Bundle, List } from '@chesil/fhir'
import { chesil, systems } from '@chesil/fhir'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Api, keysOf, nextOf, openApi } from './support/api.ts'
import { createFakePds } from './support/fake-pds.ts'
import { createPeople, idOf, keyOf, type Said } from './support/people.ts'
import { tokenOf } from './support/readers.ts'
import { useDatabase } from './support/test-servers.ts'

const { database } = useDatabase()
const pds = createFakePds()
const people = createPeople({ database, pds })
let api: Api
beforeAll(() => {
  api = openApi({ database: database(), pds, sensitiveCodes: new Map([['1234567', 'nobody']]) })
})
afterAll(() => api?.close())

const coded = (code: string) => ({
  coding: [{ system: systems.snomed, code, display: `Drug ${code} 5mg tablets` }]
})
const allergy = (name: string, code: string, severity: string): Said => ({
  name,
  type: 'AllergyIntolerance',
  content: { code: coded(code), reaction: [{ manifestation: [{ text: 'Rash' }], severity }] },
  sections: ['allergies']
})
const medicine = (name: string, code: string, status: string): Said => ({
  name,
  type: 'MedicationStatement',
  content: { status, medicationCodeableConcept: coded(code), effectivePeriod: { start: '2026-01-05' } },
  sections: ['medications']
})
const problem = (name: string, code: string): Said => ({
  name,
  type: 'Condition',
  content: { code: coded(code), clinicalStatus: { coding: [{ code: 'active' }] } },
  sections: ['problems']
})
const other = 'gp-two'
/** A practice that is no source of ours, so that neither of those that are speaks for the other. */
const elsewhere = 'J81099'
let met = 0

/** Somebody of whom two practices tell. */
async function somebody() {
  const { id } = await people.meet(elsewhere)
  met += 1
  const one = {
    penicillin: allergy(`one-penicillin-${met}`, '91936005', 'mild'),
    ramipril: medicine(`one-ramipril-${met}`, '318906001', 'active'),
    asthma: problem(`one-asthma-${met}`, '195967001'),
    secret: problem(`one-secret-${met}`, '1234567')
  }
  const two = {
    penicillin: allergy(`two-penicillin-${met}`, '764146007', 'severe'),
    ramipril: medicine(`two-ramipril-${met}`, '318906001', 'stopped'),
    asthma: problem(`two-asthma-${met}`, '195967001'),
    secret: problem(`two-secret-${met}`, '1234567')
  }
  const person = { id, nhsNumber: people.newNumber() }
  await people.say(person, Object.values(one), { at: Date.now() - 60_000 })
  await people.say(person, Object.values(two), { source: other })
  return { id, one, two }
}

const listsOf = ({ entry = [] }: Bundle): List[] =>
  entry.flatMap(({ resource }) =>
    resource?.resourceType === 'List' && resource.code?.coding?.[0]?.system === chesil.itemGroup
      ? [resource]
      : []
  )
const membersOf = ({ entry = [] }: List) => entry.map(({ item }) => item?.reference)
const flagsOf = ({ entry = [] }: List) => entry.map(({ flag }) => flag?.coding?.[0]?.code)
const kindsOf = (list: List) =>
  (list.extension ?? []).flatMap(({ url, extension }) =>
    url === chesil.extension('conflict') ? [extension?.[0]?.valueCode] : []
  )

describe('$everything', () => {
  test('is what it was where nobody asks for groups', async () => {
    const { id } = await somebody()
    const { body } = await api.ask(`Patient/${id}/$everything`)
    expect(listsOf(body)).toEqual([])
    const no = await api.ask(`Patient/${id}/$everything?grouped=false`)
    expect(keysOf(no.body)).toEqual(keysOf(body))
  })

  test('with groups is every item, then a List of what is one thing, and last the outcome', async () => {
    const { id, one, two } = await somebody()
    const plain = await api.ask(`Patient/${id}/$everything`)
    const { body } = await api.ask(`Patient/${id}/$everything?grouped=true`)
    const entries = body.entry ?? []
    expect(keysOf(body).slice(0, keysOf(plain.body).length)).toEqual(keysOf(plain.body))
    expect(listsOf(body).map((list) => [membersOf(list), flagsOf(list), kindsOf(list)])).toEqual([
      [[keyOf(two.penicillin, other), keyOf(one.penicillin)], ['lead', 'differs'], ['severity']],
      [expect.arrayContaining([keyOf(one.asthma), keyOf(two.asthma, other)]), ['lead', 'agrees'], []],
      [[keyOf(one.ramipril), keyOf(two.ramipril, other)], ['lead', 'differs'], ['status']]
    ])
    expect(body.total).toBe(entries.length - 1)
    expect(entries.at(-1)?.search?.mode).toBe('outcome')
    for (const { resource, fullUrl } of entries) {
      if (resource?.resourceType !== 'List') continue
      expect(resource.id).toBeUndefined()
      expect(fullUrl).toMatch(/^urn:uuid:[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
    }
  })

  test('pages through items and Lists, each once and in one order', async () => {
    const { id } = await somebody()
    const whole = await api.ask(`Patient/${id}/$everything?grouped=true`)
    const wanted = (whole.body.entry ?? []).map(({ fullUrl }) => fullUrl).filter(Boolean)
    const seen: (string | undefined)[] = []
    let path: string | undefined = `Patient/${id}/$everything?grouped=true&_count=2`
    while (path !== undefined) {
      const { body }: { body: Bundle } = await api.ask(path)
      seen.push(...(body.entry ?? []).map(({ fullUrl }) => fullUrl).filter(Boolean))
      path = nextOf(body)
    }
    expect(seen).toEqual(wanted)
  })

  test('of some types has the Lists of those', async () => {
    const { id, one, two } = await somebody()
    const { body } = await api.ask(`Patient/${id}/$everything?grouped=true&_type=Condition`)
    expect(listsOf(body).map((list) => membersOf(list).toSorted())).toEqual([
      [keyOf(one.asthma), keyOf(two.asthma, other)].sort()
    ])
  })

  test('takes no other word for yes or no', async () => {
    const { id } = await somebody()
    expect((await api.ask(`Patient/${id}/$everything?grouped=yes`)).status).toBe(400)
  })

  test('groups nothing that the reader may not see, nor tells that there is such a thing', async () => {
    const { id, one } = await somebody()
    const { text } = await api.ask(`Patient/${id}/$everything?grouped=true`)
    expect(text).not.toContain(idOf(one.secret))
    const onlyProblems = tokenOf({ scope: 'user/Patient.rs user/Condition.rs' })
    const { body } = await api.ask(`Patient/${id}/$everything?grouped=true`, { token: onlyProblems })
    expect(listsOf(body)).toHaveLength(1)
    expect(JSON.stringify(listsOf(body))).not.toContain('AllergyIntolerance')
  })
})

describe('$conflicts', () => {
  test('is the Lists that hold a conflict, then what they name, and last the outcome', async () => {
    const { id } = await somebody()
    const { status, body } = await api.ask(`Patient/${id}/$conflicts`)
    const modes = (body.entry ?? []).map(({ search, resource }) => [search?.mode, resource?.resourceType])
    expect([status, body.total]).toEqual([200, 2])
    expect(modes).toEqual([
      ['match', 'List'],
      ['match', 'List'],
      ['include', 'AllergyIntolerance'],
      ['include', 'AllergyIntolerance'],
      ['include', 'MedicationStatement'],
      ['include', 'MedicationStatement'],
      ['outcome', 'OperationOutcome']
    ])
  })

  test('is the same while nothing changes', async () => {
    const { id } = await somebody()
    const first = await api.ask(`Patient/${id}/$conflicts`)
    const again = await api.ask(`Patient/${id}/$conflicts`)
    expect(again.headers['etag']).toBe(first.headers['etag'])
  })

  test('takes no parameters, and knows nobody who is not there', async () => {
    const { id } = await somebody()
    expect((await api.ask(`Patient/${id}/$conflicts?_count=1`)).status).toBe(400)
    expect((await api.ask('Patient/00000000-0000-4000-8000-000000000000/$conflicts')).status).toBe(404)
  })

  test('tells of one person only what is said of that person', async () => {
    const [a, b] = [await people.meet(elsewhere), await people.meet(elsewhere)]
    const mine = [
      medicine('a-one', '318906001', 'active'),
      medicine('b-two', '318906001', 'stopped')
    ] as const
    await people.say(a, [mine[0]])
    await people.say(b, [mine[1]], { source: other })
    for (const { id } of [a, b]) {
      expect((await api.ask(`Patient/${id}/$conflicts`)).body.total).toBe(0)
      expect(listsOf((await api.ask(`Patient/${id}/$everything?grouped=true`)).body)).toEqual([])
    }
  })

  test('names the source that says otherwise about who is next of kin', async () => {
    const person = await people.meet(elsewhere)
    const kin = (name: string): Said => ({
      name,
      type: 'RelatedPerson',
      content: { relationship: [{ text: 'Next of kin' }], name: [{ text: name }] },
      sections: ['people']
    })
    await people.say(person, [kin('Ann Shore')])
    await people.say(person, [kin('Ben Shore')], { source: other })
    const { body } = await api.ask(`Patient/${person.id}/$conflicts`)
    expect(listsOf(body).map(kindsOf)).toEqual([['next-of-kin']])
  })
})
