import { chesil, type Patient, type RelatedPerson, ukCoreExtension } from '@chesil/fhir'
import { describe, expect, test } from 'vitest'
import { entriesOf, evn, foldAll, folded, message, partOf, pid, sending } from './sending.ts'

const patient = (...texts: readonly string[]) => folded<Patient>('Patient', ...texts)
/** PID with fields by number. */
const person = (fields: Readonly<Record<number, string>>) => {
  const all = pid.split('|')
  for (const [number, value] of Object.entries(fields)) all[Number(number)] = value
  return Array.from(all, (value) => value ?? '').join('|')
}
const said = (fields: Readonly<Record<number, string>>, minute = '00') =>
  message('A31', evn(minute), person(fields))

test('the person is this source’s claim, and refers to Chesil’s person', () => {
  const { contribution, subject } = partOf(said({}))
  const [entry] = entriesOf(contribution, 'Patient')
  expect(entry).toMatchObject({
    sourceResourceId: `${chesil.patientNumber('RZZ')}|12345`,
    sections: ['demographics']
  })
  const found = patient(said({}))
  expect(found.link).toEqual([
    { other: { reference: `Patient/${sending().personId(subject.local)}` }, type: 'refer' }
  ])
  expect(found.meta?.tag?.map(({ code }) => code)).toEqual(['chesil-general', 'demographics', 'source-claim'])
  expect(found.identifier).toEqual([
    { system: chesil.patientNumber('RZZ'), value: '12345' },
    { system: 'https://fhir.nhs.uk/Id/nhs-number', value: '9434765919' }
  ])
})

test('numbers of other things are left out', () => {
  const found = patient(said({ 3: '12345^^^PAS^MR~S1^^^USSSA^SS~D1^^^DVLA^DL~88^^^LAB^MR' }))
  expect(found.identifier?.map(({ value }) => value)).toEqual(['12345', '88'])
})

test('what PID says', () => {
  const found = patient(
    said({
      9: 'WINTERS^Ada^^^^^M',
      11: '1 Quay St^Fleet^WEYMOUTH^DORSET^dt4 8ab^GBR^H',
      13: '01305 111111~ada@example.org^NET^Internet~^PRN^CP^^^07700^900123',
      14: '01305 222222',
      15: 'CY^Welsh',
      16: 'W',
      17: 'C22',
      22: 'A',
      23: 'Abbotsbury',
      32: '01'
    })
  )
  expect(found).toMatchObject({
    name: [
      { use: 'official', family: 'WINTER', given: ['Ada', 'Mary'], prefix: ['Mrs'] },
      { use: 'maiden', family: 'WINTERS' }
    ],
    gender: 'female',
    birthDate: '1950-01-02',
    address: [
      {
        use: 'home',
        line: ['1 Quay St', 'Fleet'],
        city: 'WEYMOUTH',
        district: 'DORSET',
        postalCode: 'DT4 8AB'
      }
    ],
    telecom: [
      { system: 'phone', value: '01305 111111', use: 'home' },
      { system: 'email', value: 'ada@example.org', use: 'home' },
      { system: 'phone', value: '07700 900123', use: 'mobile' },
      { system: 'phone', value: '01305 222222', use: 'work' }
    ],
    communication: [{ language: { coding: [{ code: 'cy' }], text: 'Welsh' } }],
    maritalStatus: { coding: [{ code: 'W' }] }
  })
  expect(found.extension?.map(({ url }) => url)).toContain(ukCoreExtension('EthnicCategory'))
  expect(found.identifier?.[1]?.extension?.[0]?.valueCodeableConcept?.coding?.[0]?.code).toBe('01')
})

test('the practice and the GP that PD1 names', () => {
  const found = patient(message('A31', pid, 'PD1|||QUAY SURGERY^^Y06601|G5612908^Townley^Jo^^^Dr^^^GMC'))
  expect(found.generalPractitioner).toEqual([
    {
      type: 'Practitioner',
      identifier: { system: 'https://fhir.hl7.org.uk/Id/gmp-number', value: 'G5612908' },
      display: 'Dr Jo Townley'
    },
    {
      type: 'Organization',
      identifier: { system: 'https://fhir.nhs.uk/Id/ods-organization-code', value: 'Y06601' },
      display: 'QUAY SURGERY'
    }
  ])
})

