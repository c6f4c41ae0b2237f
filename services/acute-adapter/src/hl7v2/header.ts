import type { Refusal } from './refusals.ts'

/** The characters that divide a message, as MSH-1 and MSH-2 name them. */
export interface Delimiters {
  readonly field: string
  readonly component: string
  readonly repetition: string
  readonly escaping: string
  readonly subcomponent: string
  /** MSH-2 as it stands. */
  readonly encoding: string
}

/**
 * What the door must know of a message. Texts are a character a byte, so that they go back to the sender as they
 * came; absent or empty fields are empty.
 */
export interface Header {
  readonly delimiters: Delimiters
  readonly sendingApplication: string
  readonly sendingFacility: string
  readonly receivingApplication: string
  readonly receivingFacility: string
  /** MSH-9.1 */
  readonly type: string
  /** MSH-9.2 */
  readonly trigger: string
  /** MSH-10 */
  readonly controlId: string
  /** MSH-11 */
  readonly processingId: string
  /** MSH-12.1 */
  readonly version: string
  /** MSH-15: which accept acknowledgement is wanted, of HL7 table 0155. */
  readonly acceptCondition: string
  /** MSH-16: the same of the application acknowledgement. */
  readonly applicationCondition: string
  /** MSH-18, its first value. */
  readonly characterSet: string
}

/** HL7 allows 199 characters since version 2.7; before, 20. */
const controlIdPattern = /^[\x20-\x7e\xa0-\xff]{1,199}$/

/** Whether MSH-10 can be kept, and sent back. */
export const isControlId = (text: string): boolean => controlIdPattern.test(text)

/** Of MSH, in bytes: what is longer is no header. */
const maxHeaderBytes = 4_096
/** Blank bytes before it. */
const maxBlankBytes = 1_024

const byteOrderMark = Buffer.of(0xef, 0xbb, 0xbf)
const blank = new Set([0x20, 0x09, 0x0d, 0x0a])

/** @returns why there is no header to read. */
export function readHeader(bytes: Buffer): Header | Refusal {
  const line = firstLine(bytes)
  if (/^[FB]HS/.test(line)) return 'batch'
  if (!line.startsWith('MSH')) return 'noHeader'
  if (line.length > maxHeaderBytes) return 'longHeader'
  const delimiters = readDelimiters(line)
  if (!delimiters) return 'delimiters'
  const fields = line.split(delimiters.field)
  // MSH-1 is the delimiter itself: MSH-3 is the third field and the second piece.
  const field = (number: number) => fields[number - 1]?.trim() ?? ''
  const first = (number: number) => field(number).split(delimiters.repetition)[0]?.trim() ?? ''
  const [type = '', trigger = ''] = field(9).split(delimiters.component)
  return {
    delimiters,
    sendingApplication: field(3),
    sendingFacility: field(4),
    receivingApplication: field(5),
    receivingFacility: field(6),
    type: type.trim().toUpperCase(),
    trigger: trigger.trim().toUpperCase(),
    controlId: field(10),
    processingId: field(11),
    version: field(12).split(delimiters.component)[0] ?? '',
    acceptCondition: field(15).toUpperCase(),
    applicationCondition: field(16).toUpperCase(),
    characterSet: first(18)
  }
}

function firstLine(bytes: Buffer): string {
  const begin = bytes.subarray(0, 3).equals(byteOrderMark) ? 3 : 0
  let from = begin
  while (from - begin <= maxBlankBytes && blank.has(bytes[from] ?? 0)) from++
  const [line = ''] = bytes.toString('latin1', from, from + maxHeaderBytes + 1).split(/[\r\n]/, 1)
  return line
}

/** Any four different signs, and a fifth (truncation) since version 2.7. */
function readDelimiters(line: string): Delimiters | undefined {
  const field = line[3] ?? ''
  const encoding = line.slice(4, line.indexOf(field, 4))
  const [component, repetition, escaping, subcomponent] = encoding
  if (!component || !repetition || !escaping || !subcomponent || encoding.length > 5) return undefined
  const all = new Set([field, ...encoding])
  if (all.size !== encoding.length + 1 || [...all].some((sign) => !isSign(sign))) return undefined
  return { field, component, repetition, escaping, subcomponent, encoding }
}

const isSign = (character: string): boolean => /^[!-/:-@[-`{-~]$/.test(character)
