import type { Said } from '../items.ts'

export type Label = 'same' | 'different' | 'conflict'

/** Two entries as a clinician judged them, once for each code given: whether they are one thing, and whether they agree. */
export interface Scenario {
  readonly label: Label
  /** What the clinician says. */
  readonly why: string
  /** A near miss. */
  readonly hard?: true
  /** Both are of one source. */
  readonly oneSource?: true
  /** Codes of `packages/synthetic`, with their words. */
  readonly of: readonly string[]
  readonly pair: (code: string) => readonly [Said, Said]
}

export const id = (code: string): string => code.replace(/^\w+:/, '').split(' ')[0] ?? ''
/** The same id, written under dm+d's system. */
export const dmd = (code: string): string => `dmd:${code}`
/** The words alone. */
export const words = (code: string): string => `text:${code.split(' ').slice(1).join(' ')}`
