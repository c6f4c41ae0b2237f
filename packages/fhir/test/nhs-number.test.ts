import fc from 'fast-check'
import { validate } from 'nhs-number-validator'
import { expect, test } from 'vitest'
import { findNhsNumber, parseNhsNumber } from '../src/index.ts'

test.each(['9434765919', '943 476 5919', '9000000009', '9990000018'])('%s is an NHS number', (text) => {
  expect(findNhsNumber(text)).toBe(text.replaceAll(' ', ''))
})

test.each([
  '1234567890',
  '9388098431',
  '9690937287',
  '9432003812',
  '943476591',
  '94347659190',
  'x434765919',
  ''
])('%s is none', (text) => {
  expect(findNhsNumber(text)).toBeUndefined()
  expect(() => parseNhsNumber(text)).toThrow(expect.objectContaining({ kind: 'invalid' }))
})

test.each(['0000000000', '1111111111', '6666666666'])('%s passes the check digit and is nobody’s', (text) => {
  expect(validate(text)).toBe(true)
  expect(findNhsNumber(text)).toBeUndefined()
})

test('the error says what is needed and not what was given', () => {
  expect(() => parseNhsNumber('9434765918')).toThrow(/^(?!.*9434765918).*check digit/)
})

test('agrees with nhs-number-validator on every ten digits that are not all the same', () => {
  const digits = fc.stringMatching(/^\d{10}$/).filter((text) => !/^(\d)\1{9}$/.test(text))
  fc.assert(
    fc.property(digits, (text) => {
      expect(findNhsNumber(text) !== undefined).toBe(validate(text))
    }),
    { numRuns: 5_000 }
  )
})
