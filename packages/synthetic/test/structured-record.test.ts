import { constantFrom, integer, property, string } from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  createPeople,
  createPractices,
  findEventDate,
  type Person,
  type PersonKind,
  primaryLists,
  type RecordOptions,
  sensitiveLabels,
  smallestRecord,
  structuredRecord
} from '../src/index.ts'
import { holds } from './holds.ts'
import { codesIn, inconsistenciesOf, listOf, namesIn, ofType, resourcesOf } from './record-checks.ts'

const practices = createPractices(3)
const [practice, , otherPractice] = practices as [
  (typeof practices)[number],
  unknown,
  (typeof practices)[number]
]
const people = createPeople({ seed: 'demo', count: 5, practices })
const one = (kind: PersonKind) => people.find((person) => person.kind === kind) as Person
const someone = one('ordinary')

const options: RecordOptions = {
  seed: 'demo',
  size: 200,
  asAt: '2026-11-22',
  practice,
  baseUrl: 'https://practice.example/J99001/STU3/1/gpconnect'
}
const record = (changes: Partial<RecordOptions> = {}, person = someone) =>
  structuredRecord(person, { ...options, ...changes })

describe('a structured record', () => {
  test('is the same for the same arguments', () => {
    expect(record()).toEqual(record())
  })

  test.each([
    { case: 'seed', changes: { seed: 'other' } },
    { case: 'size', changes: { size: 300 } },
    { case: 'day', changes: { asAt: '2026-11-23' } }
  ])('is another for another $case', ({ changes }) => {
    expect(record(changes)).not.toEqual(record())
  })

  test('tells the same story at another practice, where nothing has the same id', () => {
    const here = record()
    const there = record({ practice: otherPractice })
    expect(codesIn(there)).toEqual(codesIn(here))
    expect(namesIn(there).filter((name) => namesIn(here).includes(name))).toEqual([])
  })

  test('shares no id with another person’s but those of the practice and its staff', () => {
    const mine = new Set(namesIn(record()))
    const shared = namesIn(record({}, one('objecting'))).filter((name) => mine.has(name))
    const types = new Set(shared.map((name) => name.split('/')[0]))
    expect([...types].sort()).toEqual(['Location', 'Organization', 'Practitioner', 'PractitionerRole'])
  })

  test.each([20, 21, 25, 30, 60, 100, 250, 500, 1_000, 3_000])('of %d entries has that many', (size) => {
    expect(record({ size }).entry).toHaveLength(size)
  })

  test('is never smaller than what every record holds', () => {
    expect(record({ size: 1 }).entry).toHaveLength(smallestRecord)
  })

  test('is consistent in itself, for every kind of person, seed, age and size', () => {
    holds(
      property(
        string(),
        constantFrom(...people),
        integer({ min: smallestRecord, max: 400 }),
        constantFrom('2022-01-01', '2024-02-29', '2026-11-22T10:00:00Z'),
        (seed, person, size, asAt) => {
          const made = structuredRecord(person, { ...options, seed, size, asAt })
          expect(inconsistenciesOf(made)).toEqual([])
          expect(made.entry).toHaveLength(size)
        }
      ),
      { numRuns: 150 }
    )
  })

  test('has a list of each section, found by its code and without an id', () => {
    for (const { section } of primaryLists) expect(listOf(record(), section).id).toBeUndefined()
  })

  test('says of an empty section that it is empty', () => {
    const list = listOf(record({ size: smallestRecord }), 'referrals')
    expect(list.entry).toBeUndefined()
    expect(list).toMatchObject({
      note: [{ text: 'Information not available' }],
      emptyReason: { coding: [{ code: 'no-content-recorded' }] }
    })
  })

  test('lists the latest first', () => {
    const made = record({ size: 1_000 })
    const byName = new Map(resourcesOf(made).map((item) => [`${item.resourceType}/${item.id}`, item]))
    for (const { section } of primaryLists) {
      const days = listOf(made, section).entry?.map(({ item }) => findEventDate(byName.get(item.reference)))
      expect(days).toEqual(days?.toSorted().toReversed())
    }
  })

  test('tells of nothing before birth, and of nothing to come but recalls', () => {
    const made = record({ size: 1_500 }, one('ordinary'))
    for (const item of resourcesOf(made)) {
      const day = findEventDate(item)
      if (day === undefined) continue
      expect(day >= someone.birthDate).toBe(true)
      expect(day > options.asAt).toBe(item.resourceType === 'ProcedureRequest' && item.intent === 'plan')
    }
  })
})

