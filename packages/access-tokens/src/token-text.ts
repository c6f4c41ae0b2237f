import { base64url } from 'jose'
import { refuseToken } from './refusal.ts'

/** Above what an honest token needs, below what Node takes as headers. */
export const maxTokenLength = 16_384

/** To the letter: jose's decoder skips white space, and one token must not have two spellings. */
const compact = /^([\w-]+)\.([\w-]+)\.[\w-]+$/

/** Headers by which a token could choose the key that it is judged by. */
const foreignKeyHeaders = ['jku', 'jwk', 'x5u', 'x5c']

/**
 * Refuses what jose would let pass or fetch keys for, before any cryptography: tokens that are too large
 * to parse, name a member twice (parsers differ in which one they believe), bring their own key, or are
 * of another kind.
 *
 * @param types Accepted `typ` headers, in lower case, without `application/`.
 * @throws OutcomeError `unauthenticated`.
 * @see https://www.rfc-editor.org/rfc/rfc8725#section-3
 */
export function checkTokenText(token: string, types: readonly string[]): void {
  if (token.length > maxTokenLength) throw refuseToken('too-large')
  const [, header, claims] = compact.exec(token) ?? []
  if (header === undefined || claims === undefined) throw refuseToken('malformed')
  checkHeader(readObject(header), types)
  readObject(claims)
}

function checkHeader(header: Record<string, unknown>, types: readonly string[]): void {
  if (foreignKeyHeaders.some((name) => Object.hasOwn(header, name))) throw refuseToken('foreign-key')
  if (Object.hasOwn(header, 'crit')) throw refuseToken('critical')
  const { typ, kid } = header
  if (typeof typ !== 'string' || !types.includes(typ.toLowerCase().replace(/^application\//, ''))) {
    throw refuseToken('type')
  }
  if (typeof kid !== 'string' || kid === '') throw refuseToken('unknown-key')
}

function readObject(encoded: string): Record<string, unknown> {
  let text: string
  let value: unknown
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(base64url.decode(encoded))
    value = JSON.parse(text)
  } catch {
    throw refuseToken('malformed')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refuseToken('malformed')
  if (hasDuplicateMember(text)) throw refuseToken('duplicate-member')
  return value as Record<string, unknown>
}

/** In valid JSON, a string is a member's name where a colon follows; outside strings, braces nest. */
const tokens = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}]/g

/** @param json Valid JSON. @returns whether an object in it, at any depth, names a member twice. */
export function hasDuplicateMember(json: string): boolean {
  const open: Set<string>[] = []
  for (const [token, colon] of json.matchAll(tokens)) {
    if (token === '{') open.push(new Set())
    else if (token === '}') open.pop()
    else if (colon !== undefined) {
      // Compared as parsed: "iss" and "\u0069ss" are one name.
      const name = JSON.parse(token.slice(0, -colon.length)) as string
      const names = open.at(-1)
      if (names?.has(name)) return true
      names?.add(name)
    }
  }
  return false
}
