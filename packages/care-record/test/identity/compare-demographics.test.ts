import { describe, expect, test } from 'vitest'
import { compareDemographics } from '../../src/index.ts'

const pds = {
  birthDate: '1950-04-21',
  name: [
    { use: 'usual' as const, family: 'Weir', given: ['Jonathan', 'Paul'] },
    { use: 'old' as const, family: 'Le Roux' }
  ]
}
const said = (birthDate: string | undefined, family: string, ...given: string[]) => ({
  ...(birthDate !== undefined && { birthDate }),
  family,
  given
})

describe('a message agrees with PDS', () => {
  test.each([
    ['word for word', said('1950-04-21', 'Weir', 'Jonathan')],
    ['in capitals and with signs', said('1950-04-21', 'WEIR', 'JON-ATHAN')],
    ['with the short form of the first name', said('1950-04-21', 'Weir', 'Jon')],
    ['with a second name used as the first', said('1950-04-21', 'Weir', 'Paul')],
    ['with another family name, as after a marriage', said('1950-04-21', 'Hart', 'Jonathan')],
    ['with one part of the birth date mistyped', said('1950-04-12', 'Weir', 'Jonathan')],
    ['with one part mistyped and a former family name', said('1951-04-21', 'LE ROUX', 'Jonathan')]
  ])('%s', (_how, message) => {
    expect(compareDemographics(message, pds)).toBe('agrees')
  })
})

test.each([
  said('1950-04-21', 'Weir', 'Julian'),
  said('1950-04-21', 'Weir', 'Jo'),
  said('1950-04-21', 'Weir', 'Baby')
])('the birth date with another first name may be a twin: %o', (message) => {
  expect(compareDemographics(message, pds)).toBe('twin')
})

describe('a message is about somebody else', () => {
  test.each([
    ['whose birth date differs in two parts', said('1950-05-12', 'Weir', 'Jonathan')],
    ['whose birth date and family name differ', said('1950-04-12', 'Hart', 'Jonathan')],
    ['whose birth date and first name differ', said('1950-04-12', 'Weir', 'Julian')]
  ])('%s', (_how, message) => {
    expect(compareDemographics(message, pds)).toBe('differs')
  })
})

test.each([said(undefined, 'Weir', 'Jonathan'), said('1950-04-21', 'Weir'), said('1950-04-21', 'Weir', '?')])(
  'too little to tell: %o',
  (message) => {
    expect(compareDemographics(message, pds)).toBe('insufficient')
  }
)

describe('what names nobody, as a council’s extract', () => {
  const known = { ...pds, gender: 'male' as const }

  test.each([
    ['agrees with birth date and gender', { birthDate: '1950-04-21', gender: 'male' as const }, 'agrees'],
    ['says too little without a gender', { birthDate: '1950-04-21' }, 'insufficient'],
    [
      'says too little with another gender',
      { birthDate: '1950-04-21', gender: 'female' as const },
      'insufficient'
    ],
    [
      'says too little with one part mistyped',
      { birthDate: '1950-04-12', gender: 'male' as const },
      'insufficient'
    ],
    [
      'is about somebody else with another birth date',
      { birthDate: '1951-04-12', gender: 'male' as const },
      'differs'
    ],
    [
      'says too little with a family name alone',
      { birthDate: '1950-04-21', family: 'Weir', gender: 'male' as const },
      'insufficient'
    ]
  ])('%s', (_how, message, verdict) => {
    expect(compareDemographics(message, known)).toBe(verdict)
  })

  test('says too little where PDS has no gender', () => {
    expect(
      compareDemographics({ birthDate: '1950-04-21', gender: 'unknown' }, { ...pds, gender: 'unknown' })
    ).toBe('insufficient')
  })
})

test('names are compared whatever their accents', () => {
  const names = [{ family: 'Öztürk', given: ['Renée'] }]
  const message = said('1950-04-21', 'OZTURK', 'RENEE')
  expect(compareDemographics(message, { birthDate: '1950-04-21', name: names })).toBe('agrees')
})
