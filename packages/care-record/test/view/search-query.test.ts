import { OutcomeError } from '@chesil/fhir'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseSearch, supported } from '../../src/index.ts'

const parse = (
  parameters: [string, string][],
  handling: 'strict' | 'lenient' = 'strict',
  type = 'Condition'
) => parseSearch(type, parameters, handling)
const criterionOf = (name: string, value: string) => parse([[name, value]]).criteria[0]
function refusalOf(parameters: [string, string][], type = 'Condition'): OutcomeError {
  try {
    parseSearch(type, parameters, 'strict')
  } catch (error) {
    if (error instanceof OutcomeError) return error
  }
  throw new Error('It was not refused')
}

describe('a token', () => {
  const token = (system: string | undefined, code: string | undefined) => ({ system, code })
  test.each([
    ['73211009', [token(undefined, '73211009')]],
    ['http://snomed.info/sct|73211009', [token('http://snomed.info/sct', '73211009')]],
    ['|73211009', [token('', '73211009')]],
    ['http://snomed.info/sct|', [token('http://snomed.info/sct', undefined)]],
    ['a,b|c', [token(undefined, 'a'), token('b', 'c')]],
    [' a , b ', [token(undefined, 'a'), token(undefined, 'b')]],
    ['a\\,b', [token(undefined, 'a,b')]],
    ['a\\|b', [token(undefined, 'a|b')]],
    ['s|a\\|b', [token('s', 'a|b')]],
    ['s|a|b', [token('s', 'a|b')]],
    ['s\\|t|a', [token('s|t', 'a')]],
    ['a\\$b', [token(undefined, 'a$b')]],
    ['a\\\\', [token(undefined, 'a\\')]],
    ['a\\\\,b', [token(undefined, 'a\\'), token(undefined, 'b')]],
    ['a\\', [token(undefined, 'a\\')]],
    ['a\\b', [token(undefined, 'a\\b')]]
  ])('%s is understood', (value, anyOf) => {
    expect(criterionOf('code', value)).toEqual({ kind: 'token', parameter: 'code', anyOf })
  })

  const words = fc
    .string({ unit: 'binary', minLength: 1, maxLength: 20 })
    .filter((text) => text.trim() === text)
  const escaped = (text: string) => text.replace(/[\\,$|]/g, '\\$&')

  test('that is escaped comes back as it was', () => {
    const tokens = fc.array(fc.tuple(fc.option(words), words), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(tokens, (written) => {
        const value = written
          .map(([system, code]) => (system === null ? escaped(code) : `${escaped(system)}|${escaped(code)}`))
          .join(',')
        const anyOf = written.map(([system, code]) => token(system ?? undefined, code))
        expect(criterionOf('code', value)).toMatchObject({ anyOf })
        expect(criterionOf('_id', written.map(([, code]) => escaped(code)).join(','))).toEqual({
          kind: 'id',
          anyOf: written.map(([, code]) => code)
        })
      })
    )
  })

  test('of whatever text is understood, or refused as invalid', () => {
    fc.assert(
      fc.property(fc.constantFrom('code', '_id', 'date', '_sort'), fc.string(), (name, value) => {
        try {
          parse([[name, value]])
        } catch (error) {
          expect(error).toMatchObject({ name: 'OutcomeError', kind: 'invalid' })
        }
      })
    )
  })
})

describe('a date', () => {
  test.each([
    ['2026', 'eq', '2026-01-01T00:00Z', '2027-01-01T00:00Z'],
    ['ge2026-03', 'ge', '2026-03-01T00:00Z', '2026-03-31T23:00Z'],
    ['lt2026-07-01', 'lt', '2026-06-30T23:00Z', '2026-07-01T23:00Z'],
    ['gt2026-07-01T10:00', 'gt', '2026-07-01T09:00Z', '2026-07-01T09:01Z'],
    ['le2026-07-01T10:00:00Z', 'le', '2026-07-01T10:00Z', '2026-07-01T10:00:01Z'],
    ['ne2026-07-01T10:00:00.250Z', 'ne', '2026-07-01T10:00:00.250Z', '2026-07-01T10:00:00.251Z'],
    ['sa2026-01-01T00:00:00+05:30', 'sa', '2025-12-31T18:30Z', '2025-12-31T18:30:01Z'],
    ['eb2026-01-01', 'eb', '2026-01-01T00:00Z', '2026-01-02T00:00Z'],
    ['ap2026', 'ap', '2026-01-01T00:00Z', '2027-01-01T00:00Z']
  ])('%s is as long as it is precise', (value, prefix, low, high) => {
    expect(criterionOf('date', value)).toEqual({
      kind: 'date',
      parameter: 'date',
      anyOf: [{ prefix, low: Date.parse(low), high: Date.parse(high) }]
    })
  })

  test.each(['2026-02-30', 'yesterday', 'ge', 'xx2026', 'GE2026', 'gege2026', '01/02/2026', '2026-3-1'])(
    '%s is refused',
    (value) => {
      expect(refusalOf([['date', value]]).message).toBe(
        'Search parameter date: a FHIR date is needed, such as ge2026-03-01'
      )
    }
  )
})

