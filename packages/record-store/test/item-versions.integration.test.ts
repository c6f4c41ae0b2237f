import { describe, expect, test } from 'vitest'
import { useDatabase } from '../../../tests/support/store.ts'
import { noteItemVersions } from '../src/index.ts'

const { database: db } = useDatabase()
const tell = (source: string, ...told: [item: string, version: number][]) =>
  noteItemVersions(
    db(),
    source,
    told.map(([item, version]) => ({ item, version }))
  )

describe('versions of an item that have not come', () => {
  test('are those between the first and the last that did, whatever their order', async () => {
    expect(await tell('a', ['Observation/o1', 5])).toEqual([])
    expect(await tell('a', ['Observation/o1', 2])).toEqual([{ item: 'Observation/o1', missing: [3, 4] }])
    expect(await tell('a', ['Observation/o1', 3])).toEqual([{ item: 'Observation/o1', missing: [4] }])
    expect(await tell('a', ['Observation/o1', 4])).toEqual([])
  })

  test('are told of the items just sent, and of that source', async () => {
    await tell('b', ['Observation/o1', 1], ['Observation/o1', 3])
    expect(await tell('b', ['Observation/o2', 9])).toEqual([])
    expect(await tell('c', ['Observation/o1', 4])).toEqual([])
  })

  test('are the latest twenty of an item, where its source counts by time', async () => {
    await tell('d', ['Observation/o1', 1_000_000], ['Observation/o1', 900_000_000])
    const [gap] = await tell('d', ['Observation/o1', 899_999_990])
    expect(gap?.missing).toHaveLength(20)
    expect(gap?.missing.at(-1)).toBe(899_999_999)
    expect(gap?.missing).toEqual([...(gap?.missing ?? [])].sort((a, b) => a - b))
  })

  test('are of twenty items at most', async () => {
    const items = Array.from({ length: 50 }, (_, n): [string, number][] => [
      [`Observation/i${n}`, 1],
      [`Observation/i${n}`, 3]
    ])
    expect(await tell('e', ...items.flat())).toHaveLength(20)
  })
})
