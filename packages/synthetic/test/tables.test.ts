import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sensitiveCodes, sensitiveLabels } from '../src/index.ts'

/** The dihedral group of order 10, and its permutation: Verhoeff's check digit. */
const multiply = [
  '0123456789',
  '1234067895',
  '2340178956',
  '3401289567',
  '4012395678',
  '5987604321',
  '6598710432',
  '7659821043',
  '8765932104',
  '9876543210'
]
const permute = [
  '0123456789',
  '1576283094',
  '5803796142',
  '8916043527',
  '9453126870',
  '4286573901',
  '2793806415',
  '7046913258'
]

/** @see https://confluence.ihtsdotools.org/display/DOCRELFMT/5.5+Check-digit */
const isSnomedCode = (code: string): boolean =>
  [...code].reverse().reduce((check, digit, index) => {
    const permuted = Number(permute[index % 8]?.[Number(digit)])
    return Number(multiply[check]?.[permuted])
  }, 0) === 0

const codesOf = (file: string): string[] => {
  const text = readFileSync(join(import.meta.dirname, '../src', file), 'utf8')
  return [...text.matchAll(/"code": "([^"]+)"/g)].map((match) => match[1] as string)
}

test('the check digit tells a code from a misspelt one', () => {
  expect(isSnomedCode('91936005')).toBe(true)
  expect(isSnomedCode('91936006')).toBe(false)
  expect(isSnomedCode('91396005')).toBe(false)
})

test.each(['clinical-codes.json', 'sensitive-codes.json', 'sections.json'])(
  'every code in %s passes the check digit of SNOMED CT',
  (file) => {
    const codes = codesOf(file)
    expect(codes.length).toBeGreaterThan(5)
    expect(codes.filter((code) => !isSnomedCode(code))).toEqual([])
  }
)

test('every test of a laboratory has a code that passes it, too', () => {
  const text = readFileSync(join(import.meta.dirname, '../src/hospital/hospital-codes.json'), 'utf8')
  const codes = [...text.matchAll(/"sct": "([^"]+)"/g)].map((match) => match[1] as string)
  expect(codes.length).toBeGreaterThan(5)
  expect(codes.filter((code) => !isSnomedCode(code))).toEqual([])
})

test('each sensitive code has one label', () => {
  expect(sensitiveLabels.size).toBe(sensitiveCodes.length)
  expect(sensitiveLabels.get('417430008')).toBe('safeguarding')
})
