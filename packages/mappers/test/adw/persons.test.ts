import { chesil } from '@chesil/fhir'
import { expect, test } from 'vitest'
import {
  codes,
  context,
  entry,
  identifier,
  local,
  map,
  nhs,
  nhsNumber,
  notice,
  patient,
  tell,
  to
} from './message.ts'

const subjectOf = (xml: string) => tell(xml).subject
const claimed = { system: chesil.claimedNhsNumber('RXX01'), value: nhsNumber }
const own = { system: 'https://hospital.example/number', value: 'A123' }

test('the person is known by the hospital’s number, with NHS number, names, birth date and gender', () => {
  expect(subjectOf(notice())).toEqual({
    local: own,
    nhsNumber,
    birthDate: '1962-04-09',
    family: 'van Dyke',
    given: ['Maeve'],
    gender: 'female'
  })
})

test('in a council’s answer too: a notice and its answer are about one person', () => {
  expect(subjectOf(notice({ event: codes.assessmentAccept })).local).toEqual(own)
})

const anyNumber = 'https://fhir.nhs.uk/Id/local-patient-identifier'
const elsewhere = entry('Organization', 'other', identifier('https://fhir.nhs.uk/Id/ods-site-code', 'RYY02'))
const ofElsewhere = identifier(anyNumber, 'A123', `<assigner>${to('other')}</assigner>`)

test.each([
  { case: 'the NHS number it claims, where there is no other', numbers: nhs, local: claimed },
  {
    case: 'a mistyped one, where there is no other',
    numbers: identifier('https://fhir.nhs.uk/Id/nhs-number', '9449305553'),
    local: { system: claimed.system, value: '9449305553' }
  },
  { case: 'a number without an owner is the hospital’s', numbers: identifier(anyNumber, 'A123'), local: own },
  {
    case: 'another hospital’s number is not this one’s',
    numbers: nhs + ofElsewhere,
    local: claimed
  },
  {
    case: 'the number of a system that the catalogue names',
    numbers: nhs + identifier('https://hospital.example/number', 'B7') + ofElsewhere,
    local: { ...own, value: 'B7' }
  }
])('known by $case', ({ numbers, local: expected }) => {
  expect(subjectOf(notice({ patient: patient(numbers), entries: [elsewhere] })).local).toEqual(expected)
})

test('of a hospital that is not the source, numbers are those that its other messages use', () => {
  const source = { ...context.source, odsCode: 'E0001', patientNumberAuthorities: [] }
  expect(tell(notice(), { source }).subject.local).toEqual({
    system: chesil.patientNumber('RXX01'),
    value: 'A123'
  })
})

test('a wrong check digit is no NHS number', () => {
  const numbers = `${identifier('https://fhir.nhs.uk/Id/nhs-number', '9449305553')}${local}`
  expect(subjectOf(notice({ patient: patient(numbers) }))).not.toHaveProperty('nhsNumber')
})

const contained = notice({ patient: '' }).replace(
  '<ReferralRequest><id value="request"/>',
  `<ReferralRequest><id value="request"/><contained><Patient><id value="in"/>${nhs}</Patient></contained>`
)

test.each([
  { case: 'no patient', xml: notice({ patient: '' }) },
  { case: 'two patients', xml: notice({ patient: patient() + patient(nhs, 'p2') }) },
  { case: 'the same patient twice', xml: notice({ patient: patient() + patient() }) },
  {
    case: 'a patient and another inside the request',
    xml: contained.replace('<entry>', `${patient()}<entry>`)
  },
  { case: 'a request about somebody else', xml: notice({ named: 'p2' }) },
  {
    case: 'a stay of somebody else',
    xml: notice().replace(/(inpatient"\/><patient><reference value="urn:uuid:)p1/, '$1p2')
  },
  { case: 'a patient without a number', xml: notice({ patient: patient('') }) },
  {
    case: 'a patient with a number that many are given',
    xml: notice({ patient: patient(identifier('https://fhir.nhs.uk/Id/nhs-number', '0000000000')) })
  }
])('refused: $case', ({ xml }) => {
  expect(map(xml)).toEqual({ outcome: 'refused', reason: 'no-person' })
})

test('a patient inside the request is the one that both name', () => {
  const xml = contained
    .replace(
      '<patient><reference value="urn:uuid:p1"/></patient><requester>',
      '<patient><reference value="#in"/></patient><requester>'
    )
    .replace(
      '<class value="inpatient"/><patient><reference value="urn:uuid:p1"/></patient>',
      '<class value="inpatient"/>'
    )
  expect(subjectOf(xml)).toMatchObject({ local: claimed, nhsNumber })
})
