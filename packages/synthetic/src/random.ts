/** Repeatable chance: the same seed gives the same sequence on every machine. */
export interface Random {
  /** At least 0, below 1. */
  fraction(): number
  /** Both ends included. */
  integer(low: number, high: number): number
  /** @throws RangeError when there is nothing to choose from. */
  pick<T>(items: readonly T[]): T
  chance(probability: number): boolean
  /** Shaped like a version 4 UUID, in lower case. */
  uuid(): string
}

/**
 * xoshiro128**, its state spread from the seed's FNV-1a hash by splitmix32. Good for test data, useless
 * for secrets.
 *
 * @see https://prng.di.unimi.it/
 */
export function createRandom(seed: string): Random {
  const word = createWords(seed)
  const fraction = () => word() / 4_294_967_296
  const integer = (low: number, high: number) => low + Math.floor(fraction() * (high - low + 1))
  const hex = () => word().toString(16).padStart(8, '0')
  return {
    fraction,
    integer,
    pick(items) {
      if (items.length === 0) throw new RangeError('Nothing to choose from')
      return items[integer(0, items.length - 1)] as (typeof items)[number]
    },
    chance: (probability) => fraction() < probability,
    uuid() {
      const digits = `${hex()}${hex()}${hex()}${hex()}`
      const variant = '89ab'[integer(0, 3)]
      return [
        digits.slice(0, 8),
        digits.slice(8, 12),
        `4${digits.slice(13, 16)}`,
        `${variant}${digits.slice(17, 20)}`,
        digits.slice(20)
      ].join('-')
    }
  }
}

/** @returns a function that gives the next whole number from 0 to 2³² − 1. */
function createWords(seed: string): () => number {
  const spread = splitMix(fnv1a(seed))
  let [a, b, c, d] = [spread(), spread(), spread(), spread()] as [number, number, number, number]
  return () => {
    const word = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0
    const shifted = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = rotate(d, 11)
    return word
  }
}

function splitMix(start: number): () => number {
  let state = start
  return () => {
    state = (state + 0x9e3779b9) | 0
    let mixed = state ^ (state >>> 16)
    mixed = Math.imul(mixed, 0x21f0aaad)
    mixed ^= mixed >>> 15
    mixed = Math.imul(mixed, 0x735a2d97)
    return mixed ^ (mixed >>> 15)
  }
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash
}

const rotate = (word: number, by: number): number => (word << by) | (word >>> (32 - by))
