import { parseNhsNumber } from '@chesil/fhir'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  documentSearchToContribution,
  type GpConnectContext,
  structuredRecordToContribution
} from '../src/index.ts'
import { asking, contributionOf, nhsNumber } from './asking.ts'
import { bundle, list, patient, type Stu3, searchset } from './stu3.ts'

const superseded = parseNhsNumber('9434765919')
const stranger = parseNhsNumber('9000000009')

const outcome = (record: Stu3, person: Partial<GpConnectContext['person']> = {}): string => {
  const mapped = structuredRecordToContribution(record, asking({ person: { ...asking().person, ...person } }))
  return mapped.outcome === 'refused' ? mapped.reason : mapped.outcome
}
const numbered = (value: unknown, system = 'https://fhir.nhs.uk/Id/nhs-number') =>
  patient({ identifier: [{ system, value }] })

test.each([
  ['one Patient', bundle(patient()), 'mapped'],
  ['no Patient', bundle(list('allergies')), 'no-person'],
  ['two Patients', bundle(patient(), patient({ id: 'p2' })), 'no-person'],
  ['the same Patient twice', bundle(patient(), patient()), 'no-person'],
  ['a Patient without an id', bundle(patient({ id: undefined })), 'no-person'],
  ['a Patient without an NHS number', bundle(patient({ identifier: [] })), 'no-person'],
  ['a Patient with a local number only', bundle(numbered('1', 'https://gp.example/Id')), 'no-person'],
  ['a searchset', searchset(patient()), 'not-a-record'],
  ['a message', { ...bundle(patient()), type: 'message' }, 'not-a-record']
])('an answer with %s is: %j → %s', (_, record, expected) => {
  expect(outcome(record)).toBe(expected)
})

test.each([
  ['the current number', nhsNumber, 'mapped'],
  ['the number with spaces', '944 930 5552', 'mapped'],
  ['a superseded number', superseded, 'mapped'],
  ['somebody else’s', stranger, 'wrong-person'],
  ['a number that is nobody’s', '1234567890', 'wrong-person'],
  ['a number that is no string', 9449305552, 'wrong-person']
])('a Patient with %s is: %s → %s', (_, number, expected) => {
  expect(outcome(bundle(numbered(number)), { nhsNumbers: [nhsNumber, superseded] })).toBe(expected)
})

test('of several NHS numbers each has to be this person’s', () => {
  const system = 'https://fhir.nhs.uk/Id/nhs-number'
  const both = patient({ identifier: [nhsNumber, stranger].map((value) => ({ system, value })) })
  expect(outcome(bundle(both))).toBe('wrong-person')
})

test.each([
  'https://fhir.nhs.uk/Id/nhs-number',
  'http://fhir.nhs.net/Id/nhs-number',
  'https://fhir.nhs.uk/id/NHS-Number'
])('an NHS number is known by the system %s', (system) => {
  expect(outcome(bundle(numbered(nhsNumber, system)))).toBe('mapped')
  expect(outcome(bundle(numbered(stranger, system)))).toBe('wrong-person')
})

const claiming = (birthDate: string | undefined, family: unknown, ...given: unknown[]): Stu3 =>
  bundle(patient({ birthDate, name: [{ family, given }] }))

// PDS has Maeve O’Brien-Söderström, born 1962-04-09.
test.each([
  ['the same birth date, another name', claiming('1962-04-09', 'Adeyemi', 'Tunde'), 'mapped'],
  ['the same birth date, no name', bundle(patient({ name: undefined })), 'mapped'],
  ['another day, the same name', claiming('1962-04-10', 'O’Brien-Söderström', 'Maeve'), 'mapped'],
  ['another year, the same name', claiming('1926-04-09', 'O’Brien-Söderström', 'Maeve'), 'mapped'],
  [
    'day and month exchanged, the same name',
    claiming('1962-09-04', 'O’Brien-Söderström', 'Maeve'),
    'wrong-person'
  ],
  [
    'another day, the name without accents and hyphen',
    claiming('1962-04-10', 'OBRIEN SODERSTROM', 'maeve'),
    'mapped'
  ],
  ['another day, a shortened first name', claiming('1962-04-10', "O'Brien", 'M.'), 'mapped'],
  ['another day, another family', claiming('1962-04-10', 'Söderström', 'Maeve'), 'wrong-person'],
  ['another day, another initial', claiming('1962-04-10', 'O’Brien', 'Niamh'), 'wrong-person'],
  ['another day, no name', bundle(patient({ birthDate: '1962-04-10', name: undefined })), 'wrong-person'],
  ['a year alone, the same name', claiming('1962', 'O’Brien', 'Maeve'), 'wrong-person'],
  ['year and month, the same name', claiming('1962-04', 'O’Brien', 'Maeve'), 'mapped'],
  ['no birth date, the same name', claiming(undefined, 'O’Brien', 'Maeve'), 'wrong-person']
])('with %s the answer is: %j → %s', (_, record, expected) => {
  expect(outcome(record)).toBe(expected)
})

