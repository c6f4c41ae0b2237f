import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareOrder, isLater, type SourceOrder } from '../src/index.ts'

const order = (overrides: Partial<SourceOrder> = {}): SourceOrder => ({
  time: '2026-01-01T00:00:00.000Z',
  sequence: 0,
  hash: 'a',
  ...overrides
})

describe('of two statements, the later', () => {
  test.each<[string, Partial<SourceOrder>, Partial<SourceOrder>]>([
    ['has the later time', { time: '2026-01-01T00:00:00.001Z' }, { sequence: 9, hash: 'z' }],
    ['at one time has the higher sequence', { sequence: 10 }, { sequence: 9, hash: 'z' }],
    ['at one time and sequence has the higher hash', { hash: 'b' }, {}],
    ['is told by code units, alike on every machine', { hash: 'a' }, { hash: 'B' }]
  ])('%s', (_case, later, earlier) => {
    expect(compareOrder(order(later), order(earlier))).toBeGreaterThan(0)
    expect(isLater(order(later), order(earlier))).toBe(true)
    expect(isLater(order(earlier), order(later))).toBe(false)
  })

  test('is any that there is, before there was one', () => {
    expect(isLater(order(), undefined)).toBe(true)
  })

  test('is neither, when they are the same', () => {
    expect(isLater(order(), order())).toBe(false)
  })
})

const orders = fc
  .record({
    minute: fc.nat({ max: 2 }),
    sequence: fc.integer({ min: -1, max: 2 }),
    hash: fc.constantFrom('a', 'b', 'B', '')
  })
  .map(({ minute, ...rest }) =>
    order({ time: new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString(), ...rest })
  )

test('the order is total: it is the same both ways round, passes on, and leaves no ties', () => {
  fc.assert(
    fc.property(orders, orders, orders, (a, b, c) => {
      expect(Math.sign(compareOrder(a, b)) + Math.sign(compareOrder(b, a))).toBe(0)
      expect(compareOrder(a, b) === 0).toBe(JSON.stringify(a) === JSON.stringify(b))
      if (compareOrder(a, b) <= 0 && compareOrder(b, c) <= 0)
        expect(compareOrder(a, c)).toBeLessThanOrEqual(0)
    }),
    { numRuns: 1_000 }
  )
})

test('the order of texts is the order of times', () => {
  const times = fc.date({ min: new Date(0), max: new Date('9999-01-01'), noInvalidDate: true })
  fc.assert(
    fc.property(times, times, (a, b) => {
      const compared = compareOrder(order({ time: a.toISOString() }), order({ time: b.toISOString() }))
      expect(Math.sign(compared)).toBe(Math.sign(a.getTime() - b.getTime()))
    })
  )
})
