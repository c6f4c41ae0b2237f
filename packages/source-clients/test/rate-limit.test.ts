import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createRateLimit } from '../src/rate-limit.ts'

beforeEach(() => {
  vi.useFakeTimers({ now: 1_772_442_000_000 })
})
afterEach(() => {
  vi.useRealTimers()
})

const never = new AbortController().signal
const createLimit = (perSecond = 5) => createRateLimit({ perSecond, now: () => Date.now() })

/** When each of `count` callers went, in milliseconds from now. */
async function goneAt(turn: ReturnType<typeof createLimit>, count: number): Promise<number[]> {
  const start = Date.now()
  const times: number[] = []
  const turns = Array.from({ length: count }, () => turn(never).then(() => times.push(Date.now() - start)))
  await vi.runAllTimersAsync()
  await Promise.all(turns)
  return times
}

test('the first go at once, and as many each second after', async () => {
  expect(await goneAt(createLimit(), 12)).toEqual([0, 0, 0, 0, 0, 1000, 1000, 1000, 1000, 1000, 2000, 2000])
})

test('the places of a second come back one by one, as they were taken', async () => {
  const turn = createLimit(2)
  await turn(never)
  await vi.advanceTimersByTimeAsync(400)
  expect(await goneAt(turn, 3)).toEqual([0, 600, 1000])
})

/** A linear congruential generator: the same sequence for the same seed. */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296
    return state / 4_294_967_296
  }
}

test.each(Array.from({ length: 50 }, (_, seed) => ({ seed })))(
  'no second sees more than its share, all who stay are served in order, and none waits for nothing (seed $seed)',
  async ({ seed }) => {
    const random = createRandom(seed)
    const perSecond = 1 + Math.floor(random() * 6)
    const turn = createLimit(perSecond)
    const gone: { caller: number; at: number }[] = []
    const outcomes: Promise<void>[] = []
    const leavers = new Set<number>()
    for (let caller = 0; caller < 60; caller++) {
      const signal = random() < 0.3 ? AbortSignal.timeout(Math.floor(random() * 3000)) : never
      outcomes.push(
        turn(signal).then(
          () => void gone.push({ caller, at: Date.now() }),
          () => void leavers.add(caller)
        )
      )
      await vi.advanceTimersByTimeAsync(Math.floor(random() * random() * 600))
    }
    await vi.runAllTimersAsync()
    await Promise.all(outcomes)

    expect(gone.map(({ caller }) => caller)).toEqual(
      gone.map(({ caller }) => caller).toSorted((a, b) => a - b)
    )
    expect(gone.length + leavers.size).toBe(60)
    for (const [index, { at }] of gone.entries()) {
      const before = gone[index - perSecond]
      expect(at - (before?.at ?? Number.NEGATIVE_INFINITY)).toBeGreaterThanOrEqual(1000)
    }
  }
)

test('a caller that leaves is told so, and its place goes to the next', async () => {
  const turn = createLimit(1)
  await turn(never)
  const leaver = new AbortController()
  const left = turn(leaver.signal).catch((error: unknown) => error)
  const next = goneAt(turn, 1)
  leaver.abort()
  expect(await left).toMatchObject({ kind: 'throttled' })
  expect(await next).toEqual([1000])
})

test('a caller whose signal has ended takes no place', async () => {
  const turn = createLimit(1)
  await expect(turn(AbortSignal.abort())).rejects.toMatchObject({ kind: 'throttled' })
  expect(await goneAt(turn, 1)).toEqual([0])
})

test('a clock that is set back holds nobody for more than a second', async () => {
  const turn = createLimit(1)
  await turn(never)
  const gone = vi.fn()
  const pending = turn(never).then(gone)
  vi.setSystemTime(Date.now() - 3_600_000)
  await vi.advanceTimersByTimeAsync(2000)
  expect(gone).toHaveBeenCalled()
  await pending
})
