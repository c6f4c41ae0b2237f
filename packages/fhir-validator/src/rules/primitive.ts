import { isFhirDate } from '@chesil/fhir'
import type { Property } from '../type-definition.ts'
import { narrativeProblem } from './narrative.ts'

type PrimitiveRule = (value: string) => string | undefined

const rules: ReadonlyMap<string, PrimitiveRule> = new Map([
  ['date', dayProblem],
  ['dateTime', dayProblem],
  ['instant', dayProblem],
  ['base64Binary', base64Problem],
  ['xhtml', narrativeProblem]
])

/**
 * What is wrong with a primitive, by the type that its element's definition gives it: nothing is guessed
 * from the value.
 *
 * @returns `undefined` when nothing is.
 */
export function primitiveProblem(value: unknown, { type, codes }: Property): string | undefined {
  if (typeof value !== 'string') return undefined
  if (value === '') return 'Is empty'
  if (codes?.has(value) === false) return 'Is not one of the codes that are allowed here'
  return rules.get(type)?.(value)
}

/**
 * "Dates SHALL be valid dates". How a date is written is the schema's business; of what it allows only a
 * 29th, 30th or 31st may be missing from the calendar.
 *
 * @see https://hl7.org/fhir/R4/datatypes.html#date
 */
function dayProblem(text: string): string | undefined {
  const mayBeMissing = text.startsWith('29', 8) || text.startsWith('3', 8)
  return mayBeMissing && !isFhirDate(text.slice(0, 10)) ? 'Is a day that no calendar has' : undefined
}

/** Line breaks are allowed. @see https://hl7.org/fhir/R4/datatypes.html#base64Binary */
function base64Problem(text: string): string | undefined {
  const digits = text.replaceAll(/\s/g, '')
  const isBase64 = digits.length > 0 && digits.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(digits)
  return isBase64 ? undefined : 'Is not base64'
}
