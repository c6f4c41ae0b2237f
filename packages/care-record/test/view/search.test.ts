import type { Condition } from '@chesil/fhir'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  comparePositions,
  indexResource,
  matches,
  parseSearch,
  type Searchable,
  type SortKey,
  sortPosition,
  type ViewEntryIndex
} from '../../src/index.ts'

const at = (text: string) => Date.parse(text)
const entry = (index: ViewEntryIndex = {}, overrides: Partial<Searchable> = {}): Searchable => ({
  resourceType: 'Condition',
  resourceId: 'a',
  lastUpdated: at('2026-06-01T12:00:00.500Z'),
  index,
  readResource: () => ({ resourceType: 'Condition' }) as Condition,
  ...overrides
})
const finds = (query: string, searched: Searchable) =>
  matches(searched, parseSearch('Condition', [...new URLSearchParams(query)], 'strict'))
const coded = (...code: string[]) => entry({ token: { code } })
const dated = (low: string, high: string) => entry({ date: { date: [at(low), at(high)] } })

describe('a token finds', () => {
  const both = coded('http://snomed.info/sct|1', '|local')
  test.each<[string, boolean]>([
    ['1', true],
    ['local', true],
    ['http://snomed.info/sct|1', true],
    ['http://snomed.info/sct|', true],
    ['|local', true],
    ['|1', false],
    ['http://snomed.info/sct|local', false],
    ['http://snomed.info/|1', false],
    ['http://snomed.info|', false],
    ['http://loinc.org|', false],
    ['2,1', true],
    ['2,3', false],
    ['LOCAL', false]
  ])('code=%s: %s', (value, found) => {
    expect(finds(`code=${value}`, both)).toBe(found)
  })

  test('no entry without such a thing', () => {
    expect(finds('code=1', entry())).toBe(false)
    expect(finds('status=1', both)).toBe(false)
  })

  test('the whole code, also when there is a bar in it', () => {
    const barred = coded('s|a|b')
    expect(['b', 'a', 's|a', 's|b', 'a\\|b', 's|a\\|b'].map((code) => finds(`code=${code}`, barred))).toEqual(
      [false, false, false, false, true, true]
    )
  })

  test('what is equal to it and nothing else', () => {
    const codes = fc.string({ unit: fc.constantFrom('a', '|', ',', '\\'), minLength: 1, maxLength: 3 })
    const systems = fc.constantFrom('', 'urn:a', 'urn:a:b', 'urn:a|a')
    const escaped = (text: string) => text.replace(/[\\,$|]/g, '\\$&')
    fc.assert(
      fc.property(systems, codes, fc.option(systems), codes, (heldSystem, heldCode, system, code) => {
        const coding = [{ ...(heldSystem && { system: heldSystem }), code: heldCode }]
        const held = entry(indexResource({ resourceType: 'Condition', code: { coding } } as Condition, []))
        const value = system === null ? escaped(code) : `${escaped(system)}|${escaped(code)}`
        const isEqual = heldCode === code && (system === null || heldSystem === system)
        expect(matches(held, parseSearch('Condition', [['code', value]], 'strict'))).toBe(isEqual)
      }),
      { numRuns: 1_000 }
    )
  })
})

describe('a date', () => {
  const march = ['2026-03-01T00:00Z', '2026-03-31T23:00Z'] as const
  const before = dated('2026-02-01T00:00Z', '2026-03-01T00:00Z')
  const into = dated('2026-02-15T00:00Z', '2026-03-15T00:00Z')
  const same = dated(...march)
  const inside = dated('2026-03-10T00:00Z', '2026-03-11T00:00Z')
  const outOf = dated('2026-03-15T00:00Z', '2026-04-15T00:00Z')
  const after = dated('2026-03-31T23:00Z', '2026-04-30T23:00Z')
  const around = dated('2026-01-01T00:00Z', '2027-01-01T00:00Z')

  test.each<[string, Searchable[]]>([
    ['', [same, inside]],
    ['eq', [same, inside]],
    ['ne', [before, into, outOf, after, around]],
    ['lt', [before, into, around]],
    ['le', [before, into, same, inside, around]],
    ['gt', [outOf, after, around]],
    ['ge', [same, inside, outOf, after, around]],
    ['sa', [after]],
    ['eb', [before]],
    ['ap', [into, same, inside, outOf, around]]
  ])('%s2026-03 finds as FHIR says', (prefix, found) => {
    const all = [before, into, same, inside, outOf, after, around]
    expect(all.filter((one) => finds(`date=${prefix}2026-03`, one))).toEqual(found)
  })

  test('finds nothing that has none, whatever the prefix', () => {
    const queries = ['', 'ne', 'lt', 'ge', 'ap'].map((prefix) => `date=${prefix}2026`)
    expect(queries.filter((query) => finds(query, entry()))).toEqual([])
  })

  test('of the last change is a moment, found by what it lies in', () => {
    const values = ['2026-06-01', 'ge2026-06-01T12:00:00Z', 'gt2026-06-01T12:00:00Z', 'lt2026-06-01']
    expect(values.map((value) => finds(`_lastUpdated=${value}`, entry()))).toEqual([true, true, false, false])
  })

  test('of the last change after a second finds what changed as that second ended', () => {
    const changed = entry({}, { lastUpdated: at('2026-06-01T12:00:01Z') })
    expect(finds('_lastUpdated=gt2026-06-01T12:00:00Z', changed)).toBe(true)
    expect(finds('_lastUpdated=2026-06-01T12:00:00Z', changed)).toBe(false)
  })

  const moments = fc.integer({ min: 0, max: 40 })
  const intervals = fc.tuple(moments, fc.integer({ min: 1, max: 10 })).map(([low, length]) => {
    const start = at('2026-03-01T00:00Z') + low * 6 * 3_600_000
    return [start, start + length * 6 * 3_600_000] as const
  })
  const days = fc.integer({ min: 1, max: 9 }).map((day) => `2026-03-0${day}`)
  const found = (prefix: string, day: string, date: readonly [number, number]) =>
    finds(`date=${prefix}${day}`, entry({ date: { date } }))

  test('and its prefixes fit together', () => {
    fc.assert(
      fc.property(intervals, days, (interval, day) => {
        const [eq, ne, lt, le, gt, ge, sa, eb, ap] = [
          'eq',
          'ne',
          'lt',
          'le',
          'gt',
          'ge',
          'sa',
          'eb',
          'ap'
        ].map((prefix) => found(prefix, day, interval))
        expect(ne).toBe(!eq)
        expect(le).toBe(lt || eq)
        expect(ge).toBe(gt || eq)
        expect(ap).toBe(!sa && !eb)
        expect([sa && !gt, eb && !lt, eq && !ap, eq && (lt || gt)]).toEqual([false, false, false, false])
      }),
      { numRuns: 500 }
    )
  })
})

