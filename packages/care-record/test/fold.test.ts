import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  compareOrder,
  type FoldInput,
  type FoldInputItem,
  type FoldState,
  foldContribution,
  type SourceOrder
} from '../src/index.ts'

const at = (n: number): SourceOrder => ({
  time: new Date(Date.UTC(2026, 0, 1, 0, n)).toISOString(),
  sequence: 0,
  hash: `h${n}`
})
const item = (sections: string[], contentHash = 'x'): FoldInputItem => ({ sections, contentHash })
const snapshot = (
  n: number,
  completeSections: string[],
  items: Record<string, FoldInputItem>
): FoldInput => ({ order: at(n), completeSections, items: new Map(Object.entries(items)) })
const delta = (n: number, items: Record<string, FoldInputItem>): FoldInput => ({
  order: at(n),
  completeSections: [],
  items: new Map(Object.entries(items))
})
const nothing: FoldState = { items: new Map(), coverage: new Map() }

function arrive(inputs: readonly FoldInput[]): FoldState {
  return inputs.reduce<FoldState>((state, input) => {
    const changes = foldContribution(state, input)
    return {
      items: new Map([...state.items, ...changes.items]),
      coverage: new Map([...state.coverage, ...changes.coverage])
    }
  }, nothing)
}

const current = (state: FoldState) =>
  Object.fromEntries(
    [...state.items]
      .filter(([, held]) => held.present)
      .map(([key, held]) => [key, held.contentHash])
      .sort()
  )

/** The rules again, over all contributions at once and without a memory: slow, and plainly right. */
function model(inputs: readonly FoldInput[]): Record<string, string> {
  const keys = new Set(inputs.flatMap((input) => [...input.items.keys()]))
  const result: [string, string][] = []
  for (const key of keys) {
    const latest = inputs
      .filter((input) => input.items.has(key))
      .sort((a, b) => compareOrder(a.order, b.order))
      .at(-1) as FoldInput
    const said = latest.items.get(key) as FoldInputItem
    const withdrawn =
      said.sections.length > 0 &&
      said.sections.every((section) =>
        inputs.some(
          (input) => input.completeSections.includes(section) && compareOrder(input.order, latest.order) > 0
        )
      )
    if (!said.deleted && !withdrawn) result.push([key, said.contentHash])
  }
  return Object.fromEntries(result.sort())
}

describe('a snapshot', () => {
  test('withdraws what it no longer names in a section it returned complete', () => {
    const state = arrive([
      snapshot(1, ['allergies'], { penicillin: item(['allergies']), latex: item(['allergies']) }),
      snapshot(2, ['allergies'], { latex: item(['allergies']) })
    ])
    expect(current(state)).toEqual({ latex: 'x' })
    expect(state.items.get('penicillin')).toMatchObject({ present: false })
  })

  test.each([
    ['is unsupported, failed or in transit', []],
    ['was not the one asked for', ['medications']]
  ])('withdraws nothing from a section that %s', (_case, complete) => {
    const state = arrive([
      snapshot(1, ['allergies'], { penicillin: item(['allergies']) }),
      snapshot(2, complete, {})
    ])
    expect(current(state)).toEqual({ penicillin: 'x' })
  })

  test('keeps an item that stands in another section too, until that one is returned without it', () => {
    const first = snapshot(1, ['consultations', 'uncategorised'], {
      weight: item(['consultations', 'uncategorised'])
    })
    const second = snapshot(2, ['uncategorised'], {})
    const third = snapshot(3, ['consultations'], {})
    expect(current(arrive([first, second]))).toEqual({ weight: 'x' })
    expect(current(arrive([first, second, third]))).toEqual({})
  })

  test('that arrives late neither brings back what was withdrawn nor overwrites what is newer', () => {
    const late = snapshot(1, ['allergies'], { a: item(['allergies'], 'old'), b: item(['allergies']) })
    const newer = snapshot(2, ['allergies'], { a: item(['allergies'], 'new') })
    expect(current(arrive([newer, late]))).toEqual({ a: 'new' })
  })

  test('that repeats everything unchanged writes no item', () => {
    const items = { a: item(['allergies']), b: item(['problems']) }
    const state = arrive([snapshot(1, ['allergies', 'problems'], items)])
    expect(foldContribution(state, snapshot(2, ['allergies', 'problems'], items)).items.size).toBe(0)
  })

  test('brings back what an earlier one withdrew', () => {
    const said = { a: item(['allergies']) }
    const all = [
      snapshot(1, ['allergies'], said),
      snapshot(2, ['allergies'], {}),
      snapshot(3, ['allergies'], said)
    ]
    expect(current(arrive(all))).toEqual({ a: 'x' })
    expect(current(arrive(all.toReversed()))).toEqual({ a: 'x' })
  })

  test('that names an item in another section moves it there', () => {
    const state = arrive([
      snapshot(1, ['problems', 'diary'], { a: item(['problems']) }),
      snapshot(2, ['problems', 'diary'], { a: item(['diary']) }),
      snapshot(3, ['problems'], {})
    ])
    expect(state.items.get('a')).toMatchObject({ sections: ['diary'], present: true })
  })

  test('that repeats an item outside its complete sections is what counts as its latest word', () => {
    const state = arrive([
      snapshot(1, ['allergies'], { a: item(['allergies']) }),
      snapshot(3, [], { a: item(['allergies']) }),
      snapshot(2, ['allergies'], {})
    ])
    expect(current(state)).toEqual({ a: 'x' })
  })

  test('does not withdraw what stands in no section', () => {
    const state = arrive([delta(1, { a: item([]) }), snapshot(2, ['allergies', 'problems'], {})])
    expect(current(state)).toEqual({ a: 'x' })
  })

  test('twice is the same as once', () => {
    const one = snapshot(1, ['allergies'], { a: item(['allergies']) })
    expect(foldContribution(arrive([one]), one)).toEqual({ items: new Map(), coverage: new Map() })
  })
})

