import { defined } from '@chesil/fhir'
import { Hl7Context, Hl7Message, type Hl7Segment } from '@medplum/core'
import { decodeEscapes } from './escapes.ts'

/**
 * An HL7 v2 message, split at the delimiters that it names itself. Texts are decoded and trimmed when they are
 * asked for, and not before.
 *
 * @see https://www.hl7.eu/HL7v2x/v251/std251/ch02.html
 */
export interface Message {
  /** MSH-9.1, e.g. `ADT` */
  readonly type: string
  /** MSH-9.2, e.g. `A01`; where MSH-9 has only a type, EVN-1; may be empty. */
  readonly trigger: string
  /** MSH-9.3, e.g. `ADT_A01` */
  readonly structure?: string
  /** MSH-10 */
  readonly controlId?: string
  /** MSH-12, e.g. `2.4` */
  readonly version?: string
  /** MSH-3.1 */
  readonly sendingApplication?: string
  /** MSH-4.1 */
  readonly sendingFacility?: string
  /** In the order of the message, MSH first; names are three letters or digits. */
  readonly segments: readonly Segment[]
  readonly raw: string
  /** What is left of a message about several people for one of them. */
  readonly isOfSeveral?: true
}

export interface Segment {
  readonly name: string
  /** Fields by number, undecoded; 0 is the name. MSH-1 and MSH-2 are where they are counted. */
  readonly fields: readonly string[]
  readonly raw: string
  readonly delimiters: Hl7Context
}

/** One of the values of a field. */
export interface Repetition {
  /** Undecoded, the first at 0. */
  readonly components: readonly string[]
  readonly raw: string
  readonly delimiters: Hl7Context
}

/**
 * Takes a message whatever its line ends (CR, LF, both, mixed), with or without a byte order mark. A line that does
 * not begin like a segment goes on with the text of the one before.
 *
 * @returns `undefined` for what is no message, or is two: they may be about two people.
 */
export function readMessage(text: string): Message | undefined {
  const raw = text.replace(/^[\uFEFF\s]+/, '')
  if (!raw.startsWith('MSH')) return undefined
  const delimiters = readDelimiters(raw)
  if (!delimiters) return undefined
  const lines = segmentLines(raw, delimiters.fieldSeparator)
  const segments = new Hl7Message(lines, delimiters).segments.map(toSegment)
  const [header, ...others] = segments
  if (!header || others.some(({ name }) => name === 'MSH')) return undefined
  return { ...readHeader(header, others), segments, raw }
}

function readHeader(header: Segment, others: readonly Segment[]): Omit<Message, 'segments' | 'raw'> {
  const joined = /^([A-Z]{3})_([A-Z]\d{2})$/.exec(text(header, 9) ?? '')
  const event = others.find(({ name }) => name === 'EVN')
  return {
    type: (joined?.[1] ?? text(header, 9) ?? '').toUpperCase(),
    trigger: (joined?.[2] ?? text(header, 9, 2) ?? (event && text(event, 1)) ?? '').toUpperCase(),
    ...defined({
      structure: text(header, 9, 3),
      controlId: text(header, 10),
      version: text(header, 12),
      sendingApplication: text(header, 3),
      sendingFacility: text(header, 4)
    })
  }
}

/**
 * Delimiters are punctuation, and differ from each other. One that MSH-2 leaves out is the usual one; a fifth
 * character there, for truncation, delimits nothing.
 */
