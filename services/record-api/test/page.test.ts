import fc from 'fast-check'
import { expect, test } from 'vitest'
import { pageOf, parseCount, searchCount } from '../src/http/page.ts'

/** Walks all pages as a reader does; before each page, what is hidden by then is decided anew. */
function walk(items: readonly number[], count: number, hiddenBefore: readonly ReadonlySet<number>[]) {
  const seen: number[] = []
  let last: number | undefined
  for (let page = 0; ; page++) {
    const hidden = hiddenBefore[page] ?? new Set()
    const shown = items.filter((item) => !hidden.has(item))
    const after = last
    const { items: part, last: end } = pageOf(
      shown,
      count,
      after === undefined ? undefined : (item) => item > after
    )
    seen.push(...part)
    expect(part.length).toBeLessThanOrEqual(count)
    if (end === undefined) return seen
    expect(part).toHaveLength(count)
    last = end
  }
}

const sorted = fc.uniqueArray(fc.nat(200), { maxLength: 60 }).map((items) => items.toSorted((a, b) => a - b))

test('pages walk every item exactly once', () => {
  fc.assert(
    fc.property(sorted, fc.integer({ min: 1, max: 20 }), (items, count) => {
      expect(walk(items, count, [])).toEqual(items)
    })
  )
})

test('pages walk what is never hidden exactly once, and nothing twice, whatever is hidden meanwhile', () => {
  const hidden = fc.array(
    fc.array(fc.nat(200)).map((some) => new Set(some)),
    { maxLength: 30 }
  )
  fc.assert(
    fc.property(sorted, fc.integer({ min: 1, max: 20 }), hidden, (items, count, hiddenBefore) => {
      const seen = walk(items, count, hiddenBefore)
      expect(seen).toEqual([...new Set(seen)].toSorted((a, b) => a - b))
      const neverHidden = items.filter((item) => !hiddenBefore.some((some) => some.has(item)))
      expect(seen).toEqual(expect.arrayContaining(neverHidden))
    })
  )
})

test('a page of nothing counts and shows nothing, and has no next one', () => {
  expect(pageOf([1, 2, 3], 0, undefined)).toEqual({ items: [], last: undefined })
})

test('without a count everything after the place is one page', () => {
  expect(pageOf([1, 2, 3], undefined, (item) => item > 1)).toEqual({ items: [2, 3], last: undefined })
  expect(pageOf([1, 2, 3], undefined, (item) => item > 3)).toEqual({ items: [], last: undefined })
})

test.each([
  [undefined, undefined],
  ['0', 0],
  ['1', 1],
  ['1000', 1_000],
  ['1001', 1_000],
  ['999999999', 1_000],
  ['007', 7]
])('a count of %s is %s', (text, count) => {
  expect(parseCount(text)).toBe(count)
})

test.each(['', ' ', '-1', '+1', '1.0', '1e3', '0x10', '１', '10 ', '9999999999', 'NaN', '__proto__'])(
  'a count of "%s" is refused',
  (text) => {
    expect(() => parseCount(text)).toThrow(expect.objectContaining({ kind: 'invalid' }))
  }
)

test('a search shows 100 unless asked otherwise', () => {
  expect([searchCount(undefined), searchCount('5'), searchCount('5000')]).toEqual([100, 5, 1_000])
})
