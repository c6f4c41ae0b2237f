import { expect, test } from 'vitest'
// What a narrative is made of, which the package does not give away.
import { dateText, periodText, quantityText } from '../../src/summary/fhir-text.ts'

test.each([
  ['2026', '2026'],
  ['2026-04', 'Apr-2026'],
  ['2026-04-05', '05-Apr-2026'],
  ['2026-04-05T08:05:00Z', '05-Apr-2026 09:05'],
  ['some day', 'some day']
])('a date is written as precisely as it is: %s', (date, text) => {
  expect(dateText(date)).toBe(text)
})

test.each([
  [{ value: 5000, unit: 'units' }, '5,000\u00a0units'],
  [{ value: 0.5, unit: 'mg' }, '0.5\u00a0mg'],
  [{ value: 1234567.891 }, '1,234,567.891'],
  [{ value: 10, comparator: '<' as const, code: 'mmol/L' }, '<10\u00a0mmol/L'],
  [{ unit: 'mg' }, undefined]
])('a quantity keeps its unit: %j', (quantity, text) => {
  expect(quantityText(quantity)).toBe(text)
})

test.each([
  [{ start: '2026-04-05' }, 'since 05-Apr-2026'],
  [{ end: '2026-04' }, 'until Apr-2026'],
  [{ start: '2025', end: '2026' }, '2025 to 2026'],
  [{}, undefined]
])('a period says where it is open: %j', (period, text) => {
  expect(periodText(period)).toBe(text)
})
