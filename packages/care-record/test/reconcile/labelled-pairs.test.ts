import { describe, expect, test } from 'vitest'
import { reconcile } from '../../src/index.ts'
import { item } from './items.ts'
import { allergyScenarios } from './labelled/allergies.ts'
import type { Label, Scenario } from './labelled/labelled.ts'
import { medicineScenarios } from './labelled/medicines.ts'
import { otherScenarios } from './labelled/others.ts'
import { problemScenarios } from './labelled/problems.ts'
import { resultScenarios } from './labelled/results.ts'

const scenarios = [
  ...allergyScenarios,
  ...medicineScenarios,
  ...problemScenarios,
  ...resultScenarios,
  ...otherScenarios
]
const labels = ['same', 'different', 'conflict'] as const

/** What reconciling says of two entries and nothing else. */
function judged({ pair, oneSource }: Scenario, code: string): Label {
  const [a, b] = pair(code)
  const { groups } = reconcile([item('1', 'one', a), item('2', oneSource ? 'one' : 'two', b)])
  if (groups.length === 2) return 'different'
  return groups[0]?.conflicts.length === 0 ? 'same' : 'conflict'
}

const pairs = scenarios.flatMap((scenario) =>
  scenario.of.map((code) => ({
    ...scenario,
    code,
    type: scenario.pair(code)[0].resourceType,
    judged: judged(scenario, code)
  }))
)

const share = (part: number, whole: number): number => (whole === 0 ? 1 : part / whole)
function figures(some: typeof pairs, label: Label) {
  const right = some.filter((pair) => pair.label === label && pair.judged === label).length
  const [said, wanted] = [
    some.filter((pair) => pair.judged === label).length,
    some.filter((pair) => pair.label === label).length
  ]
  return { precision: share(right, said), recall: share(right, wanted), pairs: wanted }
}

describe('pairs labelled by hand, by whoever wrote them', () => {
  test('are at least 300, and 40 of the scenarios are near misses', () => {
    expect(pairs.length).toBeGreaterThanOrEqual(300)
    expect(scenarios.filter(({ hard }) => hard).length).toBeGreaterThanOrEqual(40)
  })

  test.each(labels)('that are “%s” are judged with precision 0.99 and recall 0.95', (label) => {
    const wrong = pairs.filter(
      (pair) => pair.judged !== pair.label && [pair.label, pair.judged].includes(label)
    )
    const said = wrong.map(({ why, code, type, judged: as }) => `${type} ${code}: ${why} → ${as}`).join('\n')
    const { precision, recall } = figures(pairs, label)
    expect(precision, said).toBeGreaterThanOrEqual(0.99)
    expect(recall, said).toBeGreaterThanOrEqual(0.95)
  })

  test('figures by label and type', () => {
    const rows = [...Map.groupBy(pairs, ({ type }) => type as string), ['all', pairs] as const].flatMap(
      ([type, some]) => labels.map((label) => ({ type, label, ...figures(some, label) }))
    )
    const text = rows
      .filter(({ pairs: count }) => count > 0)
      .map(
        ({ type, label, precision, recall, pairs: count }) =>
          `${type} ${label} (${count}): precision ${precision.toFixed(3)}, recall ${recall.toFixed(3)}`
      )
    process.stdout.write(`${text.join('\n')}\n`)
    expect(text.length).toBeGreaterThan(10)
  })
})
