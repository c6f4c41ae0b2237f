import { expect, test } from 'vitest'
import { structuredRecordToContribution } from '../src/index.ts'
import { asking, contributionOf, landed, patientId } from './asking.ts'
import {
  allergy,
  bundle,
  condition,
  encounter,
  endedAllergy,
  extensionUrl,
  list,
  observation,
  patient,
  practitioner,
  report,
  type Stu3,
  to
} from './stu3.ts'

const map = (...resources: Stu3[]) =>
  contributionOf(structuredRecordToContribution(bundle(patient(), ...resources), asking()))

/** What a reference to the encounter becomes. */
const encounterOf = (context: unknown, ...others: Stu3[]) => {
  const contribution = map(observation({ context }), ...others)
  return landed(contribution, 'Observation/o1')['encounter']
}

const e1 = () => landed(map(encounter()), 'Encounter/e1')['id']

test.each([
  'Encounter/e1',
  'Encounter/Encounter/e1',
  'Encounter/e1/_history/2',
  'https://gp.example/A81001/STU3/1/gpconnect/structured/fhir/Encounter/e1',
  'e1',
  ' Encounter/e1 '
])('“%s” leads to Encounter/e1', (reference) => {
  expect(encounterOf(to(reference), encounter())).toEqual({ reference: `Encounter/${e1()}` })
})

test.each(['Practioner/dr', 'practioner/dr', 'Practitioner/dr'])(
  '“%s” leads to the practitioner',
  (reference) => {
    const contribution = map(observation({ performer: [to(reference)] }), practitioner())
    const { id } = landed(contribution, 'p1|Practitioner/dr')
    expect(landed(contribution, 'Observation/o1')['performer']).toEqual([{ reference: `Practitioner/${id}` }])
  }
)

test('an entry may be named by its full URL', () => {
  const fullUrl = 'urn:uuid:5f0c1a52-6d0e-4a6b-9d0b-3c8f4b7a1e11'
  const answer = {
    ...bundle(),
    entry: [
      { resource: patient() },
      { resource: observation({ context: to(fullUrl) }) },
      { resource: encounter(), fullUrl }
    ]
  }
  const contribution = contributionOf(structuredRecordToContribution(answer, asking()))
  expect(landed(contribution, 'Observation/o1')['encounter']).toEqual({ reference: `Encounter/${e1()}` })
})

test('an id that several types share leads nowhere without a type', () => {
  const found = encounterOf(to('e1'), encounter(), practitioner({ id: 'e1' }))
  expect(found).toEqual({ identifier: { value: 'e1' }, display: 'Item that the source did not send' })
})

test('a practitioner’s name is kept beside the reference', () => {
  const contribution = map(
    observation({ performer: [{ ...to('Practitioner/dr'), display: 'Dr Dr' }] }),
    practitioner()
  )
  expect(landed(contribution, 'Observation/o1')['performer']).toMatchObject([{ display: 'Dr Dr' }])
})

test('the words of another item of the record are not: it may be shown to fewer readers', () => {
  const found = encounterOf({ ...to('Encounter/e1'), display: 'Domestic violence clinic' }, encounter())
  expect(found).toEqual({ reference: `Encounter/${e1()}` })
})

test.each([
  [
    'that is not in the answer',
    to('Encounter/e9'),
    { identifier: { value: 'Encounter/e9' }, display: 'Encounter that the source did not send' }
  ],
  [
    'with a display that is not in the answer',
    { ...to('Encounter/e9'), display: 'Visit' },
    { identifier: { value: 'Encounter/e9' }, display: 'Visit' }
  ],
  [
    'of a type that does not belong there',
    to('Practitioner/dr'),
    { identifier: { value: 'Practitioner/dr' }, display: 'Practitioner that the source did not send' }
  ],
  ['to something contained that is not there', to('#c'), { display: 'Item that the source did not send' }],
  [
    'by identifier alone',
    { identifier: { system: 'urn:x', value: '7' } },
    { identifier: { system: 'urn:x', value: '7' } }
  ],
  ['by display alone', { display: 'Walk-in centre' }, { display: 'Walk-in centre' }],
  [
    'that is a sentence',
    to('Encounters are not recorded here'),
    { display: 'Encounters are not recorded here' }
  ],
  [
    'of absurd length',
    to(`Encounter/${'9'.repeat(300)}`),
    { display: 'Encounter that the source did not send' }
  ],
  ['that says nothing', {}, undefined],
  ['that is no object', 'Encounter/e1', undefined]
])('a reference %s keeps what it says and points to nothing: %j → %j', (_, context, expected) => {
  expect(encounterOf(context, practitioner())).toEqual(expected)
})

test('a reference to an item that was kept out says so, in words of ours', () => {
  const found = encounterOf(
    { ...to('Encounter/e1'), display: 'SMITH, Anne' },
    encounter({ subject: to('Patient/p2') })
  )
  expect(found).toEqual({ display: 'Encounter withheld: not shown to be this person’s' })
})

test('a reference to the person is to Chesil’s Patient; where that does not belong, in words', () => {
  const contribution = map(
    allergy({ asserter: { ...to('Patient/p1'), display: 'Maeve' } }),
    encounter({ serviceProvider: to('Patient/p1') })
  )
  expect(landed(contribution, 'AllergyIntolerance/a1')['asserter']).toEqual({
    reference: `Patient/${patientId}`
  })
  expect(landed(contribution, 'Encounter/e1')['serviceProvider']).toEqual({ display: 'The patient' })
})

