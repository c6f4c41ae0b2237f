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
