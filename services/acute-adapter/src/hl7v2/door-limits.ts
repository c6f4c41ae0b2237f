import type { Delimiters } from './header.ts'

/** Far above what hospitals send; what is taken apart costs some microseconds a sign. */
const limits = {
  /** CR and LF, where they stand together, are two: 16 MiB of a document in lines of 64 have fewer. */
  lineEnds: 550_000,
  segments: 50_000,
  /** Of all kinds together. */
  signs: 250_000,
  /** Some write a repetition for each line of a text. */
  repetitions: 50_000,
  /** Of PV1: a merge or an exchange of beds tells of two stays. */
  stays: 20,
  /** Of MRG: each may name a stay by its former number. */
  merges: 200,
  /** Characters of a segment that holds no text or document; of OBX, of what stands before its value. */
  segment: 16_384
}

/** Where texts and documents stand, besides OBX-5. */
const texts = /^(?:NTE|Z..|OBX)/

/**
 * Whether a message can be looked at without keeping everybody else waiting: who sends a million repetitions must
 * not stop the door for all.
 */
export function isWithinLimits(text: string, delimiters: Delimiters): boolean {
  return hasFewSigns(text, delimiters) && hasShortSegments(text, delimiters.field)
}

function hasFewSigns(text: string, { field, encoding, repetition }: Delimiters): boolean {
  const counts = new Uint32Array(128)
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code < 128) counts[code] = (counts[code] ?? 0) + 1
  }
  const count = (signs: string) =>
    [...signs].reduce((sum, sign) => sum + (counts[sign.charCodeAt(0)] ?? 0), 0)
  return (
    count('\r\n') <= limits.lineEnds &&
    count(repetition) <= limits.repetitions &&
    count(field + encoding) <= limits.signs
  )
}

function hasShortSegments(text: string, field: string): boolean {
  const counts = { segments: 0, stays: 0, merges: 0 }
  for (const segment of segmentsOf(text, field)) {
    counts.segments++
    if (segment.startsWith('PV1')) counts.stays++
    if (segment.startsWith('MRG')) counts.merges++
    if (counts.segments > limits.segments) return false
    if (counts.stays > limits.stays || counts.merges > limits.merges) return false
    if (lengthOf(segment, field) > limits.segment) return false
  }
  return true
}

/**
 * A line that does not begin like a segment goes on with the one before, as the mapper has it. Three letters alone may
 * be a segment or words of a text: they count, and end nothing.
 */
function* segmentsOf(text: string, field: string): Generator<string> {
  let begin = -1
  for (const { 0: line, index } of text.matchAll(/[^\r\n]+/g)) {
    if (!/^[A-Z][A-Z0-9]{2}$/.test(line.slice(0, 3))) continue
    if (line.trimEnd().length === 3) yield line.slice(0, 3)
    if (line.charAt(3) !== field) continue
    if (begin >= 0) yield text.slice(begin, index).trimEnd()
    begin = index
  }
  if (begin >= 0) yield text.slice(begin).trimEnd()
}

/** Of what the door looks at. */
function lengthOf(segment: string, field: string): number {
  if (!texts.test(segment.slice(0, 3))) return segment.length
  if (!segment.startsWith('OBX')) return 0
  let end = -1
  for (let at = 0; at < 5; at++) {
    const next = segment.indexOf(field, end + 1)
    if (next < 0) return segment.length
    end = next
  }
  return end
}
