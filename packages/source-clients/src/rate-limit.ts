import { OutcomeError } from '@chesil/fhir'

export interface RateLimitOptions {
  /** A whole number, at least 1. */
  readonly perSecond: number
  /** Milliseconds since 1970: `Date.now`. */
  readonly now: () => number
}

const secondMs = 1_000

/**
 * Lets at most `perSecond` callers through in any one second, in the order they came.
 *
 * @returns a function that resolves when the caller may go. It throws OutcomeError `throttled` when the
 *   caller's signal ends first; its place then goes to the next.
 */
export function createRateLimit({
  perSecond,
  now
}: RateLimitOptions): (signal: AbortSignal) => Promise<void> {
  const waiting = new Set<() => void>()
  /** When the last `perSecond` callers went, oldest first. */
  const gone: number[] = []
  let isTimed = false

  function msUntilFree(): number {
    const time = now()
    // After the clock was set back, those in its future count as having gone just now.
    for (const [index, at] of gone.entries()) gone[index] = Math.min(at, time)
    const [oldest] = gone
    return oldest === undefined || gone.length < perSecond ? 0 : oldest + secondMs - time
  }

  function admit(): void {
    for (const go of waiting) {
      const waitMs = msUntilFree()
      if (waitMs > 0) {
        if (!isTimed) setTimeout(wake, waitMs)
        isTimed = true
        return
      }
      if (gone.length === perSecond) gone.shift()
      gone.push(now())
      waiting.delete(go)
      go()
    }
  }

  function wake(): void {
    isTimed = false
    admit()
  }

  return (signal) =>
    new Promise((resolve, reject) => {
      const refuse = () => {
        waiting.delete(go)
        reject(new OutcomeError('throttled', 'Too many requests are waiting for the same service'))
      }
      const go = () => {
        signal.removeEventListener('abort', refuse)
        resolve()
      }
      if (signal.aborted) return refuse()
      signal.addEventListener('abort', refuse, { once: true })
      waiting.add(go)
      admit()
    })
}
