import { type CodeableConcept, type Coding, chesil, defined, systems } from '@chesil/fhir'
import { field, part, plainText, type Repetition, type Segment } from '../message.ts'
import codeSystems from '../tables/code-systems.json' with { type: 'json' }
import { keepAsText, type Reading } from './reading.ts'
import { isSnomedId } from './snomed-id.ts'

const known: ReadonlyMap<string, string> = new Map(Object.entries(codeSystems))

/**
 * The URI of what HL7 v2 table 0396 names a coding system, or the UK does. A name that is not known is its
 * sender's own affair, and so is no name: its codes mean nothing elsewhere.
 *
 * @see https://terminology.hl7.org/CodeSystem-v2-0396.html
 */
export function toCodeSystem(name: string | undefined, { context }: Reading): string {
  const key = (name ?? '').trim().toUpperCase()
  const standard = known.get(key) ?? (/^HL7\d{4}$/.test(key) ? hl7Table(key.slice(3)) : undefined)
  if (standard !== undefined) return standard
  if (/^(https?|urn):\S+$/.test(name ?? '')) return name as string
  return localCodeSystem(key, context.source.odsCode)
}

const hl7Table = (number: string): string => `http://terminology.hl7.org/CodeSystem/v2-${number}`

/** Codes of an organisation's own; `L`, `99…` and no name are one list. */
function localCodeSystem(name: string, odsCode: string): string {
  const own = name === '' || name === 'L' ? 'local' : encodeURIComponent(name.slice(0, 100).toWellFormed())
  return chesil.codeSystem(odsCode, own)
}

/** @see https://hl7.org/fhir/R4/datatypes.html#code */
const isCode = (value: string): boolean => /^\S+( \S+)*$/.test(value) && value.length <= 200

const digits = /^\d{6,18}$/

/** CWE and CE: the code, its alternative, and the original text. A code that is the source's own is its own text. */
export function toConcept(
  value: Repetition | undefined,
  label: string,
  reading: Reading
): CodeableConcept | undefined {
  if (!value) return undefined
  const codings = [toCoding(value, 1, label, reading), toCoding(value, 4, label, reading)].filter(
    (coding) => coding !== undefined
  )
  const words = part(value, 9, 0) ?? part(value, 2, 0) ?? part(value, 5, 0)
  const own = chesil.codeSystem(reading.context.source.odsCode, '')
  const isReadable = codings.some(({ system }) => !system?.startsWith(own))
  const text = words ?? (isReadable ? undefined : (part(value, 1, 0) ?? part(value, 4, 0)))
  if (codings.length === 0 && text === undefined) return undefined
  return defined({ coding: codings.length > 0 ? codings : undefined, text })
}

/** @param first Of the three components: code, text, name of the coding system. */
function toCoding(value: Repetition, first: number, label: string, reading: Reading): Coding | undefined {
  const code = part(value, first, 0)
  if (code === undefined) return undefined
  const name = part(value, first + 2)
  const isSnomed = name?.toUpperCase() === 'SNM' && isSnomedId(code)
  const system = isSnomed ? systems.snomed : toCodeSystem(name, reading)
  if (!isCode(code) || (system === systems.snomed && !digits.test(code))) {
    keepAsText(code, `${label} (code)`, reading)
    return undefined
  }
  const version = part(value, first === 1 ? 7 : 8)
  return defined({ system, version, code, display: part(value, first + 1, 0) })
}

/** A field that is a CWE, or a CE, or plain text where a CWE should be. */
export const concept = (
  segment: Segment | undefined,
  number: number,
  label: string,
  reading: Reading
): CodeableConcept | undefined => toConcept(field(segment, number)[0], label, reading)

export function concepts(
  segment: Segment | undefined,
  number: number,
  label: string,
  reading: Reading
): CodeableConcept[] | undefined {
  const found = field(segment, number).flatMap((value) => toConcept(value, label, reading) ?? [])
  return found.length > 0 ? found : undefined
}

/** For an element that R4 requires. */
export const notRecorded = (label: string, { unread }: Reading): CodeableConcept => {
  unread.push(`${label} was not recorded`)
  return { text: 'Not recorded' }
}

/**
 * A code of a table of HL7 or the NHS in which each code has one meaning for us. One that is not there is kept
 * as text.
 */
export function lookUp<T>(
  segment: Segment | undefined,
  number: number,
  table: ReadonlyMap<string, T>,
  reading: { readonly label: string; readonly reading: Reading }
): T | undefined {
  const value = field(segment, number)[0]
  const code = part(value)
  const key = code?.toUpperCase() ?? ''
  if (value !== undefined && !table.has(key))
    keepAsText(plainText(segment, number), reading.label, reading.reading)
  return table.get(key)
}
