const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const letters = Uint8Array.from(alphabet, (letter) => letter.charCodeAt(0))
const padding = 0x3d

/** @returns the text in UTF-8 as base64. A message may be megabytes: it is written as bytes, not letter by letter. */
export const textToBase64 = (text: string): string => bytesToBase64(utf8(text))

/** @returns `undefined` for what is not hexadecimal. */
export function hexToBase64(hex: string): string | undefined {
  const bare = hex.replaceAll(/\s+/g, '')
  if (!/^([0-9A-Fa-f]{2})+$/.test(bare)) return undefined
  return bytesToBase64(Uint8Array.from(bare.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)))
}

function bytesToBase64(bytes: Uint8Array): string {
  const written = new Uint8Array(Math.ceil(bytes.length / 3) * 4)
  for (let from = 0, to = 0; from < bytes.length; from += 3, to += 4) {
    const bits = (byteAt(bytes, from) << 16) | (byteAt(bytes, from + 1) << 8) | byteAt(bytes, from + 2)
    written[to] = letterOf(bits, 18)
    written[to + 1] = letterOf(bits, 12)
    written[to + 2] = from + 1 < bytes.length ? letterOf(bits, 6) : padding
    written[to + 3] = from + 2 < bytes.length ? letterOf(bits, 0) : padding
  }
  return asciiToText(written)
}

const byteAt = (bytes: Uint8Array, at: number): number => bytes[at] ?? 0
const letterOf = (bits: number, shift: number): number => letters[(bits >> shift) & 63] ?? padding

const pieceLength = 8_192

function asciiToText(codes: Uint8Array): string {
  const pieces: string[] = []
  for (let at = 0; at < codes.length; at += pieceLength)
    pieces.push(Reflect.apply(String.fromCharCode, String, codes.subarray(at, at + pieceLength)))
  return pieces.join('')
}

function utf8(text: string): Uint8Array {
  const whole = text.toWellFormed()
  const bytes = new Uint8Array(whole.length * 3)
  let length = 0
  for (let at = 0; at < whole.length; at++) {
    const code = whole.codePointAt(at) ?? 0
    if (code < 0x80) bytes[length++] = code
    else for (const byte of bytesOf(code)) bytes[length++] = byte
    if (code > 0xffff) at++
  }
  return bytes.subarray(0, length)
}

const tail = (code: number, shift: number): number => 0x80 | ((code >> shift) & 0x3f)

function bytesOf(code: number): readonly number[] {
  if (code < 0x800) return [0xc0 | (code >> 6), tail(code, 0)]
  if (code < 0x10000) return [0xe0 | (code >> 12), tail(code, 6), tail(code, 0)]
  return [0xf0 | (code >> 18), tail(code, 12), tail(code, 6), tail(code, 0)]
}

/** @returns how many bytes base64 without white space stands for; `undefined` where it is none. */
export function sizeOfBase64(base64: string): number | undefined {
  if (base64 === '' || base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return undefined
  const missing = base64.endsWith('==') ? 2 : Number(base64.endsWith('='))
  return (base64.length / 4) * 3 - missing
}

/** @returns base64 without white space and with its padding; `undefined` for what is not base64, or is empty. */
export function findBase64(text: string): string | undefined {
  const bare = text.replaceAll(/\s+/g, '').replace(/={1,2}$/, '')
  if (bare === '' || bare.length % 4 === 1 || !/^[A-Za-z0-9+/]+$/.test(bare)) return undefined
  return bare.padEnd(Math.ceil(bare.length / 4) * 4, '=')
}
