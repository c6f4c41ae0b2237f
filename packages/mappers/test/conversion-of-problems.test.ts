import { ukCoreExtension } from '@chesil/fhir'
import { expect, test } from 'vitest'
import { structuredRecordToContribution } from '../src/index.ts'
import { asking, contributionOf, isDegraded, landed } from './asking.ts'
import {
  allergy,
  bundle,
  condition,
  encounter,
  extensionUrl,
  observation,
  patient,
  type Stu3,
  to
} from './stu3.ts'

const map = (...resources: Stu3[]) =>
  contributionOf(structuredRecordToContribution(bundle(patient(), ...resources), asking()))
const only = (resource: Stu3, name: string, ...others: Stu3[]) => landed(map(resource, ...others), name)
const terminology = 'http://terminology.hl7.org/CodeSystem'
const ukCore = 'https://fhir.hl7.org.uk/CodeSystem'

test('an allergy: statuses are concepts, the asserted date is the recorded date', () => {
  const extension = [
    {
      url: 'http://hl7.org/fhir/StructureDefinition/encounter-associatedEncounter',
      valueReference: to('Encounter/e1')
    }
  ]
  const resource = only(
    allergy({ extension, type: 'allergy', criticality: 'high' }),
    'AllergyIntolerance/a1',
    encounter()
  )
  expect(resource).toMatchObject({
    clinicalStatus: { coding: [{ system: `${terminology}/allergyintolerance-clinical`, code: 'active' }] },
    verificationStatus: {
      coding: [{ system: `${terminology}/allergyintolerance-verification`, code: 'unconfirmed' }]
    },
    type: 'allergy',
    criticality: 'high',
    recordedDate: '2015-02-03T11:00:00+00:00',
    encounter: { reference: expect.stringMatching(/^Encounter\//) },
    reaction: [{ severity: 'mild' }]
  })
  expect(resource).not.toHaveProperty('extension')
})

test('an allergy entered in error has no clinical status: R4 forbids it', () => {
  const resource = only(allergy({ verificationStatus: 'entered-in-error' }), 'AllergyIntolerance/a1')
  expect(resource).not.toHaveProperty('clinicalStatus')
})

test.each([
  ['Resolved', 'Refuted', 'resolved', 'refuted'],
  ['INACTIVE', 'CONFIRMED', 'inactive', 'confirmed']
])(
  'the statuses %s and %s of an allergy are read whatever their capitals',
  (clinical, verified, ...expected) => {
    const resource = only(
      allergy({ clinicalStatus: clinical, verificationStatus: verified }),
      'AllergyIntolerance/a1'
    )
    expect([
      resource['clinicalStatus'].coding[0].code,
      resource['verificationStatus'].coding[0].code
    ]).toEqual(expected)
    expect(isDegraded(resource)).toBe(false)
  }
)

test('the status of a problem is read whatever its capitals', () => {
  const resource = only(condition({ clinicalStatus: 'Inactive', abatementDateTime: '2020' }), 'Condition/c1')
  expect(resource).toMatchObject({
    clinicalStatus: { coding: [{ code: 'inactive' }] },
    abatementDateTime: '2020'
  })
})

const ending = (...parts: Stu3[]) => [{ url: extensionUrl('AllergyIntoleranceEnd'), extension: parts }]
const on = (day: string) => ({ url: 'endDate', valueDateTime: day })

test.each([
  [
    'an end date and no status',
    { extension: ending(on('2019-05-01')), clinicalStatus: undefined },
    'resolved'
  ],
  ['an end date and an odd status', { extension: ending(on('2019-05-01')), clinicalStatus: 'x' }, 'resolved'],
  [
    'a reason for its end and no status',
    { extension: ending({ url: 'reasonEnded', valueString: 'wrong' }), clinicalStatus: undefined },
    'resolved'
  ],
  [
    'an end to come and no status',
    { extension: ending(on('2027-05-01')), clinicalStatus: undefined },
    'active'
  ],
  ['an end date and a status', { extension: ending(on('2019-05-01')), clinicalStatus: 'active' }, 'active'],
  ['neither end nor status', { clinicalStatus: undefined }, 'active']
])('an allergy with %s is: %j → %s', (_, overrides, expected) => {
  const resource = only(allergy(overrides), 'AllergyIntolerance/a1')
  expect(resource['clinicalStatus'].coding[0].code).toBe(expected)
})

test.each([
  ['an end and no status', { clinicalStatus: undefined, abatementDateTime: '2020-05-01' }, 'inactive'],
  ['an end to come and no status', { clinicalStatus: undefined, abatementDateTime: '2027' }, 'active'],
  [
    'the word that it is over and no status',
    { clinicalStatus: undefined, abatementBoolean: true },
    'inactive'
  ],
  ['the word that it is not over', { clinicalStatus: undefined, abatementBoolean: false }, 'active'],
  ['an end and a status', { clinicalStatus: 'active', abatementDateTime: '2020-05-01' }, 'active']
])('a problem with %s is: %j → %s', (_, overrides, expected) => {
  const resource = only(condition(overrides), 'Condition/c1')
  expect(resource['clinicalStatus'].coding[0].code).toBe(expected)
})

test('a reaction of which only the severity is known says so', () => {
  const resource = only(allergy({ reaction: [{ severity: 'severe' }] }), 'AllergyIntolerance/a1')
  expect(resource['reaction']).toEqual([{ manifestation: [{ text: 'Not recorded' }], severity: 'severe' }])
})

test('a problem: status, dates, encounter, significance and links', () => {
  const extension = [
    {
      url: 'http://fhir.hl7.org.uk/STU3/StructureDefinition/Extension-CareConnect-ProblemSignificance-1',
      valueCode: 'minor'
    },
    { url: extensionUrl('ActualProblem'), valueReference: to('Observation/o1') },
    { url: extensionUrl('RelatedClinicalContent'), valueReference: to('Encounter/e1') },
    {
      url: extensionUrl('RelatedProblemHeader'),
      extension: [
        { url: 'type', valueCode: 'Parent' },
        { url: 'target', valueReference: to('Condition/c2') }
      ]
    }
  ]
  const contribution = map(
    condition({ extension, context: to('Encounter/e1') }),
    condition({ id: 'c2' }),
    observation(),
    encounter()
  )
  const id = (name: string) => landed(contribution, name)['id']
  expect(landed(contribution, 'Condition/c1')).toMatchObject({
    extension: [
      { url: ukCoreExtension('ProblemSignificance'), valueCode: 'minor' },
      {
        url: ukCoreExtension('ActualProblem'),
        valueReference: { reference: `Observation/${id('Observation/o1')}` }
      },
      {
        url: ukCoreExtension('RelatedClinicalContent'),
        valueReference: { reference: `Encounter/${id('Encounter/e1')}` }
      },
      {
        url: ukCoreExtension('RelatedProblemHeader'),
        extension: [
          { url: 'type', valueCode: 'parent' },
          { url: 'target', valueReference: { reference: `Condition/${id('Condition/c2')}` } }
        ]
      }
    ],
    clinicalStatus: { coding: [{ system: `${terminology}/condition-clinical`, code: 'active' }] },
    category: [{ coding: [{ system: `${terminology}/condition-category`, code: 'problem-list-item' }] }],
    encounter: { reference: `Encounter/${id('Encounter/e1')}` },
    onsetDateTime: '2011-06',
    recordedDate: '2011-06-14T09:00:00+01:00'
  })
})

const careConnect = 'https://fhir.hl7.org.uk/STU3/CodeSystem/CareConnect-ConditionCategory-1'

test.each([
  ['problem-list-item', `${terminology}/condition-category`],
  ['encounter-diagnosis', `${terminology}/condition-category`],
  ['co-morbidity', `${ukCore}/UKCore-ConditionCategory`]
])('the category %s of CareConnect is one of %s', (code, system) => {
  const category = [{ coding: [{ system: careConnect, code }] }]
  expect(only(condition({ category }), 'Condition/c1')['category']).toEqual([{ coding: [{ system, code }] }])
})

const years = (value: number) => ({ value, unit: 'years', system: 'http://unitsofmeasure.org', code: 'a' })

test.each([
  ['abatementAge', years(44)],
  ['abatementRange', { low: years(40), high: years(45) }],
  ['abatementPeriod', { start: '2020', end: '2021' }],
  ['abatementString', 'in her forties']
])('a problem that is over keeps its %s; one that is active keeps it as text', (element, value) => {
  const over = only(condition({ clinicalStatus: 'inactive', [element]: value }), 'Condition/c1')
  expect(over[element]).toEqual(value)
  expect(isDegraded(over)).toBe(false)
  const active = only(condition({ [element]: value }), 'Condition/c1')
  expect(active).not.toHaveProperty(element)
  expect(active['note'][0].text).toMatch(/^End as sent: (44 years|40 years to 45 years|2021|in her forties)$/)
})

test.each([
  [true, 'Ended: yes'],
  [false, 'Ended: no']
])('a problem of which only is known whether it ended (%s) says so in words', (abatementBoolean, words) => {
  const resource = only(condition({ abatementBoolean }), 'Condition/c1')
  expect(resource['note']).toEqual([{ text: words }])
})

test('a problem keeps its stage and its evidence', () => {
  const contribution = map(
    condition({
      stage: { summary: { text: 'Stage III' }, assessment: [to('Observation/o1')] },
      evidence: [{ code: [{ text: 'CT scan' }], detail: [to('Observation/o1')] }, {}]
    }),
    observation()
  )
  const reference = `Observation/${landed(contribution, 'Observation/o1')['id']}`
  expect(landed(contribution, 'Condition/c1')).toMatchObject({
    stage: [{ summary: { text: 'Stage III' }, assessment: [{ reference }] }],
    evidence: [{ code: [{ text: 'CT scan' }], detail: [{ reference }] }]
  })
})

test('a problem without a category is a problem', () => {
  expect(only(condition({ category: undefined }), 'Condition/c1')['category'][0].coding[0].code).toBe(
    'problem-list-item'
  )
})

test.each([
  ['confirmed', { coding: [{ system: `${terminology}/condition-ver-status`, code: 'confirmed' }] }],
  ['unknown', undefined]
])('a problem’s verification %s becomes %j', (verificationStatus, expected) => {
  const resource = only(condition({ verificationStatus }), 'Condition/c1')
  expect(resource['verificationStatus']).toEqual(expected)
  expect(isDegraded(resource)).toBe(false)
})
