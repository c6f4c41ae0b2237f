import { chesil, systems } from '@chesil/fhir'
import { describe, expect, test } from 'vitest'
import { toConcept } from '../../src/hl7v2/elements/concepts.ts'
import { contacts, names, toPractitioner } from '../../src/hl7v2/elements/people.ts'
import { addresses, toPlace } from '../../src/hl7v2/elements/places.ts'
import { newReading } from '../../src/hl7v2/elements/reading.ts'
import { field, readMessage } from '../../src/hl7v2/message.ts'
import { sending } from './sending.ts'

/** A segment whose third field is the value. */
function reading(value: string) {
  const message = readMessage(`MSH|^~\\&|PAS|RZZ|||2026||ADT^A01\rZZZ|1||${value}`)
  if (!message) throw new Error('unreadable')
  const segment = message.segments[1]
  return { ...newReading(message, sending()), segment, value: field(segment, 3)[0] }
}

describe('codes', () => {
  const concept = (text: string) => {
    const at = reading(text)
    return { concept: toConcept(at.value, 'Code', at), unread: at.unread }
  }
  const own = (name: string) => chesil.codeSystem('RZZ', name)

  test.each([
    ['SCT', systems.snomed],
    ['SNM3', systems.snomed],
    ['SNOMED-CT', systems.snomed],
    ['snomed ct', systems.snomed],
    ['LN', systems.loinc],
    ['I10', 'http://hl7.org/fhir/sid/icd-10'],
    ['ICD10', 'http://hl7.org/fhir/sid/icd-10'],
    ['OPCS4', 'https://fhir.hl7.org.uk/Id/opcs-4'],
    ['HL70063', 'http://terminology.hl7.org/CodeSystem/v2-0063'],
    ['https://fhir.example/CodeSystem/x', 'https://fhir.example/CodeSystem/x'],
    ['99PAS', own('99PAS')],
    ['constructor', own('CONSTRUCTOR')],
    ['L', own('local')],
    ['', own('local')]
  ])('of %s', (name, system) => {
    expect(concept(`123456^Words^${name}`)).toEqual({
      concept: { coding: [{ system, code: '123456', display: 'Words' }], text: 'Words' },
      unread: []
    })
  })

  test('have an alternative, and the text as it was written', () => {
    expect(concept('A1^Mine^L^123456^Theirs^SCT^1^20260101^As written').concept).toEqual({
      coding: [
        { system: own('local'), version: '1', code: 'A1', display: 'Mine' },
        { system: systems.snomed, version: '20260101', code: '123456', display: 'Theirs' }
      ],
      text: 'As written'
    })
  })

  test.each([
    ['words alone are text', '^Words & more', { text: 'Words & more' }, 0],
    [
      'a code that nobody else knows is its own text',
      'Z9',
      { coding: [{ system: own('local'), code: 'Z9' }], text: 'Z9' },
      0
    ],
    ['what is no code is text, and marked', 'a  b', { text: 'a  b' }, 1],
    ['what SNOMED CT cannot have is text, and marked', 'F1^Words^SCT', { text: 'Words' }, 1],
    ['nothing is nothing', '^^SCT', undefined, 0]
  ])('%s', (_, text, expected, marks) => {
    const found = concept(text)
    expect(found.concept).toEqual(expected)
    expect(found.unread).toHaveLength(marks)
  })
})

describe('practitioners', () => {
  const practitioner = (text: string) => {
    const at = reading(text)
    return toPractitioner(at.value, at)
  }
  const local = (kind: string) => chesil.localId('RZZ', kind)

  test.each([
    ['a consultant code', 'C1234567^Hill', systems.gmcNumber, 'C1234567'],
    ['seven digits that are said to be the GMC’s', '1234567^Hill^Sam^^^^^^GMC', systems.gmcNumber, '1234567'],
    ['seven digits that are not', '1234567^Hill', local('practitioner'), '1234567'],
    ['a GP’s code, whatever it is said to be', 'G1234567^Hill^^^^^^^GMC', systems.gmpNumber, 'G1234567'],
    ['a number of another authority', 'a1^Hill^^^^^^^PAS 2', local('practitioner/PAS%202'), 'a1']
  ])('%s', (_, text, system, value) => {
    expect(practitioner(text)).toMatchObject({ type: 'Practitioner', identifier: { system, value } })
  })

  test('are read as they are addressed', () => {
    expect(practitioner('^Hill^Sam^Lee^Jr^Dr')).toEqual({
      type: 'Practitioner',
      display: 'Dr Sam Lee Hill Jr'
    })
  })

  test('are nobody without a name or a number', () => {
    expect(practitioner('^^^^^Dr'.replace('Dr', ''))).toBeUndefined()
  })
})

test('places are read as ward, room, bed, and known by the site too', () => {
  const at = reading('W1^^B2^RZZ01')
  expect(toPlace(at.value, at)).toEqual({
    type: 'Location',
    identifier: { system: chesil.localId('RZZ', 'location'), value: 'W1//B2/RZZ01' },
    display: 'W1, B2'
  })
})

test('names say their use, and all given names', () => {
  expect(names(reading('WINTER&van&x^Ada^Mary Jane^^Mrs^^L~Addie^^^^^^N').segment, 3)).toEqual([
    { use: 'official', family: 'WINTER', given: ['Ada', 'Mary', 'Jane'], prefix: ['Mrs'] },
    { use: 'nickname', family: 'Addie' }
  ])
})

test('addresses are lines, town, county, postcode', () => {
  expect(addresses(reading('1 Quay St&x^Fleet^WEYMOUTH^DORSET^dt4 8ab^GBR^H~^^^^').segment, 3)).toEqual([
    {
      use: 'home',
      line: ['1 Quay St', 'Fleet'],
      city: 'WEYMOUTH',
      district: 'DORSET',
      postalCode: 'DT4 8AB',
      country: 'GBR'
    }
  ])
})

test.each([
  ['01305 1', { system: 'phone', value: '01305 1', use: 'home' }],
  ['07700 9^PRN^CP', { system: 'phone', value: '07700 9', use: 'mobile' }],
  ['^NET^Internet^a@example.org', { system: 'email', value: 'a@example.org', use: 'home' }],
  ['a@example.org', { system: 'email', value: 'a@example.org', use: 'home' }],
  ['^PRN^FX^^44^1305^1', { system: 'fax', value: '44 1305 1', use: 'home' }],
  ['^^^^^^^^^^^01305 2', { system: 'phone', value: '01305 2', use: 'home' }]
])('contact %s', (text, expected) => {
  expect(contacts(reading(text).segment, 3, 'home')).toEqual([expected])
})
