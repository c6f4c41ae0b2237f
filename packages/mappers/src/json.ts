/** An object of the answer. Nothing about its shape is known, so nothing about it is believed. */
export type Json = { readonly [key: string]: unknown }

export const isJson = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The objects of an array; a lone object counts as an array of one, which is how some providers write it. */
export function many(value: unknown): readonly Json[] {
  if (Array.isArray(value)) return value.filter(isJson)
  return isJson(value) ? [value] : []
}

/** The object itself, or the first of an array. */
export function one(value: unknown): Json | undefined {
  if (Array.isArray(value)) return value.find(isJson)
  return isJson(value) ? value : undefined
}

/** The strings of an array, cleaned; a lone string counts as an array of one. */
export function texts(value: unknown): string[] {
  const all: readonly unknown[] = Array.isArray(value) ? value : [value]
  return all.map(text).filter((item) => item !== undefined)
}

/** Nearly every string of a record is like this, and needs no closer look. */
const isPlain = (value: string): boolean => /^[ -~\t\r\n]*$/.test(value)

/** White space that a FHIR string may not hold (a no-break space is the usual one), and control characters. */
const unwanted = /[^\S\t\r\n ]|(?![\t\r\n])\p{Cc}/gu

/**
 * @returns the string, with what a FHIR string cannot hold replaced by spaces; `undefined` when nothing is left.
 * @see https://hl7.org/fhir/R4/datatypes.html#string
 */
export function text(value: unknown): string | undefined {
  if (typeof value !== 'string' || value === '') return undefined
  const clean = isPlain(value) ? value : value.replace(unwanted, ' ').toWellFormed()
  return /\S/.test(clean) ? clean : undefined
}

/** Like `text`, without spaces around it: for names of things, which are compared. */
export const word = (value: unknown): string | undefined => text(value)?.trim()

/** @returns `undefined` when the text is not a URI: it holds white space, or nothing. */
export function uri(value: unknown): string | undefined {
  const found = word(value)
  return found !== undefined && !/\s/.test(found) ? found : undefined
}

export const flag = (value: unknown): boolean | undefined => (typeof value === 'boolean' ? value : undefined)

/** A number that JSON can hold: `1e400` is infinite once it is parsed. */
export const decimal = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined

/** A whole number of FHIR's: it has 32 bits. */
export const integer = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isInteger(value) && Math.abs(value) <= 2_147_483_647 ? value : undefined

/** A whole number that is not negative. */
export function count(value: unknown): number | undefined {
  const number = integer(value)
  return number !== undefined && number >= 0 ? number : undefined
}

/** FHIR has no empty arrays. */
export const some = <T>(items: readonly T[]): T[] | undefined => (items.length > 0 ? [...items] : undefined)

/** Maps the objects of `value`, leaving out those that come to nothing; `undefined` when none is left. */
export function each<T>(value: unknown, map: (source: Json) => T | undefined): T[] | undefined {
  const result: T[] = []
  for (const source of many(value)) {
    const item = map(source)
    if (item !== undefined) result.push(item)
  }
  return result.length > 0 ? result : undefined
}
