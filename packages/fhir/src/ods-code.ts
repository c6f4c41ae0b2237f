import { OutcomeError } from './outcome.ts'

declare const odsCode: unique symbol
/** An Organisation Data Service code, in capitals: 3 to 12 letters and digits. */
export type OdsCode = string & { readonly [odsCode]: true }

/** @see https://www.datadictionary.nhs.uk/attributes/organisation_code.html */
export const odsCodePattern = '^[A-Z0-9]{3,12}$'
const pattern = new RegExp(odsCodePattern)

/** @returns `undefined` when `text` is not shaped like an ODS code. Lower case is accepted. */
export function findOdsCode(text: string): OdsCode | undefined {
  const code = text.trim().toUpperCase()
  return pattern.test(code) ? (code as OdsCode) : undefined
}

/** @throws OutcomeError `invalid` where `findOdsCode` finds none. */
export function parseOdsCode(text: string): OdsCode {
  const found = findOdsCode(text)
  if (found) return found
  throw new OutcomeError('invalid', 'Not an ODS code: 3 to 12 letters and digits are needed')
}
