import { expect, test } from 'vitest'
import { createTurns } from '../src/pds/turns.ts'

test('so many turns a second are given, and saved up for one second', () => {
  let now = 0
  const turns = createTurns(() => now)
  const taken = (attempts: number) =>
    Array.from({ length: attempts }, () => turns.take(5)).filter(Boolean).length
  expect(taken(10)).toBe(5)
  now = 200
  expect(taken(10)).toBe(1)
  now = 60_000
  expect(taken(10)).toBe(5)
})

test('a rate below one a second gives a turn every few seconds', () => {
  let now = 0
  const turns = createTurns(() => now)
  expect(turns.take(0.5)).toBe(true)
  now = 1_900
  expect(turns.take(0.5)).toBe(false)
  now = 2_000
  expect(turns.take(0.5)).toBe(true)
})
