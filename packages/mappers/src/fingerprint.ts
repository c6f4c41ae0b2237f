import { isJson, type Json } from './json.ts'

/** Deeper than any resource; a hostile one is cut here. */
const deepest = 60

/** The same text for the same content, whatever the order of its keys. Versions and dates of the source's copy are left out. */
export function contentOf(source: Json): string {
  const security = isJson(source['meta']) ? source['meta']['security'] : undefined
  return write({ ...source, meta: security }, 0)
}

function write(value: unknown, depth: number): string {
  if (depth > deepest) return '…'
  if (Array.isArray(value)) return `[${value.map((item) => write(item, depth + 1)).join(',')}]`
  if (!isJson(value)) return JSON.stringify(value) ?? ''
  const keys = Object.keys(value).filter((key) => value[key] !== undefined)
  return `{${keys
    .sort()
    .map((key) => `${JSON.stringify(key)}:${write(value[key], depth + 1)}`)
    .join(',')}}`
}

/**
 * A short name for a text, the same for ever: FNV-1a twice, the second time over the places of the letters
 * too. It tells the items of one record apart and protects nothing.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9923
 */
export function fingerprint(content: string): string {
  const prime = 16_777_619
  let first = 2_166_136_261
  let second = 2_166_136_261
  for (let place = 0; place < content.length; place++) {
    const letter = content.charCodeAt(place)
    first = Math.imul(first ^ letter, prime)
    second = Math.imul(second ^ letter ^ (place << 8), prime)
  }
  return [first, second].map((half) => (half >>> 0).toString(36)).join('-')
}
