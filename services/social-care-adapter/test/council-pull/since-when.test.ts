import { councilSections } from '@chesil/mappers'
import type { PullHistory, SectionHistory } from '@chesil/record-store'
import { describe, expect, test } from 'vitest'
import { sinceWhen } from '../../src/council-pull/since-when.ts'

const now = Date.UTC(2026, 10, 22, 9, 30)
const hour = 3_600_000
const whole: SectionHistory = { state: 'returned', coveredAt: now - hour, hasQuarantined: false }

const since = (
  changes: Partial<PullHistory> = {},
  alerts: Partial<SectionHistory> = {},
  retention: 'store' | 'session' = 'store'
) =>
  sinceWhen(
    {
      asAt: now - hour,
      isStale: false,
      sections: new Map(
        councilSections.map((name) => [name, name === 'alerts' ? { ...whole, ...alerts } : whole])
      ),
      held: new Map([['Patient', new Set(['Patient/P1'])]]),
      ...changes
    },
    { retention, sweepMinutes: 1_440 },
    now
  )

test('what is known whole is asked for its changes since the last answer, with an overlap for two clocks', () => {
  expect(since()).toBe('2026-11-22T08:20:00.000Z')
})

test('that a section was empty is known whole, too', () => {
  expect(since({}, { state: 'empty' })).toBeDefined()
})

describe('everything is asked for', () => {
  test('where nothing was ever applied', () => {
    const { asAt: _, ...never } = { asAt: undefined, isStale: false, sections: new Map(), held: new Map() }
    expect(sinceWhen(never, { retention: 'store', sweepMinutes: 1_440 }, now)).toBeUndefined()
  })

  test('where answers are for one session only', () => {
    expect(since({}, {}, 'session')).toBeUndefined()
  })

  test.each<[string, Partial<PullHistory>]>([
    ['of somebody merged or parted since', { isStale: true }],
    ['of somebody whom the council did not know', { held: new Map() }],
    ['where nothing is known of the sections', { sections: new Map() }]
  ])('%s', (_case, changes) => {
    expect(since(changes)).toBeUndefined()
  })

  test.each<[string, Partial<SectionHistory>]>([
    ['once one section was last told whole longer ago than agreed', { coveredAt: now - 24 * hour - 1 }],
    ['after it said nothing of one', { state: 'not-returned' }],
    ['while something of one is kept out', { hasQuarantined: true }]
  ])('%s', (_case, alerts) => {
    expect(since({}, alerts)).toBeUndefined()
  })
})