function readDelimiters(raw: string): Hl7Context | undefined {
  const field = raw.charAt(3)
  const encoding = raw.slice(4, 10).split(field)[0] ?? ''
  const at = (place: number, usual: string) => encoding.charAt(place) || usual
  const four = [at(0, '^'), at(1, '~'), at(2, '\\'), at(3, '&')] as const
  const all = [field, ...four]
  const isUsable = all.every((one) => /^[!-/:-@[-`{-~]$/.test(one)) && new Set(all).size === all.length
  return isUsable ? new Hl7Context('\r', field, ...four) : undefined
}

/** Who and where: nobody writes texts in these. */
const wordless = new Set('MSH EVN PID PD1 NK1 MRG PV1'.split(' '))
/** What may come empty after other segments, by names that are nobody's words. */
const mayBeEmpty = new Set(
  'EVN PID NK1 PV1 PV2 MRG AL1 DG1 PR1 ORC OBR OBX NTE SPM TQ1 TXA SCH RGS RF1 PRD'.split(' ')
)

/**
 * A name without a separator is an empty segment, except where a text may go on: three capitals are words there, as
 * `NAD` is.
 */
function beginsSegment(line: string, separator: string, before: string | undefined): boolean {
  if (!/^[A-Z][A-Z0-9]{2}$/.test(line.slice(0, 3))) return false
  if (line.length > 3) return line.charAt(3) === separator
  return before === undefined || wordless.has(before.slice(0, 3)) || mayBeEmpty.has(line)
}

function segmentLines(raw: string, separator: string): string[] {
  const lines: string[][] = []
  for (const line of raw.split(/\r\n|\r|\n/)) {
    if (beginsSegment(line, separator, lines.at(-1)?.[0])) lines.push([line])
    else lines.at(-1)?.push(line)
  }
  return lines.map((parts) => parts.join('\n').trimEnd())
}

function toSegment(segment: Hl7Segment): Segment {
  const { context, name } = segment
  const raw = segment.toString()
  const fields = raw.split(context.fieldSeparator)
  if (name === 'MSH') fields.splice(1, 0, context.fieldSeparator)
  return { name, fields, raw, delimiters: context }
}

/** The values of a field; none where it is empty or `""`. */
export function field(segment: Segment | undefined, number: number): readonly Repetition[] {
  const raw = segment?.fields[number] ?? ''
  if (!segment || raw.trim() === '' || isNull(segment, number)) return []
  const { delimiters } = segment
  return raw
    .split(delimiters.repetitionSeparator)
    .map((one) => ({ raw: one, components: one.split(delimiters.componentSeparator), delimiters }))
}

/**
 * One component of a repetition, decoded.
 *
 * @param component From 1.
 * @param subcomponent From 1; 0 for the whole component, in which the delimiter of subcomponents means itself.
 * @returns `undefined` where it is empty or `""`.
 */
export function part(
  repetition: Repetition | undefined,
  component = 1,
  subcomponent = 1
): string | undefined {
  const whole = repetition?.components[component - 1]
  if (!repetition || whole === undefined || whole === '') return undefined
  const { delimiters } = repetition
  const raw = subcomponent === 0 ? whole : whole.split(delimiters.subcomponentSeparator)[subcomponent - 1]
  return decoded(raw, delimiters)
}

/** Like `part`, of a field's first repetition. */
export const text = (
  segment: Segment | undefined,
  number: number,
  component = 1,
  subcomponent = 1
): string | undefined => part(field(segment, number)[0], component, subcomponent)

/**
 * A field that is plain text (ST, TX, FT), as it would be read: delimiters that its sender forgot to escape are
 * part of it.
 */
export function plainText(segment: Segment | undefined, number: number): string | undefined {
  return segment && decoded(segment.fields[number], segment.delimiters)
}

/** Whether a field is `""`, which takes back what was said. An empty field says nothing. */
export const isNull = (segment: Segment | undefined, number: number): boolean =>
  segment !== undefined && isNullField(segment.fields[number] ?? '', segment.delimiters)

/** Some senders write `""` for each component. */
function isNullField(raw: string, { componentSeparator }: Hl7Context): boolean {
  const parts = raw.split(componentSeparator).map((one) => one.trim())
  return parts.includes('""') && parts.every((one) => one === '' || one === '""')
}

const isNullText = (raw: string): boolean => raw.trim() === '""'

function decoded(raw: string | undefined, delimiters: Hl7Context): string | undefined {
  if (raw === undefined || isNullText(raw)) return undefined
  const found = decodeEscapes(raw, delimiters).trim()
  return found === '' ? undefined : found
}

export const firstOf = (segments: readonly Segment[], name: string): Segment | undefined =>
  segments.find((segment) => segment.name === name)

export const allOf = (segments: readonly Segment[], name: string): readonly Segment[] =>
  segments.filter((segment) => segment.name === name)

/**
 * Splits segments into groups, in order; e.g. at each PID, or at each OBR.
 *
 * @param starts Names of the segments that begin a group. What comes before the first is in none.
 */
export function groupsOf(segments: readonly Segment[], ...starts: readonly string[]): readonly Segment[][] {
  const groups: Segment[][] = []
  for (const segment of segments) {
    if (starts.includes(segment.name)) groups.push([segment])
    else groups.at(-1)?.push(segment)
  }
  return groups
}
