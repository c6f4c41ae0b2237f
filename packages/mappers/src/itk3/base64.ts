const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** @returns the text in UTF-8 as base64. */
export function textToBase64(text: string): string {
  const pieces: string[] = []
  const bytes = utf8(text)
  for (let at = 0; at < bytes.length; at += 3) pieces.push(group(bytes, at))
  return pieces.join('')
}

function group(bytes: Uint8Array, at: number): string {
  const [first = 0, second, third] = [bytes[at], bytes[at + 1], bytes[at + 2]]
  const bits = (first << 16) | ((second ?? 0) << 8) | (third ?? 0)
  const letter = (shift: number) => alphabet[(bits >> shift) & 63] ?? ''
  return `${letter(18)}${letter(12)}${second === undefined ? '=' : letter(6)}${third === undefined ? '=' : letter(0)}`
}

function utf8(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 3)
  let length = 0
  for (const letter of text.toWellFormed()) {
    const code = letter.codePointAt(0) ?? 0
    for (const byte of bytesOf(code)) bytes[length++] = byte
  }
  return bytes.subarray(0, length)
}

const tail = (code: number, shift: number): number => 0x80 | ((code >> shift) & 0x3f)

function bytesOf(code: number): readonly number[] {
  if (code < 0x80) return [code]
  if (code < 0x800) return [0xc0 | (code >> 6), tail(code, 0)]
  if (code < 0x10000) return [0xe0 | (code >> 12), tail(code, 6), tail(code, 0)]
  return [0xf0 | (code >> 18), tail(code, 12), tail(code, 6), tail(code, 0)]
}

/** @returns how many bytes base64 without white space stands for; `undefined` where it is none. */
export function sizeOfBase64(base64: string): number | undefined {
  if (base64 === '' || base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return undefined
  const padding = base64.endsWith('==') ? 2 : Number(base64.endsWith('='))
  return (base64.length / 4) * 3 - padding
}