describe('a heavy record', () => {
  const heavy = record({ size: 3_000 })

  test('has every kind of item that GP Connect has', () => {
    expect(new Set(resourcesOf(heavy).map(({ resourceType }) => resourceType))).toEqual(
      new Set([
        'Patient',
        'Organization',
        'Location',
        'Practitioner',
        'PractitionerRole',
        'List',
        'AllergyIntolerance',
        'Medication',
        'MedicationStatement',
        'MedicationRequest',
        'Condition',
        'Encounter',
        'Observation',
        'Immunization',
        'ProcedureRequest',
        'Specimen',
        'DiagnosticReport',
        'ReferralRequest',
        'DocumentReference'
      ])
    )
  })

  test('has one plan for each medicine, and orders that are based on a plan', () => {
    const requests = ofType(heavy, 'MedicationRequest')
    const plans = requests
      .filter(({ intent }) => intent === 'plan')
      .map(({ id }) => `MedicationRequest/${id}`)
    const basedOn = (resources: readonly { basedOn?: readonly { reference: string }[] }[]) =>
      resources.map((resource) => resource.basedOn?.[0]?.reference)
    expect(basedOn(ofType(heavy, 'MedicationStatement')).toSorted()).toEqual(plans.toSorted())
    const orders = basedOn(requests.filter(({ intent }) => intent === 'order'))
    expect(orders.length).toBeGreaterThan(plans.length)
    expect(orders.filter((plan) => !plans.includes(plan as string))).toEqual([])
  })

  test.each(['acute', 'repeat', 'repeat-dispensing'])('has %s medicines', (type) => {
    expect(codesIn(ofType(heavy, 'MedicationRequest'))).toContain(type)
  })

  test.each(['active', 'completed', 'stopped'])('has medicines that are %s', (status) => {
    expect(ofType(heavy, 'MedicationStatement').map((medicine) => medicine.status)).toContain(status)
  })

  test('has acute medicines of which no end is recorded, still called active', () => {
    const acute = ofType(heavy, 'MedicationRequest').filter((request) => codesIn(request).includes('acute'))
    const plans = new Set(acute.map(({ id }) => `MedicationRequest/${id}`))
    const open = ofType(heavy, 'MedicationStatement').filter(
      ({ basedOn, effectivePeriod }) => plans.has(basedOn?.[0]?.reference ?? '') && !effectivePeriod?.end
    )
    expect(open.length).toBeGreaterThan(0)
    expect(open.every(({ status }) => status === 'active')).toBe(true)
  })

  test('begins with a medicine that is taken regularly, as every record does', () => {
    for (const person of people) {
      const [first] = ofType(record({ size: smallestRecord }, person), 'MedicationStatement')
      if (first)
        expect(first).toMatchObject({ status: 'active', effectivePeriod: { start: expect.any(String) } })
    }
  })

  test('keeps ended allergies in their list and nowhere else', () => {
    const allergies = ofType(heavy, 'AllergyIntolerance')
    expect(new Set(allergies.map((allergy) => allergy['clinicalStatus']))).toEqual(new Set(['active']))
    const withEnded = people.map((person) => record({}, person)).flatMap(resourcesOf)
    const contained = withEnded.flatMap((resource) => resource.contained ?? [])
    expect(contained.length).toBeGreaterThan(0)
    expect(contained.every((allergy) => allergy['clinicalStatus'] === 'resolved')).toBe(true)
  })

  test('orders consultations into topics and headings', () => {
    const codes = codesIn(ofType(heavy, 'List').map((list) => list['code']))
    const count = (code: string) => codes.filter((other) => other === code).length
    const visits = ofType(heavy, 'Encounter').length
    expect(count('325851000000107')).toBe(visits)
    expect(count('25851000000105')).toBeGreaterThan(visits)
    expect(count('24781000000107')).toBeGreaterThan(count('25851000000105'))
  })

  test('has problems that link to their entry, their content and each other', () => {
    const urls = ofType(heavy, 'Condition').flatMap(({ extension = [] }) => extension.map(({ url }) => url))
    const names = new Set(urls.map((url) => url.split('Extension-CareConnect-')[1]))
    expect(names).toEqual(
      new Set([
        'ActualProblem-1',
        'RelatedClinicalContent-1',
        'RelatedProblemHeader-1',
        'ProblemSignificance-1'
      ])
    )
  })

  test('has a document that cannot be fetched and says why', () => {
    const attachments = ofType(heavy, 'DocumentReference').map(
      (document) => (document['content'] as [{ attachment: { url?: string; title?: string } }])[0].attachment
    )
    expect(attachments.some(({ url }) => url?.startsWith(`${options.baseUrl}/documents/Binary/`))).toBe(true)
    expect(attachments.some(({ url, title }) => url === undefined && title?.includes('5 MB'))).toBe(true)
  })
})

describe('sensitive items', () => {
  const sensitiveIn = (person: Person) =>
    codesIn(record({}, person)).flatMap((code) => sensitiveLabels.get(code) ?? [])

  test('stand in the record of the safeguarding person', () => {
    expect(new Set(sensitiveIn(one('safeguarding')))).toEqual(new Set(['safeguarding']))
  })

  test('stand in nobody else’s', () => {
    for (const person of people) if (person.kind !== 'safeguarding') expect(sensitiveIn(person)).toEqual([])
  })
})
