import { isAscii, isUtf8 } from 'node:buffer'
import iconv from 'iconv-lite'
import names from './character-sets.json' with { type: 'json' }

/**
 * HL7 table 0211, and what senders write instead. The two- and four-byte forms of Unicode are missing: MLLP's frame
 * characters stand within them. So are sets that switch within a text.
 *
 * @see https://www.hl7.org/fhir/R4/v2/0211/index.html
 */
const characterSets: ReadonlyMap<string, string> = new Map(Object.entries(names))

/** @param name As in MSH-18 or a content type. @returns how the decoder calls it; nothing for a set that is not read. */
export const findCharacterSet = (name: string): string | undefined =>
  characterSets.get(name.trim().toUpperCase())

export interface DecodedText {
  readonly text: string
  /** What it was decoded by: `decodeBody` reads the same bytes the same way. */
  readonly characterSet: string
  /** The bytes are not what they are said to be. */
  readonly isGuessed: boolean
}

/**
 * Decodes a message. Bytes that cannot be in the set they are said to be in are read as the set they most likely
 * are in, and marked: a letter that is wrong in a name is better than a result that is missing.
 *
 * @param said By `findCharacterSet`.
 */
export function decodeText(bytes: Buffer, said: string): DecodedText {
  const characterSet = findActual(bytes, said)
  return { text: decodeBody(bytes, characterSet), characterSet, isGuessed: characterSet !== said }
}

const byteOrderMark = Buffer.of(0xef, 0xbb, 0xbf)

/** The byte order mark of UTF-8 is no part of the text, whatever that is in. */
export function decodeBody(bytes: Buffer, characterSet: string): string {
  const hasMark = bytes.subarray(0, byteOrderMark.length).equals(byteOrderMark)
  return iconv.decode(hasMark ? bytes.subarray(byteOrderMark.length) : bytes, characterSet)
}

function findActual(bytes: Buffer, said: string): string {
  if (said === 'utf8') return isUtf8(bytes) ? said : 'windows-1252'
  if (said === 'ascii' && !isAscii(bytes)) return isUtf8(bytes) ? 'utf8' : 'windows-1252'
  // What ISO has for control characters, Windows has for quotes and the euro.
  if (said === 'iso-8859-1' && hasControls(bytes)) return 'windows-1252'
  return said
}

/** Of a message of megabytes, too: a plain loop is several times faster than `some`. */
function hasControls(bytes: Buffer): boolean {
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0
    if (byte > 0x7f && byte < 0xa0) return true
  }
  return false
}