test.each([
  'Patient?identifier=https://fhir.nhs.uk/Id/nhs-number|9000000009',
  'patient?identifier=9000000009',
  'https://gp.example/Patient?family=Smith',
  'Practitioner?identifier=https://fhir.nhs.uk/Id/nhs-number%7C9000000009',
  'https://fhir.nhs.uk/Id/NHS-Number/9000000009',
  'urn:oid:2.16.840.1.113883.2.1.4.1.9000000009'
])('a reference that names another person by a search or a number is not repeated: %s', (reference) => {
  expect(encounterOf(to(reference))).toEqual({ display: 'Another person, not named here' })
})

test.each([
  'https://fhir.nhs.uk/Id/nhs-number',
  'http://fhir.nhs.net/Id/NHS-Number',
  'urn:oid:2.16.840.1.113883.2.1.4.1'
])('another person’s number as an identifier of %s is not repeated', (system) => {
  expect(encounterOf({ identifier: { system, value: '900 000 0009' } })).toEqual({
    display: 'Another person, not named here'
  })
})

const scribe = { resourceType: 'Practitioner', id: 'scribe', name: [{ family: 'Scribe' }] }

test('what an item contains stays inside it, mapped', () => {
  const contribution = map(
    observation({
      meta: { security: [{ system: 'http://hl7.org/fhir/v3/ActCode', code: 'NOPAT' }] },
      contained: [{ ...scribe, meta: { security: [{ code: 'R' }] }, telecom: [{ value: '1' }] }],
      performer: [to('#scribe')]
    })
  )
  const resource = landed(contribution, 'Observation/o1')
  expect(resource).toMatchObject({
    contained: [
      {
        resourceType: 'Practitioner',
        id: 'scribe',
        name: [{ family: 'Scribe' }],
        telecom: [{ system: 'other', value: '1' }]
      }
    ],
    performer: [{ reference: '#scribe' }]
  })
  expect(resource['contained'][0]).not.toHaveProperty('meta')
  expect(resource['meta'].security).toEqual([
    { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'NOPAT' },
    { code: 'R' }
  ])
})

test('what an item contains and does not refer to is left out, as R4 wants', () => {
  const resource = landed(map(observation({ contained: [scribe] })), 'Observation/o1')
  expect(resource).not.toHaveProperty('contained')
})

test('what is contained may refer to its neighbours, and cannot be pointed to from elsewhere', () => {
  const contribution = map(
    report({
      contained: [
        observation({ id: 'inner', subject: undefined, context: undefined, performer: [to('#scribe')] }),
        scribe
      ],
      result: [to('#inner')]
    }),
    observation({ related: [{ type: 'has-member', target: to('DiagnosticReport/d1#inner') }] })
  )
  const resource = landed(contribution, 'DiagnosticReport/d1')
  expect(resource['contained']).toMatchObject([
    {
      resourceType: 'Observation',
      id: 'inner',
      subject: { reference: `Patient/${patientId}` },
      performer: [{ reference: '#scribe' }]
    },
    { resourceType: 'Practitioner', id: 'scribe' }
  ])
  expect(landed(contribution, 'Observation/o1')['hasMember'][0]).not.toHaveProperty('reference')
})

test('something contained about another person is kept out and listed', () => {
  const { entries, quarantined } = map(
    report({ contained: [observation({ id: 'inner', subject: to('Patient/p2') })], result: [to('#inner')] })
  )
  expect(entries[1]?.resource).toMatchObject({
    result: [{ display: 'Observation withheld: not shown to be this person’s' }]
  })
  expect(entries[1]?.resource).not.toHaveProperty('contained')
  expect(quarantined).toMatchObject([
    { reason: 'other-subject', sourceResourceId: 'DiagnosticReport/d1#inner' }
  ])
})

test('a Patient contained in an item is nobody’s record', () => {
  const { entries, quarantined } = map(
    condition({ contained: [patient({ id: 'p9', name: [{ family: 'Else' }] })], asserter: to('#p9') })
  )
  expect(JSON.stringify([entries, quarantined])).not.toContain('Else')
  expect(quarantined).toEqual([])
})

test('an ended allergy is found from inside its list and from outside', () => {
  const contribution = map(
    list('ended', ['#28'], { id: 'ended-allergies', contained: [endedAllergy()] }),
    condition({
      extension: [
        { url: extensionUrl('ActualProblem'), valueReference: to('List/ended-allergies#28') },
        { url: extensionUrl('RelatedClinicalContent'), valueReference: to('#28') }
      ]
    })
  )
  const { id } = landed(contribution, 'AllergyIntolerance/28')
  const [actual, related] = landed(contribution, 'Condition/c1')['extension']
  expect(actual.valueReference).toEqual({ reference: `AllergyIntolerance/${id}` })
  expect(related.valueReference).not.toHaveProperty('reference')
})

test('an ended allergy has the labels of its list', () => {
  const security = [{ system: 'http://hl7.org/fhir/v3/ActCode', code: 'NOPAT' }]
  const contribution = map(
    list('ended', ['#28'], { id: 'ended', meta: { security }, contained: [endedAllergy()] })
  )
  expect(landed(contribution, 'AllergyIntolerance/28')['meta'].security).toEqual([
    { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'NOPAT' }
  ])
})
