import { afterEach, describe, expect, test } from 'vitest'
import { ageText, clockText } from '../../src/completeness/clock-text.ts'

const homeZone = process.env['TZ']
afterEach(() => {
  if (homeZone === undefined) delete process.env['TZ']
  else process.env['TZ'] = homeZone
})

describe.each([
  ['UTC', 0],
  ['Europe/London', -60],
  ['Pacific/Kiritimati', -840],
  ['America/St_Johns', 150]
])('on a machine in %s, the clock of London is told', (zone, minutesBehindUtc) => {
  test.each([
    ['in winter', '2026-01-05T09:05:00Z', '05-Jan-2026 09:05'],
    ['in summer', '2026-07-05T23:05:00Z', '06-Jul-2026 00:05'],
    ['before the clocks go forward', '2026-03-29T00:59:59Z', '29-Mar-2026 00:59'],
    ['after the clocks went forward', '2026-03-29T01:00:00Z', '29-Mar-2026 02:00'],
    ['in the hour that comes twice, first', '2026-10-25T00:30:00Z', '25-Oct-2026 01:30'],
    ['in the hour that comes twice, then', '2026-10-25T01:30:00Z', '25-Oct-2026 01:30'],
    ['after the clocks went back', '2026-10-25T02:00:00Z', '25-Oct-2026 02:00'],
    ['on 29 February', '2028-02-29T12:00:00Z', '29-Feb-2028 12:00'],
    ['in September, in three letters', '2026-09-30T22:59:00Z', '30-Sep-2026 23:59'],
    ['at midnight, as 00:00', '2026-12-31T00:00:00Z', '31-Dec-2026 00:00']
  ])('%s', (_case, instant, text) => {
    process.env['TZ'] = zone
    expect(new Date('2026-07-01T00:00:00Z').getTimezoneOffset()).toBe(minutesBehindUtc)
    expect(clockText(Date.parse(instant))).toBe(text)
  })
})

test.each([
  [-5_000, 'less than a minute'],
  [0, 'less than a minute'],
  [59_999, 'less than a minute'],
  [60_000, '1 minute'],
  [119_999, '1 minute'],
  [120_000, '2 minutes'],
  [3_599_999, '59 minutes'],
  [3_600_000, '1 hour'],
  [86_399_999, '23 hours'],
  [86_400_000, '1 day'],
  [400 * 86_400_000, '400 days']
])('an age of %d ms is %s', (ms, text) => {
  expect(ageText(ms)).toBe(text)
})
