import { OutcomeError } from './outcome.ts'

declare const nhsNumber: unique symbol
/** Ten digits whose Modulus 11 check digit has been verified; no spaces. */
export type NhsNumber = string & { readonly [nhsNumber]: true }

/**
 * @param text Ten digits, optionally written in groups ("943 476 5919").
 * @returns `undefined` when the length or check digit is wrong, or all digits are the same
 *   (`0000000000` passes the check digit and is nobody's).
 * @see https://www.datadictionary.nhs.uk/attributes/nhs_number.html
 */
export function findNhsNumber(text: string): NhsNumber | undefined {
  const digits = text.replaceAll(' ', '')
  if (!/^\d{10}$/.test(digits) || /^(\d)\1{9}$/.test(digits)) return undefined
  return checkDigit(digits) === Number(digits[9]) ? (digits as NhsNumber) : undefined
}

/** @throws OutcomeError `invalid` where `findNhsNumber` finds none. */
export function parseNhsNumber(text: string): NhsNumber {
  const found = findNhsNumber(text)
  if (found) return found
  throw new OutcomeError(
    'invalid',
    'Not a valid NHS number: ten digits that pass the check digit are needed',
    {
      expression: 'Patient.identifier'
    }
  )
}

/** Weights 10..2 over the first nine digits; 11 counts as 0, and 10 never matches a digit. */
function checkDigit(digits: string): number {
  let sum = 0
  for (let i = 0; i < 9; i++) sum += Number(digits[i]) * (10 - i)
  return (11 - (sum % 11)) % 11
}
