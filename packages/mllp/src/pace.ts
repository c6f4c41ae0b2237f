export interface PaceLimits {
  /** Of one connection, a frame counting for 1 KiB at least; as much again may come at once, and no more than 1 MiB. */
  readonly maxBytesPerSecond: number
  /**
   * Milliseconds that a connection rests after the third frame in a row that was refused or never ended, twice as many
   * after each one more, and no more than `maxRestMs`.
   */
  readonly restMs: number
  readonly maxRestMs: number
}

/** What a frame costs us does not get less with its size. */
const leastFrameBytes = 1_024

/** What is read without a pause keeps others from being answered. */
const mostAtOnce = 2 ** 20

/** A sender that is well has some messages refused. */
const forgiven = 2
/** A 32nd is left, at which a message of some kilobytes still comes at once. */
const mostHalvings = 5

/** @returns how long whoever has gone wrong so many times in a row rests, in milliseconds. */
export const restAfter = (mistakes: number, { restMs, maxRestMs }: Omit<PaceLimits, 'maxBytesPerSecond'>) =>
  mistakes <= forgiven ? 0 : Math.min(restMs * 2 ** Math.min(mistakes - forgiven - 1, 30), maxRestMs)

/**
 * How fast a connection may go. Whoever sends what is of no use is slowed down, so that it takes from others neither
 * time nor turns; a frame that is taken puts that right.
 *
 * @param onRested Called when a rest is over.
 * @param onTaken Called with each frame that is of use.
 */
export function createPace(limits: PaceLimits, onRested: () => void, onTaken: () => void) {
  let perSecond = limits.maxBytesPerSecond
  const atOnce = () => Math.min(perSecond, mostAtOnce)
  let allowance = atOnce()
  let countedAt = Date.now()
  let mistakes = 0
  let restsUntil = 0
  let timer: NodeJS.Timeout | undefined
  let isOver = false

  function rest(ms: number): void {
    const until = Date.now() + ms
    if (ms === 0 || until <= restsUntil) return
    restsUntil = until
    clearTimeout(timer)
    timer = setTimeout(() => {
      timer = undefined
      onRested()
    }, ms).unref()
  }

  function charge(bytes: number): void {
    const now = Date.now()
    const regained = ((now - countedAt) / 1_000) * perSecond
    allowance = Math.min(atOnce(), allowance + regained) - bytes
    countedAt = now
    if (allowance < 0) rest(Math.ceil((-allowance / perSecond) * 1_000))
  }

  return {
    mayRead: () => timer === undefined,
    mayBegin: () => isOver || timer === undefined,
    rest,
    /** Whose address has gone wrong so many times in a row is read from the more slowly. */
    beginSlowly(mistakes: number): void {
      rest(restAfter(mistakes, limits))
      perSecond = limits.maxBytesPerSecond / 2 ** Math.min(Math.max(0, mistakes - forgiven), mostHalvings)
      allowance = Math.min(allowance, atOnce())
    },
    read: charge,
    framed: (bytes: number) => charge(Math.max(0, leastFrameBytes - bytes)),
    taken(): void {
      mistakes = 0
      perSecond = limits.maxBytesPerSecond
      onTaken()
    },
    mistaken(): void {
      mistakes++
      if (!isOver) rest(restAfter(mistakes, limits))
    },
    /** What there is, is answered without a rest; what still comes is of no interest, and read no faster than the rest. */
    end(): void {
      isOver = true
    }
  }
}

export type Pace = ReturnType<typeof createPace>
