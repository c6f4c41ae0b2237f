import { expect, test } from 'vitest'
import type { Loose } from '../asking.ts'
import {
  alert,
  answer,
  bundle,
  context,
  faultsIn,
  group,
  itemOf,
  itemsOf,
  map,
  nhs,
  nhsNumber,
  otherNumber,
  own,
  patient,
  posted,
  response,
  tell
} from './answering.ts'

const claimed = 'https://chesil.example/fhir/Id/E10/claimed-nhs-number'
const item = [alert('Latex allergy')]
const subject = (json: unknown) => tell(json).subject

test('the person is known by the council’s own number', () => {
  expect(subject(posted(item))).toEqual({
    local: { system: 'https://council.example/person', value: '40021' },
    nhsNumber,
    birthDate: '1962-04-09',
    family: 'Marsh',
    given: ['Maeve'],
    gender: 'female'
  })
})

test('without one, by the NHS number that the council claims', () => {
  const json = bundle(patient({ identifier: [nhs()] }), response(item))
  expect(subject(json)).toMatchObject({ local: { system: claimed, value: nhsNumber }, nhsNumber })
})

test.each<[string, Loose]>([
  ['by number in the response alone', response(item, { subject: { identifier: nhs() } })],
  [
    'as a contained Patient',
    response(item, { subject: { reference: '#p' }, contained: [patient({ id: 'p' })] })
  ],
  [
    'by the URL of an entry',
    {
      resourceType: 'Bundle',
      entry: [
        { fullUrl: 'urn:uuid:1', resource: patient({ id: undefined }) },
        { resource: response(item, { subject: { reference: 'urn:uuid:1' } }) }
      ]
    }
  ],
  [
    'in Parameters',
    {
      resourceType: 'Parameters',
      parameter: [{ resource: patient() }, { name: 'x', part: [{ resource: response(item) }] }]
    }
  ],
  ['as the only Patient that came', bundle(patient(), response(item, { subject: undefined }))],
  [
    'among two, by reference',
    bundle(patient({ id: 'p2', identifier: [nhs(otherNumber)] }), patient(), response(item))
  ]
])('a person may be named %s', (_, json) => {
  expect(subject(json)).toMatchObject({ nhsNumber })
})

test.each<[string, 'no-person' | 'wrong-person', Loose]>([
  ['names nobody', 'no-person', response(item, { subject: undefined })],
  ['names somebody who did not come', 'no-person', response(item)],
  ['names a Patient without a number', 'no-person', bundle(patient({ identifier: [] }), response(item))],
  [
    'names a group',
    'no-person',
    bundle({ resourceType: 'Group', id: 'p1' }, response(item, { subject: { reference: 'Group/p1' } }))
  ],
  [
    'comes with two people and names neither',
    'no-person',
    bundle(patient(), patient({ id: 'p2' }), response(item, { subject: {} }))
  ],
  [
    'gives two NHS numbers',
    'no-person',
    bundle(patient({ identifier: [nhs(), nhs(otherNumber)] }), response(item))
  ],
  [
    'names another than the Patient that came',
    'wrong-person',
    posted(item, { subject: { reference: 'Patient/p2' } })
  ],
  [
    'names an id at another server',
    'wrong-person',
    {
      resourceType: 'Bundle',
      entry: [
        { fullUrl: 'https://one.example/Patient/p1', resource: patient() },
        { resource: response(item, { subject: { reference: 'https://two.example/Patient/p1' } }) }
      ]
    }
  ],
  [
    'has another NHS number than its Patient',
    'wrong-person',
    posted(item, { subject: { reference: 'Patient/p1', identifier: nhs(otherNumber) } })
  ],
  [
    'has another council number than its Patient',
    'wrong-person',
    posted(item, { subject: { identifier: own('9') } })
  ],
  [
    'answers with another NHS number',
    'wrong-person',
    posted([...item, group('Person demographics', answer('NHS_number', '943 476 5919'))])
  ],
  [
    'answers with another birth date',
    'wrong-person',
    posted([...item, group('Person demographics', answer('Date_of_birth', '1970-01-01'))])
  ]
])('a response that %s is refused: %s', (_, reason, json) => {
  expect(map(json)).toEqual({ outcome: 'refused', reason })
})

test('a birth date that was mistyped does not outweigh the NHS number', () => {
  const demographics = group(
    'Person demographics',
    answer('NHS_number', nhsNumber),
    answer('Date_of_birth', '1962-04-08')
  )
  expect(map(posted([...item, demographics]))).toMatchObject({ outcome: 'mapped' })
})

test('the Patient lands as what the council claims', () => {
  const ethnicity = {
    url: 'https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-EthnicCategory',
    valueCodeableConcept: { coding: [{ code: 'A', display: 'British' }] }
  }
  const json = bundle(
    patient({
      identifier: [own(), nhs('9449305553')],
      extension: [ethnicity],
      link: [{ other: { reference: 'Patient/9' }, type: 'seealso' }]
    }),
    response(item)
  )
  const found = itemOf(json, 'Patient')
  expect(found['identifier']).toEqual([own(), { system: claimed, value: '9449305553' }])
  expect(found['meta'].tag).toContainEqual(expect.objectContaining({ code: 'source-claim' }))
  expect(found).not.toHaveProperty('link')
  expect(found['extension']).toMatchObject([{ url: ethnicity.url }])
  expect(faultsIn(json)).toEqual([])
})

test('who wrote it is named in words, and the person by our id', () => {
  const doctor = { resourceType: 'Practitioner', id: 'd1', name: [{ given: ['Jo'], family: 'Bloggs' }] }
  const json = bundle(
    patient(),
    doctor,
    response(item, { author: { reference: 'Practitioner/d1' }, source: { reference: 'Patient/p1' } })
  )
  expect(itemOf(json, 'QuestionnaireResponse')).toMatchObject({
    author: { display: 'Jo Bloggs' },
    source: { reference: `Patient/${context.personId(subject(json).local)}` }
  })
  const other = posted(item, { author: { reference: 'Patient/p9', display: 'Ann Other' } })
  expect(JSON.stringify(itemsOf(other, 'QuestionnaireResponse'))).not.toContain('Ann Other')
})
