import { createHash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import type { ViewItem } from '../view/person-view.ts'

/**
 * An ETag for an answer made of many parts: equal when it says the same. Weak, because ages in its text move
 * on while what it says does not.
 */
export const etagOf = (parts: readonly string[]): string =>
  `W/"${createHash('sha256').update(JSON.stringify(parts)).digest('base64url')}"`

/**
 * The ETag of one resource: its version, and what makes it another answer than the version as it is kept.
 *
 * @see https://hl7.org/fhir/R4/http.html#versioning
 */
export function itemEtag({
  version,
  isAsKept,
  body
}: Pick<ViewItem, 'version' | 'isAsKept' | 'body'>): string {
  if (isAsKept) return `W/"${version}"`
  return `W/"${version}.${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
}

/** @see https://www.rfc-editor.org/rfc/rfc9110#name-if-none-match */
export function isUnmodified({ headers }: FastifyRequest, etag: string): boolean {
  const known = String(headers['if-none-match'] ?? '')
  return known !== '' && known.split(',').some((one) => one.trim() === '*' || opaque(one) === opaque(etag))
}

const opaque = (etag: string): string => etag.trim().replace(/^W\//, '')
