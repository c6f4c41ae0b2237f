import { createHash } from 'node:crypto'
import type { Claims } from './claims.ts'

/** Milliseconds for which a token need not be verified again. */
const holdMs = 60_000

/**
 * Tokens verified a moment ago, by their hash, so that one reader's next request costs no signature check.
 * Holds no token: a memory dump must not give anyone a session.
 *
 * @param capacity Entries; the oldest gives way.
 * @param now Milliseconds since 1970.
 */
export function createVerifiedTokens({ capacity, now }: { capacity: number; now: () => number }) {
  const held = new Map<string, { readonly claims: Claims; readonly until: number }>()

  return {
    find(token: string): Claims | undefined {
      const key = hash(token)
      const entry = held.get(key)
      if (entry && now() < entry.until) return entry.claims
      held.delete(key)
      return undefined
    },
    keep(token: string, claims: Claims): void {
      const oldest = held.size >= capacity ? held.keys().next().value : undefined
      if (oldest !== undefined) held.delete(oldest)
      held.set(hash(token), { claims, until: Math.min(now() + holdMs, claims.exp * 1000) })
    }
  }
}

const hash = (token: string): string => createHash('sha256').update(token).digest('base64')
