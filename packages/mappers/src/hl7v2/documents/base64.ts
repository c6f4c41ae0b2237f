const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** @returns base64 without white space and with its padding; `undefined` for what is not base64, or is empty. */
export function findBase64(text: string): string | undefined {
  const bare = text.replaceAll(/\s+/g, '').replace(/={1,2}$/, '')
  if (bare === '' || bare.length % 4 === 1 || !/^[A-Za-z0-9+/]+$/.test(bare)) return undefined
  return bare.padEnd(Math.ceil(bare.length / 4) * 4, '=')
}

/** @param base64 As `findBase64` gives it. */
export const sizeOf = (base64: string): number =>
  (base64.length / 4) * 3 - (base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0)

/** Text in UTF-8. */
export function textToBase64(text: string): string {
  const bytes: number[] = []
  for (const letter of text.toWellFormed()) addUtf8(bytes, letter.codePointAt(0) ?? 0)
  return bytesToBase64(bytes)
}

function addUtf8(bytes: number[], point: number): void {
  const last = (shift: number) => 0x80 | ((point >> shift) & 0x3f)
  if (point < 0x80) bytes.push(point)
  else if (point < 0x800) bytes.push(0xc0 | (point >> 6), last(0))
  else if (point < 0x10000) bytes.push(0xe0 | (point >> 12), last(6), last(0))
  else bytes.push(0xf0 | (point >> 18), last(12), last(6), last(0))
}

/** @returns `undefined` for what is not hexadecimal. */
export function hexToBase64(hex: string): string | undefined {
  const bare = hex.replaceAll(/\s+/g, '')
  if (!/^([0-9A-Fa-f]{2})+$/.test(bare)) return undefined
  return bytesToBase64((bare.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16)))
}

function bytesToBase64(bytes: readonly number[]): string {
  const letter = (bits: number, shift: number) => alphabet.charAt((bits >> shift) & 63)
  const groups: string[] = []
  for (let at = 0; at < bytes.length; at += 3) {
    const bits = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0)
    groups.push(letter(bits, 18) + letter(bits, 12) + letter(bits, 6) + letter(bits, 0))
  }
  const padding = (3 - (bytes.length % 3)) % 3
  return groups.join('').slice(0, -padding || undefined) + '='.repeat(padding)
}
