import type { Delimiters } from './header.ts'

/** Far above what laboratories send, and what can be taken apart in some tens of milliseconds. */
const limits = {
  lines: 50_000,
  /** Of all kinds together. */
  signs: 1_000_000,
  /** Of PV1: a merge or an exchange of beds tells of two stays. */
  stays: 100,
  /** Characters of a segment that holds no text or document; of OBX, of what stands before its value. */
  segment: 65_536
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

function hasFewSigns(text: string, { field, encoding }: Delimiters): boolean {
  const kinds = new Uint8Array(128)
  for (const sign of `${field}${encoding}`) kinds[sign.charCodeAt(0)] = 1
  kinds[0x0a] = 2
  kinds[0x0d] = 2
  let [signs, ends] = [0, 0]
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    const kind = code < 128 ? kinds[code] : 0
    if (kind === 1) signs++
    // CR and LF together are one.
    else if (kind === 2 && !(code === 0x0a && text.charCodeAt(at - 1) === 0x0d)) ends++
    if (signs > limits.signs || ends > limits.lines) return false
  }
  return true
}

function hasShortSegments(text: string, field: string): boolean {
  let stays = 0
  for (const { 0: line } of text.matchAll(/[^\r\n]+/g)) {
    const segment = line.trimStart()
    if (segment.startsWith('PV1')) stays++
    if (stays > limits.stays || lengthOf(segment, field) > limits.segment) return false
  }
  return true
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