describe('an item that is named and kept out', () => {
  const keptOut = (n: number, completeSections: string[], ...keys: string[]): FoldInput => ({
    ...snapshot(n, completeSections, {}),
    withheld: new Set(keys)
  })
  const first = snapshot(1, ['allergies'], { penicillin: item(['allergies']), latex: item(['allergies']) })

  test('stays as it stood, until a snapshot no longer names it', () => {
    const state = arrive([first, keptOut(2, ['allergies'], 'penicillin')])
    expect(current(state)).toEqual({ penicillin: 'x' })
    expect(
      current(arrive([first, keptOut(2, ['allergies'], 'penicillin'), snapshot(3, ['allergies'], {})]))
    ).toEqual({})
  })

  test('stays though an older snapshot, which comes late, does not name it', () => {
    const state = arrive([first, keptOut(3, [], 'penicillin'), snapshot(2, ['allergies'], {})])
    expect(current(state)).toEqual({ penicillin: 'x' })
  })

  test('is not brought back when it was withdrawn, and is none when it never was let in', () => {
    const withdrawn = arrive([
      first,
      snapshot(2, ['allergies'], {}),
      keptOut(3, ['allergies'], 'latex', 'nuts')
    ])
    expect(current(withdrawn)).toEqual({})
    expect(withdrawn.items.has('nuts')).toBe(false)
  })

  test('is let in where the same answer names it in order as well', () => {
    const both = {
      ...snapshot(2, ['allergies'], { latex: item(['allergies'], 'y') }),
      withheld: new Set(['latex'])
    }
    expect(current(arrive([first, both]))).toEqual({ latex: 'y' })
  })

  test('is the same as one repeated unchanged, whatever came before', () => {
    fc.assert(
      fc.property(
        inputs,
        fc.subarray(['p', 'q', 'r', 's']),
        fc.subarray(sectionNames),
        (before, keys, complete) => {
          const state = arrive(before)
          const held = keys.flatMap((key) => {
            const found = state.items.get(key)
            return found?.present ? ([[key, item([...found.sections], found.contentHash)]] as const) : []
          })
          const repeated = arrive([...before, snapshot(20, complete, Object.fromEntries(held))])
          const withheld = arrive([...before, keptOut(20, complete, ...keys)])
          expect(withheld).toEqual(repeated)
        }
      ),
      { numRuns: 1_000 }
    )
  })
})

describe('a delta', () => {
  test('changes what it names and withdraws nothing else', () => {
    const state = arrive([delta(1, { a: item([]), b: item([]) }), delta(2, { a: item([], 'y') })])
    expect(current(state)).toEqual({ a: 'y', b: 'x' })
  })

  test('deletes an item, also when the deletion arrives first', () => {
    const said = delta(1, { a: item([]) })
    const gone = delta(2, { a: { ...item([]), deleted: true } })
    expect(current(arrive([said, gone]))).toEqual({})
    expect(current(arrive([gone, said]))).toEqual({})
  })
})

const sectionNames = ['a', 'b', 'c']
const inputs = fc
  .array(
    fc.record({
      minute: fc.integer({ min: 0, max: 12 }),
      mode: fc.constantFrom('snapshot' as const, 'snapshot' as const, 'delta' as const),
      complete: fc.subarray(sectionNames),
      items: fc.dictionary(
        fc.constantFrom('p', 'q', 'r', 's'),
        fc.record({
          sections: fc.subarray(sectionNames),
          contentHash: fc.constantFrom('1', '2'),
          deleted: fc.boolean()
        })
      )
    }),
    { minLength: 1, maxLength: 9 }
  )
  .map((raw) =>
    raw.map(
      ({ minute, mode, complete, items }, index): FoldInput => ({
        order: { ...at(minute), sequence: index % 2, hash: String(index) },
        completeSections: mode === 'snapshot' ? complete : [],
        items: new Map(
          Object.entries(items).map(([key, { deleted, ...said }]) => [
            key,
            mode === 'delta' ? { ...said, deleted } : said
          ])
        )
      })
    )
  )

const coverageOf = (state: FoldState) => Object.fromEntries([...state.coverage].sort())
const sectionsOf = (state: FoldState) =>
  Object.fromEntries([...state.items].map(([key, held]) => [key, held.sections]).sort())

test('what was covered, and where an item last stood, does not depend on the order of arrival either', () => {
  const twice = inputs.chain((all) =>
    fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length }))
  )
  fc.assert(
    fc.property(twice, ([all, shuffled]) => {
      expect(coverageOf(arrive(shuffled))).toEqual(coverageOf(arrive(all)))
      expect(sectionsOf(arrive(shuffled))).toEqual(sectionsOf(arrive(all)))
    }),
    { numRuns: 1_000 }
  )
})

test('any arrival order, with repeats, gives what the rules say of all contributions together', () => {
  fc.assert(
    fc.property(
      inputs.chain((all) =>
        fc.tuple(
          fc.constant(all),
          fc.shuffledSubarray([...all, ...all], { minLength: all.length * 2, maxLength: all.length * 2 })
        )
      ),
      ([all, arrivals]) => {
        expect(current(arrive(arrivals))).toEqual(model(all))
      }
    ),
    { numRuns: 3_000 }
  )
})
