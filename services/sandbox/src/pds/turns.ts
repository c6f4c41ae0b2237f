/** Counts requests a second, as PDS does: what was not used is saved up for one second and no longer. */
export interface Turns {
  /** @returns whether there is one left at that rate. */
  take(perSecond: number): boolean
}

/** @param now Milliseconds since 1970. */
export function createTurns(now: () => number): Turns {
  let left = Number.POSITIVE_INFINITY
  let countedAt = now()
  return {
    take(perSecond) {
      const at = now()
      const capacity = Math.max(1, perSecond)
      left = Math.min(capacity, left + ((at - countedAt) / 1000) * perSecond)
      countedAt = at
      if (left < 1) return false
      left -= 1
      return true
    }
  }
}
