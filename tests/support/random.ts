/** The seed of this run: `SEED=… npm test -- tests/faults` replays it. */
export const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31))

/** mulberry32: the same seed, the same faults. @returns numbers in [0, 1). */
export function createRandom(from = seed): () => number {
  let state = from >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
