import { describe, expect, test } from 'vitest'
import { parseParameters } from '../src/http/parameters.ts'
import { parsePatientQuery } from '../src/person/patient-query.ts'

const parse = (query: string, handling: 'strict' | 'lenient' = 'strict') =>
  parsePatientQuery(parseParameters(query), handling)
const number = '9990000018'
const nhs = 'https://fhir.nhs.uk/Id/nhs-number'

describe('a person is looked for', () => {
  test.each([
    [`identifier=${number}`, { by: 'nhs-number', nhsNumber: number }],
    [`identifier=${nhs}|${number}`, { by: 'nhs-number', nhsNumber: number }],
    ['identifier=999 000 0018&_format=json', { by: 'nhs-number', nhsNumber: number }],
    [
      'identifier=https://example.org/mrn|17',
      { by: 'local-number', identifier: { system: 'https://example.org/mrn', value: '17' } }
    ],
    ['_id=abc', { by: 'id', id: 'abc' }],
    ['family=Weir&birthdate=1950-04-21', { by: 'name', search: { family: 'Weir', birthdate: '1950-04-21' } }],
    [
      'family= Weir &birthdate=eq1950-04-21&given=Ada&gender=female&address-postalcode=DT3',
      {
        by: 'name',
        search: { family: 'Weir', birthdate: '1950-04-21', given: 'Ada', gender: 'female', postcode: 'DT3' }
      }
    ]
  ])('by %s', (query, expected) => {
    expect(parse(query)).toEqual({ query: expected, ignored: [] })
  })
})

describe('what would be dropped in silence, and so could show the wrong person, is refused:', () => {
  test.each([
    ['', 'Find a person by identifier alone'],
    ['family=Weir', 'Find a person by identifier alone'],
    ['gender=female', 'Find a person by identifier alone'],
    [`identifier=${number}&birthdate=1900-01-01`, 'Find a person by identifier alone'],
    [`identifier=${number}&family=Other`, 'Find a person by identifier alone'],
    [`_id=abc&identifier=${number}`, 'Find a person by identifier alone'],
    ['_id=abc&gender=male', 'Find a person by identifier alone'],
    ['_id=abc,def', '_id names one person'],
    [`identifier=${number}&identifier=${number}`, 'only once'],
    [`identifier=${number},${number}`, 'not a valid NHS number'],
    ['identifier=9990000019', 'not a valid NHS number'],
    [`identifier=${number}&active=true`, 'Not supported on Patient; supported: _id, identifier'],
    [`identifier:of-type=${number}`, 'Not supported on Patient'],
    ['family:exact=Weir&birthdate=1950-04-21', 'Not supported on Patient'],
    ['family=Weir&birthdate=ge1950-04-21', 'a whole date'],
    ['family=Weir&birthdate=1950', 'a whole date'],
    ['family=Weir&birthdate=1950-04-21&gender=f', 'gender is']
  ])('%s', (query, text) => {
    expect(() => parse(query)).toThrow(
      expect.objectContaining({ kind: 'invalid', message: expect.stringContaining(text) })
    )
  })
})

test('with lenient handling an unknown name is ignored and told; two ways at once still make no sense', () => {
  expect(parse(`identifier=${number}&active=true`, 'lenient')).toMatchObject({ ignored: ['active'] })
  expect(() => parse(`identifier=${number}&gender=male`, 'lenient')).toThrow('alone')
})
