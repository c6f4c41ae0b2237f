import fc from 'fast-check'
import { expect, test } from 'vitest'
import { structuredRecordToContribution } from '../src/index.ts'
import { asking, contributionOf, isDegraded, landed } from './asking.ts'
import {
  allergy,
  bundle,
  diaryEntry,
  endedAllergy,
  list,
  medication,
  observation,
  patient,
  practitioner,
  practitionerRole,
  referral,
  type Stu3,
  snomed,
  to,
  warning,
  wholeRecord
} from './stu3.ts'

const map = (...resources: Stu3[]) =>
  contributionOf(structuredRecordToContribution(bundle(...resources), asking()))
const namesOf = (...resources: Stu3[]) =>
  map(patient(), ...resources)
    .entries.slice(1)
    .map(({ sourceResourceId }) => sourceResourceId)

test('a clinical item has the name that its source gave it', () => {
  expect(namesOf(observation(), allergy())).toEqual(['Observation/o1', 'AllergyIntolerance/a1'])
})

test('two source types that become one R4 type never share a name, nor an id', () => {
  const { entries } = map(patient(), diaryEntry({ id: '1' }), referral({ id: '1' }))
  const requests = entries.filter(({ resourceType }) => resourceType === 'ServiceRequest')
  expect(requests.map(({ sourceResourceId }) => sourceResourceId)).toEqual([
    'ProcedureRequest/1',
    'ReferralRequest/1'
  ])
  expect(new Set(requests.map(({ resource }) => resource?.id)).size).toBe(2)
})

test.each([
  ['a practitioner', practitioner(), 'p1|Practitioner/dr'],
  ['a role', practitionerRole(), 'p1|PractitionerRole/role'],
  ['a product', medication(), 'p1|Medication/m1'],
  ['a list', list('heading', [], { id: 'h1' }), 'p1|List/h1']
])('%s occurs in many records, so that the person’s id goes before its name', (_, resource, name) => {
  expect(namesOf(resource)).toEqual([name])
})

test('the same practitioner in the answers about two people is two items', () => {
  const other = patient({ id: 'p2' })
  const [mine] = map(patient(), practitioner()).entries.slice(1)
  const [theirs] = map(other, practitioner()).entries.slice(1)
  expect(mine?.resource?.id).not.toBe(theirs?.resource?.id)
})

test.each([
  ['by its code', [list('allergies'), list('problems')], ['~886921000000105', '~717711000000103']],
  [
    'by its code and encounter',
    [
      list('heading', [], { encounter: to('Encounter/e1') }),
      list('heading', [], { encounter: to('Encounter/e2') })
    ],
    [expect.stringMatching(/^~24781000000107~[\w-]+$/), expect.stringMatching(/^~24781000000107~[\w-]+$/)]
  ],
  [
    'by its code and warning',
    [list('problems'), list('problems', [], { extension: warning('data-awaiting-filing') })],
    ['~717711000000103', '~717711000000103~data-awaiting-filing']
  ],
  [
    'by its title, where all that is alike',
    ['A', 'B'].map((title) => list('heading', [], { code: snomed('99999', 'To be confirmed'), title })),
    [expect.stringMatching(/^~99999~[\w-]+$/), expect.stringMatching(/^~99999~[\w-]+$/)]
  ],
  [
    'by its content, where the title is alike too',
    [list('heading', ['Observation/o1']), list('heading', ['Observation/o2'])],
    [
      expect.stringMatching(/^~24781000000107~[\w-]+~[\w-]+$/),
      expect.stringMatching(/^~24781000000107~[\w-]+~[\w-]+$/)
    ]
  ]
])('a list without an id is named %s', (_, lists, expected) => {
  const names = namesOf(...lists).map((name) => name.replace('p1|List/', ''))
  expect(names).toEqual(expected)
  expect(new Set(names).size).toBe(2)
})

test('a list keeps its name while its content and its warnings change', () => {
  const plain = ['p1|List/~886921000000105']
  const inTransit = { extension: warning('data-in-transit') }
  expect(namesOf(list('allergies'))).toEqual(plain)
  expect(namesOf(list('allergies', ['AllergyIntolerance/a1']))).toEqual(plain)
  expect(namesOf(list('allergies', [], inTransit))).toEqual(plain)
})

test('warnings that two lists of one purpose share do not tell them apart', () => {
  const both = warning('data-in-transit')
  const waiting = [...both, ...warning('data-awaiting-filing')]
  expect(
    namesOf(list('problems', [], { extension: both }), list('problems', [], { extension: waiting }))
  ).toEqual(['p1|List/~717711000000103', 'p1|List/~717711000000103~data-awaiting-filing'])
})

test('an allergy keeps its name when it ends, and so its id', () => {
  const before = map(patient(), allergy(), list('allergies', ['AllergyIntolerance/a1']))
  const ended = list('ended', ['#a1'], { contained: [endedAllergy({ id: 'a1' })] })
  const after = map(patient(), list('allergies'), ended)
  expect(landed(after, 'AllergyIntolerance/a1')['clinicalStatus'].coding[0].code).toBe('resolved')
  expect(landed(after, 'AllergyIntolerance/a1')['id']).toBe(landed(before, 'AllergyIntolerance/a1')['id'])
})