test('commas mean or, repeated names mean and', () => {
  const { criteria, used } = parse([
    ['date', 'ge2026'],
    ['date', 'lt2027'],
    ['code', 'a,b']
  ])
  expect(criteria.map(({ anyOf }) => anyOf.length)).toEqual([1, 1, 2])
  expect(used).toEqual([
    ['date', 'ge2026'],
    ['date', 'lt2027'],
    ['code', 'a,b']
  ])
})

test.each(['patient', 'subject', '_count', '_format', '_cursor'])('%s is no criterion of its own', (name) => {
  const { criteria, used, ignored } = parse([[name, 'x']])
  expect([criteria, used, ignored]).toEqual([[], [], []])
})

describe('a parameter that is not understood', () => {
  const unknown = [
    'code:in',
    'code:exact',
    'encounter:not',
    'date:exact',
    'onset',
    'Code',
    'patient.name',
    '_text',
    '_has',
    ''
  ]

  test.each([...unknown, 'toString', '__proto__'])('"%s" is refused when handling is strict', (name) => {
    expect(refusalOf([[name, 'x']])).toMatchObject({ kind: 'invalid' })
  })

  test('is named, with all that would be understood', () => {
    expect(refusalOf([['colour', 'blue']], 'Medication').message).toBe(
      'Search parameter colour: it is not supported on Medication; supported: _id, _lastUpdated, _profile, _security, _source, _tag, code, expiration-date, form, identifier, ingredient, ingredient-code, lot-number, manufacturer, status'
    )
  })

  test('is ignored when handling is lenient, and told', () => {
    const { criteria, used, ignored } = parse(
      [...unknown, 'code'].map((name) => [name, 'x']),
      'lenient'
    )
    expect(criteria).toHaveLength(1)
    expect(used).toEqual([['code', 'x']])
    expect(ignored).toEqual(unknown)
  })

  test('on a type that is not held is every one but the common ones', () => {
    expect(supported('Basic')).toEqual(['_id', '_lastUpdated', '_profile', '_security', '_source', '_tag'])
    expect(refusalOf([['code', 'x']], 'Basic')).toMatchObject({ kind: 'invalid' })
  })
})

describe('refused, with either handling, is', () => {
  test.each<[string, string, string]>([
    ['an empty value', 'code', ''],
    ['an empty alternative', 'code', 'a,,b'],
    ['one of blanks alone', 'code', 'a, ,b'],
    ['a value that is too long', 'code', 'x'.repeat(2_001)],
    ['more alternatives than anybody needs', 'code', Array(51).fill('a').join()],
    ['a sort by what is not known', '_sort', 'colour'],
    ['a sort by nothing', '_sort', 'date,'],
    ['a sort twice by one thing', '_sort', 'date,-date']
  ])('%s', (_case, name, value) => {
    expect(() => parse([[name, value]], 'lenient')).toThrow(OutcomeError)
  })

  test('and what was asked for stays unsaid, but for a printable part of its name', () => {
    const { message } = refusalOf([[`Weir\r\n<b>${'y'.repeat(100)}`, 'Alice']])
    expect(message).toMatch(/^Search parameter Weir\?\?\?b\?y{51}: /)
    expect(message).not.toMatch(/Alice|[^ -~]/)
    expect(refusalOf([['date', 'Alice']]).message).not.toContain('Alice')
    expect(refusalOf([['_sort', 'Alice']]).message).not.toContain('Alice')
  })
})

test.each([
  [undefined, []],
  ['', []],
  ['date', [['date', false]]],
  [
    '-date,code,_id',
    [
      ['date', true],
      ['code', false],
      ['_id', false]
    ]
  ],
  ['-_lastUpdated', [['_lastUpdated', true]]]
])('_sort=%s sorts by %j', (text, keys) => {
  expect(parse(text === undefined ? [] : [['_sort', text]]).sort).toEqual(
    keys.map(([parameter, descending]) => ({ parameter, descending }))
  )
})
