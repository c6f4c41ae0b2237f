import { integer, property, string } from 'fast-check'
import { expect, test } from 'vitest'
import { createRandom, testNumber } from '../src/index.ts'
import { holds } from './holds.ts'

test('the same seed gives the same sequence, another seed another one', () => {
  const draw = (seed: string) => {
    const random = createRandom(seed)
    return Array.from({ length: 50 }, () => random.integer(0, 1_000_000))
  }
  expect(draw('a')).toEqual(draw('a'))
  expect(draw('a')).not.toEqual(draw('b'))
})

test('whole numbers stay within their ends', () => {
  holds(
    property(string(), integer({ min: -50, max: 50 }), integer({ min: 0, max: 50 }), (seed, low, span) => {
      const random = createRandom(seed)
      const drawn = Array.from({ length: 20 }, () => random.integer(low, low + span))
      expect(drawn.filter((value) => value < low || value > low + span)).toEqual([])
    })
  )
})

test('every value of a small range comes up about as often as any other', () => {
  const random = createRandom('even')
  const drawn = Array.from({ length: 16_000 }, () => random.integer(0, 7))
  const counts = Array.from({ length: 8 }, (_, value) => drawn.filter((other) => other === value).length)
  expect(Math.min(...counts)).toBeGreaterThan(1_800)
  expect(Math.max(...counts)).toBeLessThan(2_200)
})

test('ids are shaped like version 4 UUIDs and do not repeat', () => {
  const random = createRandom('ids')
  const ids = Array.from({ length: 5_000 }, () => random.uuid())
  expect(
    ids.filter((id) => !/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id))
  ).toEqual([])
  expect(new Set(ids).size).toBe(5_000)
})

test('nothing can be picked from nothing', () => {
  expect(() => createRandom('a').pick([])).toThrow(RangeError)
})

test('one serial in eleven has no NHS number', () => {
  const serials = Array.from({ length: 11_000 }, (_, serial) => testNumber(serial))
  const without = serials.filter((number) => number === undefined).length
  expect(without).toBeGreaterThan(950)
  expect(without).toBeLessThan(1_050)
})
