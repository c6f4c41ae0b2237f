import type { Hl7Context } from '@medplum/core'

/**
 * Undoes the escapes of HL7 v2, which `@medplum/core` leaves as they are. One that is not known stays as it is
 * written: it may be no escape at all, such as a path of Windows. What FHIR allows in no text is left out.
 *
 * @see https://www.hl7.eu/HL7v2x/v251/std251/ch02.html#Heading56
 */
export function decodeEscapes(raw: string, delimiters: Hl7Context): string {
  const text = raw.includes(delimiters.escapeCharacter) ? decodeAll(raw, delimiters) : raw
  return text.replaceAll(forbidden, '')
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const forbidden = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]|\p{Cs}/gu

function decodeAll(raw: string, delimiters: Hl7Context): string {
  const { escapeCharacter } = delimiters
  const parts = raw.split(escapeCharacter)
  let text = parts[0] ?? ''
  for (let at = 1; at < parts.length; at++) {
    const found = at + 1 < parts.length ? decodeOne(parts[at] ?? '', delimiters) : undefined
    if (found === undefined) text += escapeCharacter + parts[at]
    else {
      at += 1
      text += found + parts[at]
    }
  }
  return text
}

/** @returns `undefined` for what is no escape that is known. */
function decodeOne(name: string, delimiters: Hl7Context): string | undefined {
  if (name.length > 4_096) return undefined
  const delimiter = delimiterOf(name, delimiters)
  if (delimiter !== undefined) return delimiter
  if (/^X([0-9A-F]{2})+$/i.test(name)) return charactersOf(name.slice(1))
  if (/^[HN]$|^[CM][0-9A-F]{4,6}$/.test(name)) return ''
  return layoutOf(name)
}

function delimiterOf(name: string, delimiters: Hl7Context): string | undefined {
  switch (name) {
    case 'F':
      return delimiters.fieldSeparator
    case 'S':
      return delimiters.componentSeparator
    case 'T':
      return delimiters.subcomponentSeparator
    case 'R':
      return delimiters.repetitionSeparator
    case 'E':
      return delimiters.escapeCharacter
    case 'P':
      return '#'
    default:
      return undefined
  }
}

/** Bytes are UTF-8 if they can be, else Latin 1. Ends of lines become line feeds. */
function charactersOf(hex: string): string {
  const bytes = hex.match(/../g) ?? []
  const decode = () => {
    try {
      return decodeURIComponent(bytes.map((byte) => `%${byte}`).join(''))
    } catch {
      return bytes.map((byte) => String.fromCharCode(Number.parseInt(byte, 16))).join('')
    }
  }
  return decode().replaceAll(/\r\n?/g, '\n')
}

/** Commands for formatted text: lines and spaces are kept, indents and fill modes are not. */
function layoutOf(name: string): string | undefined {
  const match = /^\.(br|sp|sk|ce|in|ti|fi|nf)\s*([+-]?\d{1,3})?$/i.exec(name)
  if (!match) return undefined
  const times = Math.min(Math.abs(Number(match[2] ?? 1)), 100)
  switch (match[1]?.toLowerCase()) {
    case 'br':
    case 'ce':
      return '\n'
    case 'sp':
      return '\n'.repeat(times)
    case 'sk':
      return ' '.repeat(times)
    default:
      return ''
  }
}