test('an empty field changes nothing, and "" takes back', () => {
  const before = said({ 11: '1 Quay St', 13: '01305 1', 16: 'W' })
  expect(patient(before, said({}, '10'))).toMatchObject({
    address: [{ line: ['1 Quay St'] }],
    maritalStatus: {}
  })
  const after = patient(before, said({ 11: '""', 13: '""', 16: '""' }, '10'))
  for (const element of ['address', 'telecom', 'maritalStatus']) expect(after).not.toHaveProperty(element)
})

describe('death', () => {
  test.each([
    ['a time', { 29: '202611010900', 30: 'Y' }, { deceasedDateTime: '2026-11-01T09:00:00+00:00' }],
    ['a time alone', { 29: '20261101' }, { deceasedDateTime: '2026-11-01' }],
    ['that it happened', { 30: 'Y' }, { deceasedBoolean: true }],
    ['a day that there is not', { 29: '20261199', 30: 'Y' }, { deceasedBoolean: true }],
    ['that it did not', { 30: 'N' }, {}]
  ])('%s', (_, fields, expected) => {
    const { deceasedBoolean, deceasedDateTime } = patient(said({ 30: 'Y' }), said(fields, '10'))
    expect(JSON.parse(JSON.stringify({ deceasedBoolean, deceasedDateTime }))).toEqual(expected)
  })

  test('a mistake is taken back', () => {
    const found = patient(said({ 29: '20261101', 30: 'Y' }), said({ 29: '""', 30: 'N' }, '10'))
    expect(Object.keys(found).filter((name) => name.startsWith('deceased'))).toEqual([])
  })
})

test.each([
  [{ 24: 'Y' }, { multipleBirthBoolean: true }],
  [{ 24: 'Y', 25: '2' }, { multipleBirthInteger: 2 }],
  [{ 24: 'N' }, { multipleBirthBoolean: false }]
])('birth with others: %j', (fields, expected) => {
  expect(patient(said({ 24: 'Y' }), said(fields, '10'))).toMatchObject(expected)
})

test('what cannot be read is kept as text', () => {
  const found = patient(said({ 7: '19501399', 8: 'Q' }))
  expect(found.text?.div).toContain('Birth date as sent: 19501399')
  expect(found.text?.div).toContain('Sex as sent: Q')
  expect(found).not.toHaveProperty('birthDate')
})

test('A29 takes back what this source claims of the person', () => {
  expect([...foldAll([said({}), message('A29', evn('20'), pid)]).keys()]).toEqual([])
  expect(foldAll([said({}), message('A29', evn('20'), pid), said({}, '30')]).size).toBe(1)
})

describe('next of kin', () => {
  const kin = (minute: string, ...nk1: readonly string[]) => message('A31', evn(minute), pid, ...nk1)
  const contact = (...texts: readonly string[]) => folded<RelatedPerson>('RelatedPerson', ...texts)

  test('who, how related, where', () => {
    const found = contact(
      kin(
        '00',
        'NK1|1|WINTER^Bo^^^Mr|SPO^Spouse^HL70063|1 Quay St|01305 1|01305 2|N^Next of kin||||||||1|19490203'
      )
    )
    expect(found).toMatchObject({
      name: [{ family: 'WINTER', given: ['Bo'] }],
      relationship: [
        {
          coding: [
            { system: 'http://terminology.hl7.org/CodeSystem/v2-0063', code: 'SPO', display: 'Spouse' }
          ]
        },
        { text: 'Next of kin' }
      ],
      telecom: [
        { value: '01305 1', use: 'home' },
        { value: '01305 2', use: 'work' }
      ],
      gender: 'male',
      birthDate: '1949-02-03'
    })
  })

  test('are known by their names, whatever their place in the list', () => {
    const texts = [
      kin('00', 'NK1|1|WINTER^Bo', 'NK1|2|HILL^Cy'),
      kin('10', 'NK1|1|HILL^Cy||2 Quay St', 'NK1|2|Winter^ BO')
    ]
    const all = [...foldAll(texts)].filter(([name]) => name.startsWith('RelatedPerson'))
    expect(all).toHaveLength(2)
  })

  test('without a name are known by their place', () => {
    expect(contact(kin('00', 'NK1|3|||1 Quay St'), kin('10', 'NK1|3||||01305 1'))).toMatchObject({
      address: [{ line: ['1 Quay St'] }],
      telecom: [{ value: '01305 1' }]
    })
  })
})
