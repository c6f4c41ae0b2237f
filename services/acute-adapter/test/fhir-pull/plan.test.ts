import type { PullHistory, SectionHistory } from '@chesil/record-store'
import { describe, expect, test } from 'vitest'
import { planType } from '../../src/fhir-pull/plan.ts'

const now = Date.UTC(2026, 10, 22, 9, 30)
const hour = 3_600_000
const whole: SectionHistory = { state: 'returned', coveredAt: now - hour, hasQuarantined: false }

const plan = (changes: Partial<PullHistory> = {}, problems: Partial<SectionHistory> = {}) =>
  planType(
    'Condition',
    {
      asAt: now - hour,
      isStale: false,
      sections: new Map([['problems', { ...whole, ...problems }]]),
      held: new Map([['Condition', new Set(['Condition/c1'])]]),
      ...changes
    },
    { sweepMinutes: 1_440 },
    now
  )
const full = { kind: 'full' }

test('what is known whole is asked for its changes, with an overlap for two clocks', () => {
  expect(plan()).toEqual({ kind: 'increment', since: '2026-11-22T08:20:00.000Z' })
})

test('and listed anew once its list is older than agreed', () => {
  expect(plan({}, { coveredAt: now - 24 * hour })).toMatchObject({ kind: 'increment' })
  expect(plan({}, { coveredAt: now - 24 * hour - 1 })).toEqual({
    kind: 'sweep',
    since: '2026-11-22T08:20:00.000Z'
  })
})

describe('everything is asked for', () => {
  test('where nothing was ever applied', () => {
    const { asAt: _, ...never } = { asAt: undefined, held: new Map(), sections: new Map() }
    expect(plan(never)).toEqual(full)
  })

  test.each<[string, Partial<PullHistory>]>([
    ['of somebody merged or parted since', { isStale: true }],
    ['where nothing of the type is held: it may be new in the catalogue', { held: new Map() }],
    ['where nothing is known of the section', { sections: new Map() }]
  ])('%s', (_case, changes) => {
    expect(plan(changes)).toEqual(full)
  })

  test.each<[string, Partial<SectionHistory>]>([
    ['after it failed', { state: 'failed' }],
    ['after it said nothing of the section', { state: 'not-returned' }],
    ['after it was empty, so that “nothing recorded” is always known of the whole', { state: 'empty' }],
    ['while something of it is kept out', { hasQuarantined: true }]
  ])('%s', (_case, changes) => {
    expect(plan({}, changes)).toEqual(full)
  })

  test('where it was never listed whole', () => {
    const { coveredAt: _, ...uncovered } = whole
    expect(plan({ sections: new Map([['problems', uncovered]]) })).toEqual(full)
  })
})
