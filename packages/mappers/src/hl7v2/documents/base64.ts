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
  const escapes = encodeURIComponent(text.toWellFormed())
  const bytes = (escapes.match(/%[0-9A-F]{2}|./g) ?? []).map((one) =>
    one.length === 1 ? one.charCodeAt(0) : Number.parseInt(one.slice(1), 16)
  )
  return bytesToBase64(bytes)
}

/** @returns `undefined` for what is not hexadecimal. */
export function hexToBase64(hex: string): string | undefined {
  const bare = hex.replaceAll(/\s+/g, '')
  if (!/^([0-9A-Fa-f]{2})+$/.test(bare)) return undefined
  return bytesToBase64((bare.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16)))
}

function bytesToBase64(bytes: readonly number[]): string {
  const groups: string[] = []
  for (let at = 0; at < bytes.length; at += 3) {
    const [a = 0, b, c] = bytes.slice(at, at + 3)
    const bits = (a << 16) | ((b ?? 0) << 8) | (c ?? 0)
    const letters = [18, 12, 6, 0].map((shift) => alphabet.charAt((bits >> shift) & 63))
    const used = b === undefined ? 2 : c === undefined ? 3 : 4
    groups.push(letters.slice(0, used).join('').padEnd(4, '='))
  }
  return groups.join('')
}
