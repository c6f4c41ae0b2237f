import { createHash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'

/**
 * An ETag for an answer made of many parts: equal when it says the same. Weak, because ages in its text move
 * on while what it says does not.
 */
export const etagOf = (parts: readonly string[]): string =>
  `W/"${createHash('sha256').update(JSON.stringify(parts)).digest('base64url')}"`

/** @see https://www.rfc-editor.org/rfc/rfc9110#name-if-none-match */
export function isUnmodified({ headers }: FastifyRequest, etag: string): boolean {
  const known = String(headers['if-none-match'] ?? '')
  return known !== '' && known.split(',').some((one) => one.trim() === '*' || opaque(one) === opaque(etag))
}

const opaque = (etag: string): string => etag.trim().replace(/^W\//, '')
