import type { Answer } from './outbound/outbound.ts'

/** Whatever an endpoint wishes: an hour's silence would hide its record from every reader. */
const longestMs = 120_000

/**
 * @param now ms since 1970
 * @returns for how long an endpoint that is overloaded asks not to be asked; 0 when it does not.
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export function retryAfterMs({ status, retryAfter }: Answer, now: number): number {
  if (retryAfter === undefined || (status !== 429 && status !== 503)) return 0
  const text = retryAfter.trim()
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), longestMs) : 0
}
