/** A field as it stands in a message: delimiters and escapes in place. */
export type Field = string

const escapes: Readonly<Record<string, string>> = {
  '\\': '\\E\\',
  '|': '\\F\\',
  '^': '\\S\\',
  '~': '\\R\\',
  '&': '\\T\\',
  '\n': '\\.br\\'
}

/** @see HL7 v2.4, chapter 2.10 */
export const escapeText = (text: string): Field =>
  text.replaceAll(/[\\|^~&\n]/g, (character) => escapes[character] as string)

/** Components of a field; empty ones at the end are left out. */
export const components = (...values: readonly (string | undefined)[]): Field =>
  values
    .map((value) => escapeText(value ?? ''))
    .join('^')
    .replace(/\^+$/, '')

export const repetitions = (...fields: readonly Field[]): Field => fields.filter(Boolean).join('~')

/** @param fields By their number, from 1. @returns e.g. `EVN||20261121093000`. */
export function segment(name: string, fields: Readonly<Record<number, Field | undefined>>): string {
  const last = Math.max(...Object.keys(fields).map(Number))
  const values = Array.from({ length: last }, (_, index) => fields[index + 1] ?? '')
  return [name, ...values].join('|').replace(/\|+$/, '')
}

/** What deletes a value; an empty field leaves it as it is. */
export const deleted: Field = '""'

const pad = (value: number, digits = 2): string => String(value).padStart(digits, '0')

/**
 * @param day An ISO date.
 * @param minutes Since midnight by the clock on the wall; may reach into other days.
 * @returns `YYYYMMDDHHMMSS`, without an offset, as most systems write it.
 */
export function timestamp(day: string, minutes: number, second = 0): string {
  const at = new Date(Date.parse(`${day}T00:00:00Z`) + minutes * 60_000)
  const date = `${at.getUTCFullYear()}${pad(at.getUTCMonth() + 1)}${pad(at.getUTCDate())}`
  return `${date}${pad(at.getUTCHours())}${pad(at.getUTCMinutes())}${pad(second)}`
}

/** @param date An ISO date. */
export const compactDate = (date: string): string => date.replaceAll('-', '')
