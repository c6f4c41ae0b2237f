import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseRange } from '../src/http/byte-range.ts'

describe('of a file of 100 bytes, Range', () => {
  test.each([
    ['bytes=0-9', { from: 0, to: 10 }],
    ['bytes=99-99', { from: 99, to: 100 }],
    ['bytes=90-', { from: 90, to: 100 }],
    ['bytes=90-500', { from: 90, to: 100 }],
    ['bytes=-10', { from: 90, to: 100 }],
    ['bytes=-500', { from: 0, to: 100 }],
    ['Bytes = 0 - 0', { from: 0, to: 1 }],
    ['bytes=100-', 'unsatisfiable'],
    ['bytes=100-200', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    [undefined, 'whole'],
    ['', 'whole'],
    ['bytes=-', 'whole'],
    ['bytes=9-0', 'whole'],
    ['bytes=0-9,20-29', 'whole'],
    ['bytes=a-b', 'whole'],
    ['bytes=0-9;x', 'whole'],
    ['pages=1-2', 'whole'],
    [`bytes=0-${'9'.repeat(40)}`, 'whole']
  ])('%s means %j', (header, range) => {
    expect(parseRange(header, 100)).toEqual(range)
  })
})

test('of an empty file there is no part', () => {
  expect(['bytes=0-', 'bytes=-5'].map((header) => parseRange(header, 0))).toEqual([
    'unsatisfiable',
    'unsatisfiable'
  ])
})

test('whatever it says, it means a part of the file', () => {
  fc.assert(
    fc.property(fc.nat(1_000), fc.option(fc.nat(1_200)), fc.option(fc.nat(1_200)), (size, first, last) => {
      const range = parseRange(`bytes=${first ?? ''}-${last ?? ''}`, size)
      if (typeof range === 'string') return
      expect(range.from).toBeGreaterThanOrEqual(0)
      expect(range.to).toBeGreaterThan(range.from)
      expect(range.to).toBeLessThanOrEqual(size)
    })
  )
})
