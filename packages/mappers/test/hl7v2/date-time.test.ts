import { isFhirDateTime } from '@chesil/fhir'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { toDate, toDateTime, toInterval } from '../../src/hl7v2/date-time.ts'

test.each([
  ['a year', '2026', '2026'],
  ['a month', '202602', '2026-02'],
  ['a day', '20260228', '2026-02-28'],
  ['an hour, in summer', '2026070114', '2026-07-01T14:00:00+01:00'],
  ['a minute, in winter', '202601011418', '2026-01-01T14:18:00+00:00'],
  ['a second', '20260101141830', '2026-01-01T14:18:30+00:00'],
  ['a fraction', '20260101141830.1234', '2026-01-01T14:18:30.1234+00:00'],
  ['a zone of its own', '20260701141830+0530', '2026-07-01T14:18:30+05:30'],
  ['a zone to the west', '202607011418-0400', '2026-07-01T14:18:00-04:00'],
  ['a day with a zone', '20260701+0100', '2026-07-01'],
  ['spaces around it', ' 20260701 ', '2026-07-01']
])('%s keeps its precision', (_, given, expected) => {
  expect(toDateTime(given)).toBe(expected)
  expect(isFhirDateTime(expected)).toBe(true)
})

test.each([
  '',
  undefined,
  '0000',
  '20260230',
  '202613',
  '2026010125',
  '202601011460',
  '2026-01-01',
  '""',
  '1 May',
  '202601011200+2500'
])('%s is no date', (given) => {
  expect(toDateTime(given)).toBeUndefined()
})

test('a date has no time', () => {
  expect([toDate('196512131515'), toDate('1965'), toDate('198808181126+0215')]).toEqual([
    '1965-12-13',
    '1965',
    '1988-08-18'
  ])
})

test.each([
  ['20260101', 86_400_000],
  ['2026010114', 3_600_000],
  ['202601011418', 60_000],
  ['20260101141830', 1_000],
  ['20260101141830.5', 1]
])('%s may mean any moment of its precision', (given, length) => {
  const { low, high } = toInterval(given) ?? { low: 0, high: 0 }
  expect(high - low).toBe(length)
})

test('whatever is given, the result is a FHIR dateTime or nothing', () => {
  const digits = fc.string({ unit: fc.constantFrom(...'0123456789.+-'), maxLength: 24 })
  void fc.assert(
    fc.property(digits, (given) => {
      const found = toDateTime(given)
      if (found !== undefined) expect(isFhirDateTime(found)).toBe(true)
    }),
    { numRuns: 2_000 }
  )
})
