import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { givenUpAfterMs, nextAttemptAt, pausedUntil, waits } from '../src/subscriptions/schedule.ts'

const minute = 60_000
const hour = 60 * minute
const now = Date.UTC(2026, 0, 31, 9)
const wait = (attempt: number, retryAfter?: string, random = 0.5) => {
  const at = nextAttemptAt({ attempt, now, retryAfter, random })
  return at === undefined ? undefined : at - now
}

describe('the next attempt', () => {
  test('comes as Standard Webhooks have it, the tenth is the last', () => {
    expect(Array.from({ length: 10 }, (_, at) => wait(at + 1))).toEqual([...waits, undefined])
    expect(waits.reduce((sum, one) => sum + one, 0) * 1.1).toBeGreaterThan(75 * hour)
  })

  test('is a tenth earlier or later, so that not all come at once', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
        (attempt, random) => {
          const usual = waits[attempt - 1] as number
          expect(Math.abs((wait(attempt, undefined, random) as number) - usual)).toBeLessThanOrEqual(
            usual * 0.1 + 1
          )
        }
      )
    )
  })

  test.each([
    ['7200', 2 * hour],
    [new Date(now + 3 * hour).toUTCString(), 3 * hour],
    ['999999999', 24 * hour],
    ['1', 5_000],
    [new Date(now - hour).toUTCString(), 5_000],
    ['soon', 5_000],
    ['-5', 5_000],
    ['1e9', 5_000],
    ['', 5_000]
  ])('may be asked to come later: %j', (retryAfter, expected) => {
    expect(wait(1, retryAfter)).toBe(expected)
  })

  test('is never before the usual time nor after it by more than a day, whatever is asked', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.string({ unit: 'binary' }), (attempt, retryAfter) => {
        const after = wait(attempt, retryAfter) as number
        expect(after).toBeGreaterThanOrEqual(waits[attempt - 1] as number)
        expect(after).toBeLessThanOrEqual(Math.max(waits[attempt - 1] as number, 24 * hour))
      })
    )
  })
})

describe('a subscriber who does not answer', () => {
  const pause = (failures: number, retryAfter?: string) => pausedUntil({ failures, now, retryAfter }) - now

  test('is left alone longer each time, up to five minutes', () => {
    expect([0, 1, 2, 3, 4, 5, 6, 100].map((failures) => pause(failures))).toEqual([
      ...[5_000, 10_000, 20_000, 40_000, 80_000, 160_000],
      ...[5 * minute, 5 * minute]
    ])
    expect(pause(0, '600')).toBe(10 * minute)
  })

  test('is not given up before the attempts at one event are', () => {
    expect(waits.reduce((sum, one) => sum + one, 0)).toBeLessThan(givenUpAfterMs)
  })
})
