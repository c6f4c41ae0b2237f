import { findNhsNumber, type NhsNumber } from '@chesil/fhir'
import type { Random } from './random.ts'

/**
 * Hands out NHS numbers that begin with 999, which are never issued to anybody. Each is given once.
 *
 * @returns a function giving the next number; it throws RangeError after some 900,000 of them.
 * @see https://www.datadictionary.nhs.uk/attributes/nhs_number.html
 */
export function createNhsNumbers(random: Random): () => NhsNumber {
  const start = random.integer(0, 999_999)
  // Without a factor in common with 1,000,000 the steps visit every number before they come round.
  const step = random.integer(0, 49_999) * 20 + 7
  let taken = 0
  return () => {
    while (taken < 1_000_000) {
      const found = testNumber((start + taken++ * step) % 1_000_000)
      if (found) return found
    }
    throw new RangeError('All test NHS numbers are used up')
  }
}

/**
 * @param serial 0 to 999,999.
 * @returns `undefined` for the one number in eleven that has no check digit.
 */
export function testNumber(serial: number): NhsNumber | undefined {
  const digits = `999${String(serial).padStart(6, '0')}`
  for (let check = 0; check <= 9; check++) {
    const found = findNhsNumber(`${digits}${check}`)
    if (found) return found
  }
  return undefined
}
