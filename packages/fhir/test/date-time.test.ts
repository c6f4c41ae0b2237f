import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findDateInterval, isFhirDate, isFhirDateTime, londonDay } from '../src/index.ts'

const iso = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString())

describe('a date is the interval that its precision covers', () => {
  test.each([
    ['2026', '2026-01-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z'],
    ['2026-02', '2026-02-01T00:00:00.000Z', '2026-03-01T00:00:00.000Z'],
    ['2026-12-31', '2026-12-31T00:00:00.000Z', '2027-01-01T00:00:00.000Z'],
    ['2026-01-05T10:00Z', '2026-01-05T10:00:00.000Z', '2026-01-05T10:01:00.000Z'],
    ['2026-01-05T10:00:07Z', '2026-01-05T10:00:07.000Z', '2026-01-05T10:00:08.000Z'],
    ['2026-01-05T10:00:07.25Z', '2026-01-05T10:00:07.250Z', '2026-01-05T10:00:07.251Z'],
    ['2026-01-05T10:00:07+05:30', '2026-01-05T04:30:07.000Z', '2026-01-05T04:30:08.000Z'],
    ['0099-06-01T00:00:00Z', '0099-06-01T00:00:00.000Z', '0099-06-01T00:00:01.000Z']
  ])('%s', (text, low, high) => {
    const interval = findDateInterval(text)
    expect([iso(interval?.low), iso(interval?.high)]).toEqual([low, high])
  })
})

describe('without a zone it is London time', () => {
  test.each([
    ['a summer day', '2026-07-01', '2026-06-30T23:00:00.000Z', '2026-07-01T23:00:00.000Z'],
    ['the day the clocks go forward', '2026-03-29', '2026-03-29T00:00:00.000Z', '2026-03-29T23:00:00.000Z'],
    ['the day the clocks go back', '2026-10-25', '2026-10-24T23:00:00.000Z', '2026-10-26T00:00:00.000Z'],
    ['a winter of standard time', '1969-01-01', '1968-12-31T23:00:00.000Z', '1969-01-01T23:00:00.000Z']
  ])('%s', (_case, text, low, high) => {
    const interval = findDateInterval(text)
    expect([iso(interval?.low), iso(interval?.high)]).toEqual([low, high])
  })

  test('whatever zone the machine is in', () => {
    expect(iso(findDateInterval('2026-07-01T09:05')?.low)).toBe('2026-07-01T08:05:00.000Z')
  })
})

describe('what is no date', () => {
  test.each([
    ['2026-02-30'],
    ['2025-02-29'],
    ['1900-02-29'],
    ['2026-13'],
    ['2026-00-10'],
    ['2026-1-1'],
    ['0000'],
    ['2026-01-01T25:00:00Z'],
    ['2026-01-01T10:60:00Z'],
    ['2026-01-01T10:00:00+15:00'],
    ['2026-01-01 10:00:00Z'],
    [' 2026'],
    ['2026-01-01T10:00:00Zjunk'],
    [''],
    ['constructor']
  ])('%s', (text) => {
    expect(findDateInterval(text)).toBeUndefined()
    expect(isFhirDate(text)).toBe(false)
    expect(isFhirDateTime(text)).toBe(false)
  })
})

test.each([
  ['2026', true, true],
  ['2024-02-29', true, true],
  ['2026-01-05T10:00:07Z', false, true],
  ['2016-12-31T23:59:60Z', false, true],
  ['2026-01-05T10:00Z', false, false],
  ['2026-01-05T10:00:07', false, false]
])('%s: date %s, dateTime %s', (text, date, dateTime) => {
  expect(isFhirDate(text)).toBe(date)
  expect(isFhirDateTime(text)).toBe(dateTime)
})

test('every instant is inside the interval of its own text, at any precision', () => {
  fc.assert(
    fc.property(fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }), (date) => {
      const text = date.toISOString()
      for (const length of [4, 7, 24]) {
        const part = findDateInterval(text.slice(0, length))
        // A year and a month are London's, which may be an hour ahead.
        expect(part && part.low <= date.getTime() + 3_600_000 && date.getTime() < part.high + 3_600_000).toBe(
          true
        )
      }
    })
  )
})

test('days follow one another without gap or overlap, through every clock change', () => {
  for (let day = Date.UTC(2024, 0, 1); day < Date.UTC(2027, 0, 1); day += 86_400_000) {
    const text = (ms: number) => new Date(ms).toISOString().slice(0, 10)
    expect(findDateInterval(text(day))?.high).toBe(findDateInterval(text(day + 86_400_000))?.low)
  }
})

test('the day in London is the one that the platform’s own calendar says', () => {
  // Swedish dates are ISO dates; en-GB would write the day first.
  const calendar = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/London', dateStyle: 'short' })
  fc.assert(
    fc.property(fc.integer({ min: Date.UTC(1900, 0), max: Date.UTC(2100, 0) }), (instant) => {
      expect(londonDay(instant)).toBe(calendar.format(instant))
    }),
    { numRuns: 500 }
  )
  expect(londonDay(Date.parse('2026-06-30T23:30:00Z'))).toBe('2026-07-01')
})