test('only its own type is found, by id too', () => {
  expect(finds('_id=a', entry())).toBe(true)
  expect(finds('_id=b,a', entry())).toBe(true)
  expect(finds('_id=b', entry())).toBe(false)
  expect(finds('_id=a', entry({}, { resourceType: 'Observation' }))).toBe(false)
})

test('all criteria must hold', () => {
  const one = entry({ token: { code: ['|1'], status: ['|active'] } })
  expect(finds('code=1&status=active', one)).toBe(true)
  expect(finds('code=1&status=resolved', one)).toBe(false)
  expect(finds('code=1&code=2', one)).toBe(false)
})

describe('the order', () => {
  const ordered = (entries: readonly Searchable[], ...sort: SortKey[]) =>
    entries
      .map((one) => ({ id: one.resourceId, position: sortPosition(one, sort) }))
      .toSorted((a, b) => comparePositions(a.position, b.position, sort))
      .map(({ id }) => id)
  const by = (parameter: string, descending = false): SortKey => ({ parameter, descending })
  const named = (resourceId: string, index: ViewEntryIndex, lastUpdated = 0): Searchable =>
    entry(index, { resourceId, lastUpdated })

  const old = named('c', { date: { date: [1, 2] }, token: { code: ['|x'] } }, 3)
  const recent = named('b', { date: { date: [5, 6] }, token: { code: ['|y'] } }, 1)
  const undated = named('a', { token: { code: ['|x'] } }, 2)
  const all = [undated, old, recent]

  test.each<[string, SortKey[], string]>([
    ['is newest first unless asked otherwise', [], 'bca'],
    ['is oldest first when asked, and what has no date still comes last', [by('date')], 'cba'],
    ['can be by code, ties by id', [by('code')], 'acb'],
    ['can be by several', [by('code', true), by('date')], 'bca'],
    ['can be by last change', [by('_lastUpdated', true)], 'cab'],
    ['can be by id', [by('_id', true)], 'cba'],
    ['is by id where nothing has a value', [by('onset-date')], 'abc']
  ])('%s', (_case, sort, ids) => {
    expect(ordered(all, ...sort).join('')).toBe(ids)
  })

  const entries = fc.uniqueArray(
    fc.record({
      id: fc.string({ minLength: 1, maxLength: 3 }),
      date: fc.option(fc.integer({ min: 0, max: 3 })),
      code: fc.option(fc.constantFrom('|x', '|y'))
    }),
    { selector: ({ id }) => id, maxLength: 12 }
  )
  const sorts = fc.uniqueArray(
    fc.record({
      parameter: fc.constantFrom('date', 'code', '_id', '_lastUpdated'),
      descending: fc.boolean()
    }),
    { selector: ({ parameter }) => parameter, maxLength: 3 }
  )

  test('is one and the same from wherever it starts, so that pages neither repeat nor leave out', () => {
    fc.assert(
      fc.property(entries, sorts, fc.nat(), (raw, sort, seed) => {
        const found = raw.map(({ id, date, code }) =>
          named(id, {
            ...(date !== null && { date: { date: [date, date + 1] } }),
            ...(code !== null && { token: { code: [code] } })
          })
        )
        const turned = [...found.slice(seed % 12), ...found.slice(0, seed % 12)].reverse()
        const order = ordered(found, ...sort)
        expect(ordered(turned, ...sort)).toEqual(order)
        for (const [index, one] of order.entries()) {
          const cursor = JSON.parse(
            JSON.stringify(
              sortPosition(found.find(({ resourceId }) => resourceId === one) as Searchable, sort)
            )
          )
          const later = found.filter((other) => comparePositions(sortPosition(other, sort), cursor, sort) > 0)
          expect(later).toHaveLength(order.length - index - 1)
        }
      })
    )
  })
})
