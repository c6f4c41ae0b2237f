import { isWithinJsonLimits } from './json-limits.ts'

const decoder = new TextDecoder('utf-8', { fatal: true })

/** @returns why a body is not JSON that can be read, in words for its sender. */
export function readJson(bytes: Uint8Array): { readonly json: unknown } | { readonly fault: string } {
  try {
    const text = decoder.decode(bytes)
    if (!isWithinJsonLimits(text))
      return { fault: 'The body is nested more than 64 deep, or holds more than a million values: send less' }
    return { json: JSON.parse(text) }
  } catch {
    return { fault: 'The body is not JSON in UTF-8' }
  }
}
