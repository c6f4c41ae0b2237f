import { describe, expect, test } from 'vitest'
import { type ComparedItem, netChanges, type VersionReason } from '../../src/index.ts'

const item = (id: string, version: number, content: object = {}): ComparedItem => ({
  key: `Observation/${id}`,
  version,
  body: JSON.stringify({
    resourceType: 'Observation',
    id,
    meta: { versionId: String(version), lastUpdated: `2026-03-0${version}T10:00:00Z` },
    ...content
  })
})
const version = (number: number, cause: VersionReason['cause'] = 'contribution', isLate = false) =>
  [number, { version: number, cause, isLate }] as const

function told(
  before: ComparedItem[],
  present: ComparedItem[],
  versions: (readonly [number, VersionReason])[] = [],
  ended: [string, number][] = [],
  withheld: string[] = []
) {
  const changes = netChanges({
    before,
    heldBefore: new Set([...before.map(({ key }) => key), ...withheld]),
    present,
    presentVersion: 9,
    versions: new Map(versions),
    ended: new Map(ended)
  })
  return changes.map(({ key, reason, version: at, item: shown }) => [
    key.slice('Observation/'.length),
    shown ? 'put' : 'gone',
    reason,
    at
  ])
}

test('what is the same but for its version is no change', () => {
  expect(told([item('a', 1), item('b', 1)], [item('a', 1), item('b', 3)], [version(3)])).toEqual([])
})

describe('the reason of what is there', () => {
  test.each<[string, VersionReason['cause'], boolean, string]>([
    ['a contribution', 'contribution', false, 'new-data'],
    ['a contribution of an earlier time', 'contribution', true, 'late-data'],
    ['PDS', 'pds-trace', false, 'new-data'],
    ['a merge', 'merge', false, 'merge'],
    ['a merge undone', 'unmerge', false, 'unlink']
  ])('of %s', (_case, cause, isLate, reason) => {
    expect(told([], [item('a', 3)], [version(3, cause, isLate)])).toEqual([['a', 'put', reason, 3]])
  })

  test.each([
    [{ status: 'final' }, 'update'],
    [{ status: 'amended' }, 'correction'],
    [{ status: 'entered-in-error' }, 'correction'],
    [{ docStatus: 'amended' }, 'correction'],
    [{ verificationStatus: { coding: [{ code: 'entered-in-error' }] } }, 'correction'],
    [{ verificationStatus: {} }, 'update']
  ])('worded anew as %j', (content, reason) => {
    expect(told([item('a', 1)], [item('a', 3, content)], [version(3)])).toEqual([['a', 'put', reason, 3]])
  })

  test('worded anew so that it is no longer withheld is how it is shown', () => {
    expect(told([], [item('a', 3)], [version(3)], [], ['Observation/a'])).toEqual([
      ['a', 'put', 'as-shown', 9]
    ])
  })

  test('worded anew by no version is how it is shown', () => {
    expect(told([item('a', 1)], [item('a', 1, { status: 'final' })])).toEqual([['a', 'put', 'as-shown', 9]])
  })
})

describe('the reason of what is gone', () => {
  test.each<[VersionReason['cause'], string]>([
    ['contribution', 'correction'],
    ['merge', 'merge'],
    ['unmerge', 'unlink'],
    ['retention-rule', 'correction']
  ])('with a %s', (cause, reason) => {
    expect(told([item('a', 1)], [], [version(4, cause)], [['Observation/a', 4]])).toEqual([
      ['a', 'gone', reason, 4]
    ])
  })

  test('with no version is how it is shown', () => {
    expect(told([item('a', 1)], [])).toEqual([['a', 'gone', 'as-shown', 9]])
  })
})

test('the oldest change comes first, each item once', () => {
  const changes = told(
    [item('gone', 1), item('changed', 1)],
    [item('new', 5), item('changed', 3, { status: 'final' })],
    [version(3), version(4), version(5)],
    [['Observation/gone', 4]]
  )
  expect(changes.map(([id]) => id)).toEqual(['changed', 'gone', 'new'])
})