test('an ended allergy is named by its list where another allergy has its id', () => {
  const ended = list('ended', ['#a1'], { contained: [endedAllergy({ id: 'a1' })] })
  expect(namesOf(allergy(), ended)).toEqual([
    'AllergyIntolerance/a1',
    'p1|List/~1103671000000101',
    'p1|List/~1103671000000101#a1'
  ])
  const [one, other] = [
    { ...ended, id: 'one' },
    { ...ended, id: 'other' }
  ] as const
  expect(namesOf(one, other)).toEqual(['p1|List/one', 'p1|List/one#a1', 'p1|List/other', 'p1|List/other#a1'])
})

test('an ended allergy is named by its list where it has no id', () => {
  const ended = list('ended', [], { contained: [endedAllergy({ id: undefined })] })
  expect(namesOf(ended)[1]).toMatch(/^p1\|List\/~1103671000000101#~[\w-]+$/)
})

test('an item without an id is named after its content', () => {
  const [first] = namesOf(observation({ id: undefined }))
  expect(first).toMatch(/^p1\|Observation\/~[\w-]+$/)
  expect(namesOf(observation({ id: undefined }))).toEqual([first])
  expect(namesOf(observation({ id: undefined, status: 'amended' }))).not.toEqual([first])
})

test('copies of one item are one, whatever the order of their elements and the version of the copy', () => {
  const again = Object.fromEntries(Object.entries(observation()).reverse())
  expect(namesOf(observation(), again, observation({ meta: { versionId: '2' } }))).toEqual(['Observation/o1'])
})

test('two different items of one id both land, the second under a name of its own, marked', () => {
  const { entries } = map(patient(), observation(), observation({ valueQuantity: { value: 80 } }))
  const [first, second] = entries.slice(1)
  expect(first?.sourceResourceId).toBe('Observation/o1')
  expect(second?.sourceResourceId).toMatch(/^Observation\/o1~[\w-]+$/)
  expect(isDegraded(first?.resource ?? {})).toBe(false)
  expect(isDegraded(second?.resource ?? {})).toBe(true)
  expect(second?.resource).toHaveProperty('note', [
    { text: 'Its source uses the same identifier for another item' }
  ])
})

test('a label that one copy lacks is not lost', () => {
  const labelled = observation({
    meta: { security: [{ system: 'http://hl7.org/fhir/v3/ActCode', code: 'NOPAT' }] }
  })
  expect(namesOf(observation(), labelled)).toHaveLength(2)
})

test('an item never takes the name of one that was kept out, nor gives its own away', () => {
  const other = observation({ subject: to('Patient/p2') })
  for (const order of [
    [observation(), other],
    [other, observation()]
  ]) {
    const contribution = map(patient(), ...order, list('uncategorised', ['Observation/o1']))
    const { id } = landed(contribution, 'Observation/o1')
    expect(landed(contribution, 'p1|List/~826501000000100')['entry']).toEqual([
      { item: { reference: `Observation/${id}` } }
    ])
    expect(contribution.quarantined).toMatchObject([{ sourceResourceId: 'Observation/o1' }])
  }
})

/** A record with every trap for names: no ids, copies, different items of one id, contained items. */
const trickyRecord = (): Stu3[] => [
  ...wholeRecord(),
  observation({ id: undefined }),
  observation({ valueQuantity: { value: 1 } }),
  observation(),
  practitioner({ gender: 'female' }),
  ...['A', 'B'].map((family) => practitioner({ id: 'twin', name: [{ family }] })),
  ...[1, 2].map((value) => observation({ id: 'twin', valueQuantity: { value } })),
  list('heading', ['Observation/o1']),
  list('heading', ['Observation/o2']),
  list('ended', ['#28'], { id: 'ended', contained: [endedAllergy({ criticality: 'high' })] })
]

test('names, ids, sections and content do not depend on the order of the answer', () => {
  const reference = sorted(map(...trickyRecord()).entries)
  fc.assert(
    fc.property(fc.shuffledSubarray(trickyRecord(), { minLength: trickyRecord().length }), (shuffled) => {
      expect(sorted(map(...shuffled).entries)).toEqual(reference)
    }),
    { numRuns: 50 }
  )
}, 60_000)

const sorted = (entries: readonly { sourceResourceId: string }[]) =>
  [...entries].sort((a, b) => (a.sourceResourceId < b.sourceResourceId ? -1 : 1))

test('an answer maps to the same twice', () => {
  expect(map(...trickyRecord())).toEqual(map(...trickyRecord()))
})

test('an id with a line break in it has a name of one line, shown or kept out', () => {
  const odd = { ...allergy(), id: 'a\nb' }
  const foreign = { ...allergy(), id: 'c\r\nd', patient: to('Patient/other') }
  const { entries, quarantined } = contributionOf(
    structuredRecordToContribution(bundle(patient(), odd, foreign), asking())
  )
  expect(entries.map(({ sourceResourceId }) => sourceResourceId)).toContain('AllergyIntolerance/a%0Ab')
  expect(quarantined.map(({ sourceResourceId }) => sourceResourceId)).toEqual(['AllergyIntolerance/c%0D%0Ad'])
})
