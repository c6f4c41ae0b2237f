import { type Load, measure, median, type Rate } from './load.ts'

export type Target = Pick<Load, 'url' | 'headers'>

export interface Turns {
  readonly connections: number
  readonly seconds: number
  readonly rounds: number
}

/**
 * Medians over the rounds. All targets take turns in every round, so that what slows the machine for a while slows
 * each of them. The first second of each warms up.
 */
export async function compare<Name extends string>(
  targets: Readonly<Record<Name, Target>>,
  { connections, seconds, rounds }: Turns
): Promise<Readonly<Record<Name, Rate>>> {
  const names = Object.keys(targets) as Name[]
  const measured = new Map<Name, Rate[]>(names.map((name) => [name, []]))
  for (const name of names) await measure({ ...targets[name], connections, seconds: 1 })
  for (let round = 0; round < rounds; round++) {
    for (const [name, rates] of measured) {
      rates.push(await measure({ ...targets[name], connections, seconds }))
    }
  }
  return Object.fromEntries([...measured].map(([name, rates]) => [name, medians(rates)])) as Record<
    Name,
    Rate
  >
}

const medians = (rates: readonly Rate[]): Rate => ({
  perSecond: median(rates.map(({ perSecond }) => perSecond)),
  p50Ms: median(rates.map(({ p50Ms }) => p50Ms)),
  p99Ms: median(rates.map(({ p99Ms }) => p99Ms))
})
