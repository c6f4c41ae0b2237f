import { createHash } from 'node:crypto'
import { OutcomeError } from '@chesil/fhir'
import type { FastifyRequest } from 'fastify'
import type { ViewItem } from '../view/view-item.ts'

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
  return known !== '' && isListed(known, etag)
}

/**
 * For a reader who wants this wording or none. Weakly compared, as FHIR's version-aware requests are.
 *
 * @throws OutcomeError `preconditionFailed`.
 * @see https://hl7.org/fhir/R4/http.html#concurrency
 */
export function assertMatches({ headers }: FastifyRequest, etag: string): void {
  const wanted = headers['if-match']
  if (wanted !== undefined && !isListed(wanted, etag))
    throw new OutcomeError('preconditionFailed', 'It is another wording now: read it again')
}

const isListed = (etags: string, etag: string): boolean =>
  etags.split(',').some((one) => one.trim() === '*' || opaque(one) === opaque(etag))

const opaque = (etag: string): string => etag.trim().replace(/^W\//, '')
