import { findDateInterval } from '@chesil/fhir'

/** When something was, as exactly as its source says. */
export interface When {
  /** ms since 1970 */
  readonly low: number
  /** Exclusive. */
  readonly high: number
  /** 0 an instant, 1 a day, 2 a month, 3 a year. */
  readonly vagueness: number
}

/** Vaguer than any date. */
export const undated = 4

/** Many systems write midnight where they know no time. */
const midnight = /T00:00(:00(\.0+)?)?(?=$|Z|[+-])/

/** @returns `undefined` for what is absent or no date. */
export function whenOf(text: string | undefined): When | undefined {
  if (text === undefined) return undefined
  const known = midnight.test(text) ? text.slice(0, 10) : text
  const interval = findDateInterval(known)
  return interval && { ...interval, vagueness: vaguenessOf(known) }
}

const vaguenessOf = ({ length }: string): number => (length > 10 ? 0 : length > 7 ? 1 : length > 4 ? 2 : 3)

/** They can be the same, as far as each says. */
export const mayCoincide = (a: Pick<When, 'low' | 'high'>, b: Pick<When, 'low' | 'high'>): boolean =>
  a.low < b.high && b.low < a.high

/** Exactly the same instant, which both know. */
export const isSameInstant = (a: When, b: When): boolean =>
  a.vagueness === 0 && b.vagueness === 0 && a.low === b.low
