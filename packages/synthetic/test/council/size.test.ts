import { performance } from 'node:perf_hooks'
import { expect, test } from 'vitest'
import { councilPeople, councilSubmission, writeCldCsv } from '../../src/index.ts'
import { council, demoPeople, practices, quarter } from './submissions.ts'

test('a council of 25,000 people is 100,000 rows, in seconds and no more memory than a few', () => {
  const people = councilPeople({ seed: 'size', count: 25_000, practices, first: demoPeople })
  let rows = 0
  function* counted() {
    for (const row of councilSubmission({
      seed: 'size',
      people,
      council,
      period: quarter(2026, 3),
      release: 1
    })) {
      rows++
      yield row
    }
  }
  const begun = performance.now()
  const before = process.memoryUsage().heapUsed
  let [characters, most, chunks] = [0, 0, 0]
  for (const chunk of writeCldCsv(counted(), { release: 1 })) {
    characters += chunk.length
    if (chunks++ % 20 === 0) most = Math.max(most, process.memoryUsage().heapUsed - before)
  }
  expect(rows).toBeGreaterThan(90_000)
  expect(characters).toBeGreaterThan(40_000_000)
  // What waits to be collected is in it: the text alone would be more.
  expect(most / 1_048_576).toBeLessThan(150)
  expect(performance.now() - begun).toBeLessThan(10_000)
}, 30_000)

test('more people are the same people and others', () => {
  const some = [...councilPeople({ seed: 'size', count: 1_200, practices, first: demoPeople })]
  const more = [...councilPeople({ seed: 'size', count: 2_000, practices, first: demoPeople })]
  expect(some).toHaveLength(1_200)
  expect(more.slice(0, 1_200)).toEqual(some)
  expect(some.slice(0, demoPeople.length)).toEqual(demoPeople)
  expect(new Set(more.map(({ nhsNumber }) => nhsNumber)).size).toBe(2_000)
})