test('a former name of the practice’s counts', () => {
  const names = [
    { family: 'Jones', given: ['Maeve'] },
    { use: 'old', family: 'O’Brien', given: ['Maeve'] }
  ]
  expect(outcome(bundle(patient({ birthDate: '1962-04-10', name: names })))).toBe('mapped')
})

test.each([
  ['the name', { family: 'O’Brien', given: ['Maeve'] }, 'mapped'],
  ['another name', { family: 'Jones', given: ['Maeve'] }, 'wrong-person'],
  ['a family name alone', { family: 'O’Brien' }, 'wrong-person'],
  ['nothing at all', {}, 'wrong-person']
])('where PDS gave no birth date and %s, the answer is: %j → %s', (_, name, expected) => {
  const mapped = structuredRecordToContribution(
    bundle(patient()),
    asking({ person: { nhsNumbers: [nhsNumber], ...name } })
  )
  expect(mapped.outcome === 'refused' ? mapped.reason : mapped.outcome).toBe(expected)
})

test('two people of whom no name is known are not the same', () => {
  const nameless = patient({ birthDate: undefined, name: [{ use: 'official' }] })
  const mapped = structuredRecordToContribution(
    bundle(nameless),
    asking({ person: { nhsNumbers: [nhsNumber] } })
  )
  expect(mapped).toEqual({ outcome: 'refused', reason: 'wrong-person' })
})

const differing = (person: Partial<GpConnectContext['person']>, practice: Stu3 = {}) => {
  const mapped = structuredRecordToContribution(
    bundle(patient(practice), list('allergies'), list('problems', ['Condition/c1'])),
    asking({ person: { ...asking().person, gender: 'female', ...person }, asked })
  )
  return contributionOf(mapped).sections
}
const asked = ['allergies', 'problems', 'diary'] as const
const warned = [
  { code: 'demographics-differ', text: 'The practice’s name or sex of this person differs from PDS' }
]

test.each([
  ['nothing', {}, {}, []],
  ['accents, hyphens and capitals', { family: 'OBRIEN SODERSTROM' }, {}, []],
  ['the given name', { given: ['Mae'] }, {}, []],
  ['the family name', { family: 'Adeyemi' }, {}, warned],
  ['the end of the family name', { family: 'O’Brien' }, {}, warned],
  ['the sex', { gender: 'male' }, {}, warned],
  ['a family name that the practice has as a former one', { family: 'Jones' }, formerly('Jones'), warned],
  ['nothing but a former name of the practice’s', {}, formerly('Jones'), []],
  ['a sex that is not known to PDS', { gender: 'unknown' }, {}, []],
  ['a sex that the practice does not know', {}, { gender: 'unknown' }, []],
  ['a name that PDS does not tell', { family: undefined }, {}, []],
  ['a name that the practice does not tell', {}, { name: undefined }, []]
])(
  'where %s differs, every section that was answered says so, and none is less complete: %j, %j → %j',
  (_, pds, practice, warnings) => {
    expect(differing(pds as Partial<GpConnectContext['person']>, practice)).toEqual([
      { section: 'allergies', state: 'empty', warnings, complete: true },
      { section: 'problems', state: 'returned', warnings, complete: true },
      { section: 'diary', state: 'not-returned', warnings: [], complete: false }
    ])
  }
)

function formerly(family: string): Stu3 {
  const [now] = patient()['name'] as Stu3[]
  return { name: [now, { use: 'old', family, given: ['Maeve'] }] }
}

test('a document search says so too', () => {
  const person = { ...asking().person, family: 'Adeyemi' }
  const mapped = documentSearchToContribution(searchset(patient()), asking({ person }))
  expect(contributionOf(mapped).sections).toEqual([
    { section: 'documents', state: 'empty', warnings: warned, complete: true }
  ])
})

test('a document search obeys the same gate', () => {
  expect(documentSearchToContribution(searchset(numbered(stranger)), asking())).toEqual({
    outcome: 'refused',
    reason: 'wrong-person'
  })
})

test('nobody with another NHS number gets through, whatever else agrees', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^\d{0,11}$/), (value) => {
      fc.pre(value !== nhsNumber)
      expect(outcome(bundle(numbered(value)))).toBe('wrong-person')
    })
  )
})
