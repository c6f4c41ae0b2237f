const minute = 60_000
const hour = 60 * minute

/**
 * Waits between attempts: the first is made at once, the last some 75 hours later.
 *
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#retry-schedule
 */
export const waits: readonly number[] = [
  5_000,
  5 * minute,
  30 * minute,
  2 * hour,
  5 * hour,
  10 * hour,
  14 * hour,
  20 * hour,
  24 * hour
]

const jitter = 0.1
const longestRetryAfterMs = 24 * hour

export interface Attempted {
  /** 1: the first. */
  readonly attempt: number
  /** ms since 1970 */
  readonly now: number
  /** As the subscriber sent it: seconds or a date. */
  readonly retryAfter?: string | undefined
  /** In [0, 1). */
  readonly random: number
}

/** @returns ms since 1970; `undefined`: that was the last attempt. */
export function nextAttemptAt({ attempt, now, retryAfter, random }: Attempted): number | undefined {
  const wait = waits[attempt - 1]
  if (wait === undefined) return undefined
  const usual = wait * (1 + (random * 2 - 1) * jitter)
  const asked = Math.min(retryAfterMs(retryAfter, now), longestRetryAfterMs)
  return Math.round(now + Math.max(usual, asked))
}

/** What cannot be read asks for nothing. */
function retryAfterMs(text: string | undefined, now: number): number {
  if (text === undefined) return 0
  if (/^\d{1,9}$/.test(text.trim())) return Number(text) * 1_000
  const at = Date.parse(text)
  return Number.isNaN(at) ? 0 : Math.max(at - now, 0)
}

/** Longer than all attempts at one event take. */
export const givenUpAfterMs = 76 * hour

const firstPauseMs = 5_000
const longestPauseMs = 5 * minute

/**
 * How long nothing more is sent to a subscriber who has not answered, whatever waits for it.
 *
 * @param failures In a row, before this one.
 * @returns ms since 1970
 */
export function pausedUntil({
  failures,
  now,
  retryAfter
}: Pick<Attempted, 'now' | 'retryAfter'> & { readonly failures: number }): number {
  const pause = Math.min(firstPauseMs * 2 ** failures, longestPauseMs)
  return now + Math.max(pause, Math.min(retryAfterMs(retryAfter, now), longestRetryAfterMs))
}
