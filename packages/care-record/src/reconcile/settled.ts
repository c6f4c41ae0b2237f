import type { Aspect } from './kind.ts'

/** How settled a result or report is; the most settled leads. */
const order = ['amended', 'final', 'preliminary', 'cancelled'] as const
const classes: ReadonlyMap<string, (typeof order)[number]> = new Map([
  ['amended', 'amended'],
  ['corrected', 'amended'],
  ['appended', 'amended'],
  ['final', 'final'],
  ['preliminary', 'preliminary'],
  ['partial', 'preliminary'],
  ['registered', 'preliminary'],
  ['cancelled', 'cancelled']
])

export function settledRank(status: string): number {
  const settled = classes.get(status)
  return settled ? order.indexOf(settled) : order.length
}

/** What is of unknown status contradicts nothing. */
export function settledAspect(status: string): readonly Aspect[] {
  const value = classes.get(status)
  return value ? [{ kind: 'status', value, words: status }] : []
}
