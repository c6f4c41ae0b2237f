import { OutcomeError } from '@chesil/fhir'
import { createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey } from 'jose'
import type { Fetch } from './fetch.ts'

/** After this, the keys are fetched again before a token is believed, so that a withdrawn key goes. */
const refreshMs = 600_000
/** After this without a successful fetch, the keys are no longer believed. */
const maxAgeMs = 43_200_000
/** Between two fetches, whatever tokens arrive: unknown keys are free to invent. */
const minIntervalMs = 30_000
/** The same while no key is held at all, as when both ends are starting. */
const minIntervalWithoutKeysMs = 1_000
const timeoutMs = 3_000

/**
 * The public keys of one issuer. Held keys go on working while the issuer is down, for 12 hours.
 *
 * @returns a resolver for jose. It throws jose's errors where the key is unknown, and OutcomeError
 *   `unavailable` where no keys can be had.
 */
export function createKeySet(options: { url: string; fetch: Fetch; now: () => number }): JWTVerifyGetKey {
  let lastFetch = Number.NEGATIVE_INFINITY
  const keys = createRemoteJWKSet(new URL(options.url), {
    timeoutDuration: timeoutMs,
    cooldownDuration: minIntervalMs,
    cacheMaxAge: maxAgeMs,
    // jose cools down after a fetch that succeeded; a failing one must not be repeated for each token either.
    [customFetch]: async (url, init) => {
      const interval = keys.jwks() ? minIntervalMs : minIntervalWithoutKeysMs
      if (options.now() - lastFetch < interval)
        throw new errors.JOSEError('The key set was asked for a moment ago')
      lastFetch = options.now()
      return options.fetch(url, init)
    }
  })

  return async (header, token) => {
    if (keys.fresh && options.now() - lastFetch >= refreshMs) await keys.reload().catch(() => undefined)
    try {
      return await keys(header, token)
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys)
        throw error
      // Keys are held and this one is not among them; that the issuer could not be asked again changes nothing.
      if (keys.fresh) throw new errors.JWKSNoMatchingKey()
      throw new OutcomeError(
        'unavailable',
        'The keys that sign-in tokens are checked with cannot be had at present'
      )
    }
  }
}
