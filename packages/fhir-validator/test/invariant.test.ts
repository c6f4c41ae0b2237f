import { evalFhirPathTyped } from '@medplum/core'
import { describe, expect, test } from 'vitest'
import { createDefinitions } from '../src/definitions.ts'
import { invariantHolds } from '../src/invariant.ts'
import { observation } from './samples.ts'

const definitions = createDefinitions()

function readInvariant(type: string, key: string) {
  const found = definitions.findType(type)?.invariants.find((invariant) => invariant.key === key)
  if (!found) throw new Error(`${type} has no invariant ${key}`)
  return found
}

const holds = (type: string, key: string, value: object): boolean =>
  invariantHolds(readInvariant(type, key), { type, value }, observation)

/** Each combination of these properties being there or not. */
function combinations(properties: Readonly<Record<string, unknown>>): object[] {
  return Object.entries(properties).reduce<object[]>(
    (known, [name, value]) => known.flatMap((object) => [object, { ...object, [name]: value }]),
    [{}]
  )
}

const extension = [{ url: 'https://example.org/x', valueCode: 'x' }]

test.each([
  ['Quantity', 'qty-3', { value: 1, unit: 'g', code: 'g', system: 'http://unitsofmeasure.org' }],
  ['ContactPoint', 'cpt-2', { value: '01632 960001', system: 'phone', use: 'home' }],
  ['Attachment', 'att-1', { data: 'AAAA', contentType: 'image/png', title: 'x' }],
  ['Extension', 'ext-1', { url: 'https://example.org/x', valueString: 'x', extension }],
  [
    'Extension',
    'ext-1',
    { url: 'https://example.org/x', valueCodeableConcept: { text: 'x' }, extension, id: 'x' }
  ]
])('decides %s %s as the expression of the standard does', (type, key, properties) => {
  const { expression } = readInvariant(type, key)
  for (const value of combinations(properties).filter((object) => Object.keys(object).length > 0)) {
    const [oracle] = evalFhirPathTyped(expression, [{ type, value }])
    expect({ value, holds: holds(type, key, value) }).toEqual({ value, holds: oracle?.value })
  }
})

describe('a period', () => {
  test.each([
    ['2026-01-01', '2026-01-02'],
    ['2026-01-01', '2026-01-01'],
    ['2026', '2026-01-01'],
    ['2026-02-03', '2026-02'],
    ['2026-02-03', '2026'],
    ['2026-02-03T23:59:59+00:00', '2026-02-03'],
    ['2026-02-03', '2026-02-03T00:00:00+00:00'],
    ['2026-02-03T10:00:00+01:00', '2026-02-03T09:30:00Z'],
    ['2026-02-03T10:00:00Z', '2026-02-03T10:00:00.000Z']
  ])('may be from %s to %s', (start, end) => {
    expect(holds('Period', 'per-1', { start, end })).toBe(true)
  })

  test.each([
    ['2026-01-02', '2026-01-01'],
    ['2026-02', '2026-01-31'],
    ['2027', '2026-12-31'],
    ['2026-02-04T00:00:00+00:00', '2026-02-03'],
    ['2026-02-03T10:00:00Z', '2026-02-03T10:30:00+01:00']
  ])('may not be from %s to %s', (start, end) => {
    expect(holds('Period', 'per-1', { start, end })).toBe(false)
  })

  test('may be open at either end', () => {
    expect(holds('Period', 'per-1', { start: '2026' })).toBe(true)
    expect(holds('Period', 'per-1', { end: '2026' })).toBe(true)
  })
})

describe('a range', () => {
  const grams = (value: number) => ({ value, unit: 'g' })

  test.each([
    [grams(9), grams(10)],
    [grams(9), grams(9)],
    [grams(900), { value: 1, unit: 'kg' }],
    [grams(9), undefined],
    [undefined, grams(9)]
  ])('may be from %j to %j', (low, high) => {
    expect(holds('Range', 'rng-2', { low, high })).toBe(true)
  })

  test('may not end below its beginning in the same unit', () => {
    expect(holds('Range', 'rng-2', { low: grams(10), high: grams(9) })).toBe(false)
  })
})

test.each([
  ['Ratio', 'rat-1', { numerator: { value: 1 }, denominator: { value: 2 } }, { numerator: { value: 1 } }],
  [
    'Duration',
    'drt-1',
    { value: 28, code: 'd', system: 'http://unitsofmeasure.org' },
    { value: 28, code: 'd' }
  ],
  ['Age', 'age-1', { value: 3, code: 'a', system: 'http://unitsofmeasure.org' }, { value: 3 }]
])('reads %s %s from the definitions', (type, key, good, bad) => {
  expect(holds(type, key, good)).toBe(true)
  expect(holds(type, key, bad)).toBe(false)
})

test('takes an expression that fails as not fulfilled', () => {
  const invariant = { key: 'x-1', expression: 'no such (expression', description: 'x' }
  expect(invariantHolds(invariant, { type: 'Period', value: {} }, observation)).toBe(false)
})
