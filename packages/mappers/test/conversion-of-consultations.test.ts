import { ukCoreExtension } from '@chesil/fhir'
import { expect, test } from 'vitest'
import { structuredRecordToContribution } from '../src/index.ts'
import { asking, contributionOf, isDegraded, landed } from './asking.ts'
import {
  bundle,
  condition,
  encounter,
  extensionUrl,
  list,
  location,
  observation,
  patient,
  practitioner,
  type Stu3,
  snomed,
  to
} from './stu3.ts'

const map = (...resources: Stu3[]) =>
  contributionOf(structuredRecordToContribution(bundle(patient(), ...resources), asking()))
const only = (resource: Stu3, name: string, ...others: Stu3[]) => landed(map(resource, ...others), name)
const terminology = 'http://terminology.hl7.org/CodeSystem'

test('a consultation is ambulatory care, its reason a reason code', () => {
  expect(
    only(encounter({ reason: [{ text: 'cough' }] }), 'Encounter/e1', practitioner(), location())
  ).toMatchObject({
    class: { system: `${terminology}/v3-ActCode`, code: 'AMB' },
    status: 'finished',
    reasonCode: [{ text: 'cough' }],
    participant: [
      {
        type: [{ coding: [{ system: `${terminology}/v3-ParticipationType`, code: 'PPRF' }] }],
        individual: { reference: expect.stringMatching(/^Practitioner\//) }
      }
    ],
    location: [{ location: { reference: expect.stringMatching(/^Location\//) } }]
  })
})

test('a list keeps its order, its encounter and its problems', () => {
  const orderedBy = { coding: [{ system: 'http://hl7.org/fhir/list-order', code: 'event-date' }] }
  const extension = [
    {
      url: extensionUrl('ClinicalSetting'),
      valueCodeableConcept: snomed('1060971000000108', 'General practice service')
    },
    { url: extensionUrl('RelatedProblemHeader'), valueReference: to('Condition/c1') }
  ]
  const resource = only(
    list('topic', ['Observation/o1', 'Observation/o2'], {
      id: 't1',
      encounter: to('Encounter/e1'),
      orderedBy,
      extension
    }),
    'p1|List/t1',
    encounter(),
    condition(),
    observation({ id: 'o2' }),
    observation()
  )
  expect(resource).toMatchObject({
    extension: [
      {
        url: ukCoreExtension('ClinicalSetting'),
        valueCodeableConcept: snomed('1060971000000108', 'General practice service')
      },
      {
        url: ukCoreExtension('RelatedProblemHeader'),
        extension: [{ url: 'target', valueReference: { reference: expect.stringMatching(/^Condition\//) } }]
      }
    ],
    title: 'Topic (EHR)',
    encounter: { reference: expect.stringMatching(/^Encounter\//) },
    orderedBy: { coding: [{ system: `${terminology}/list-order`, code: 'event-date' }] }
  })
  expect(resource['entry']).toHaveLength(2)
})

test('what is deleted from a list is no longer in it, and a full list needs no reason to be empty', () => {
  const entry = [{ item: to('Observation/o1') }, { deleted: true, item: to('Observation/o2') }]
  const resource = only(list('uncategorised', [], { id: 'l', entry }), 'p1|List/l', observation())
  expect(resource['entry']).toHaveLength(1)
  expect(resource).not.toHaveProperty('emptyReason')
})

const relatedUrl = 'http://hl7.org/fhir/3.0/StructureDefinition/extension-Observation.related'

test.each([
  [undefined, 'Relation to another observation was not recorded'],
  ['seen with', 'Relation to another observation as sent: seen with']
])('an observation related to another, nobody knows how, still names it: %s', (type, words) => {
  const contribution = map(
    observation({ related: [{ type, target: to('Observation/o2') }] }),
    observation({ id: 'o2' })
  )
  const resource = landed(contribution, 'Observation/o1')
  const valueReference = { reference: `Observation/${landed(contribution, 'Observation/o2')['id']}` }
  expect(resource['extension']).toEqual([{ url: relatedUrl, extension: [{ url: 'target', valueReference }] }])
  expect(resource['note']).toEqual([{ text: words }])
  expect(resource).not.toHaveProperty('hasMember')
})

test('an observation: comment is a note, members and origins are told apart, components stay', () => {
  const contribution = map(
    observation({
      comment: 'seated',
      interpretation: { coding: [{ system: 'http://hl7.org/fhir/v2/0078', code: 'A' }] },
      component: [
        { code: snomed('271649006', 'Systolic'), valueQuantity: { value: 128, unit: 'mmHg', code: 'mm[Hg]' } }
      ],
      referenceRange: [{ low: { value: 3.5 }, high: { value: 11 } }],
      related: [
        { type: 'has-member', target: to('Observation/o2') },
        { type: 'derived-from', target: to('Observation/o3') },
        { type: 'replaces', target: to('Observation/o2') }
      ]
    }),
    observation({ id: 'o2' }),
    observation({ id: 'o3' })
  )
  expect(landed(contribution, 'Observation/o1')).toMatchObject({
    extension: [
      {
        url: relatedUrl,
        extension: [
          { url: 'type', valueCode: 'replaces' },
          {
            url: 'target',
            valueReference: { reference: `Observation/${landed(contribution, 'Observation/o2')['id']}` }
          }
        ]
      }
    ],
    note: [{ text: 'seated' }, { text: 'Relation to another observation as sent: replaces' }],
    interpretation: [{ coding: [{ system: `${terminology}/v2-0078`, code: 'A' }] }],
    component: [{ valueQuantity: { value: 128, unit: 'mmHg' } }],
    referenceRange: [{ low: { value: 3.5 }, high: { value: 11 } }],
    hasMember: [{ reference: `Observation/${landed(contribution, 'Observation/o2')['id']}` }],
    derivedFrom: [{ reference: `Observation/${landed(contribution, 'Observation/o3')['id']}` }]
  })
})

test.each([
  ['text of its own', { value: '5.60', comparator: '≤', unit: 'mmol/L' }, '≤ 5.60 mmol/L'],
  ['a code for its unit', { value: 5.6, comparator: 'about', code: 'mmol/L' }, 'about 5.6 mmol/L'],
  ['no unit', { value: 5, comparator: 'at most' }, 'at most 5'],
  ['no value', { comparator: 'trace', unit: 'mmol/L' }, 'trace mmol/L']
])(
  'a value that is not plainly so much stays in words, not a bare number: one with %s',
  (_, valueQuantity, words) => {
    const resource = only(observation({ valueQuantity }), 'Observation/o1')
    expect(resource['valueString']).toBe(words)
    expect(resource).not.toHaveProperty('valueQuantity')
    expect(isDegraded(resource)).toBe(true)
  }
)

test('a bound that cannot be read is no bound', () => {
  const low = { value: '3.50', comparator: '≥', unit: 'mmol/L' }
  const resource = only(observation({ referenceRange: [{ low, high: { value: 11 } }] }), 'Observation/o1')
  expect(resource['referenceRange']).toEqual([{ high: { value: 11 } }])
  expect(resource['note']).toEqual([{ text: 'Reference range from as sent: ≥ 3.50 mmol/L' }])
})

test.each([
  ['valueQuantity', { value: 5, comparator: '<', unit: 'mmol/L' }],
  ['valueCodeableConcept', { text: 'Trace' }],
  ['valueString', 'Not seen'],
  ['valueBoolean', false],
  ['valueRange', { low: { value: 1 }, high: { value: 2 } }],
  ['valueRatio', { numerator: { value: 1 }, denominator: { value: 8 } }],
  ['valueTime', '10:30:00'],
  ['valueDateTime', '2026-02'],
  ['valuePeriod', { start: '2026-01', end: '2026-02' }]
])('an observation keeps its %s', (element, value) => {
  const resource = only(observation({ valueQuantity: undefined, [element]: value }), 'Observation/o1')
  expect(resource[element]).toEqual(value)
  expect(isDegraded(resource)).toBe(false)
})
