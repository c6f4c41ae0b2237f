import { describe, expect, test } from 'vitest'
import type { Loose } from '../asking.ts'
import { condition, contribution, entriesOf, observation, page, type Told } from './trust.ts'

const statementOf = (byType: Readonly<Record<string, Told>>, section: string) =>
  contribution(byType).sections.find((one) => one.section === section)
const problems = (told: Told) => statementOf({ Condition: told }, 'problems')
const outcome = (issue: Loose): Loose => ({ resourceType: 'OperationOutcome', issue: [issue] })

describe('a section of which everything was listed', () => {
  test('is returned, and complete', () => {
    expect(problems({ pages: [page([condition('c1')], { total: 1 })] })).toEqual({
      section: 'problems',
      state: 'returned',
      warnings: [],
      complete: true
    })
  })

  test('is empty where nothing is on the list', () => {
    expect(problems({ pages: [page([], { total: 0 })] })).toMatchObject({ state: 'empty', complete: true })
  })

  test('is not empty where what is on it is kept out, or was refused at the door', () => {
    const strange = condition('c1', { subject: { reference: 'Patient/p2' } })
    expect(problems({ pages: [page([strange])] })).toMatchObject({ state: 'returned', complete: true })
    expect(problems({ pages: [page([])], refused: 1 })).toMatchObject({ state: 'returned', complete: true })
  })

  test.each<[string, Loose[]]>([
    ['that holds fewer items than it says', [page([condition('c1')], { total: 2 })]],
    ['with an item that cannot be told apart', [page([condition('c1'), condition('c 2')])]]
  ])('%s is not complete, and the reader is told', (_case, pages) => {
    expect(problems({ pages })).toMatchObject({
      state: 'returned',
      complete: false,
      warnings: [{ code: 'fewer-than-total' }]
    })
  })

  test.each<[string, Loose, object]>([
    [
      'keeps items back',
      { severity: 'information', code: 'suppressed' },
      { complete: true, warnings: [{ code: 'confidential-items', text: 'It keeps items back' }] }
    ],
    [
      'warns',
      { severity: 'warning', code: 'processing', details: { text: 'Slow' } },
      { complete: true, warnings: [{ code: 'note', text: 'Slow' }] }
    ],
    [
      'fails in part',
      { severity: 'error', code: 'exception' },
      { complete: false, warnings: [{ code: 'note', text: 'It gave a warning without words' }] }
    ],
    [
      'says how it understood the search',
      { severity: 'information', code: 'informational' },
      { complete: true, warnings: [] }
    ]
  ])('tells where its source %s', (_case, issue, expected) => {
    expect(problems({ pages: [page([condition('c1'), outcome(issue)])] })).toMatchObject(expected)
  })
})

describe('two types of one section', () => {
  test('are one statement', () => {
    const both = { Observation: { pages: [page([observation('o1')])] }, DiagnosticReport: {} }
    expect(statementOf(both, 'investigations')).toMatchObject({ state: 'returned', complete: true })
  })

  test('say nothing of it where one failed: what was held of it stands', () => {
    const half = {
      Observation: { pages: [page([observation('o1')])] },
      DiagnosticReport: { failed: 'timed-out' }
    }
    expect(statementOf(half, 'investigations')).toBeUndefined()
    expect(entriesOf(contribution(half))).toHaveLength(1)
  })
})

describe('a section that was asked for its changes', () => {
  test('stands as it was', () => {
    const changed = { kind: 'increment', pages: [page([condition('c1')])] } as const
    expect(problems(changed)).toBeUndefined()
    expect(entriesOf(contribution({ Condition: changed }))).toMatchObject([
      { sourceResourceId: 'Condition/c1' }
    ])
  })

  test('is spoken of where something of it is kept out', () => {
    const strange = condition('c1', { subject: { reference: 'Patient/p2' } })
    expect(problems({ kind: 'increment', pages: [page([strange])] })).toMatchObject({
      state: 'returned',
      complete: false
    })
  })
})

describe('a sweep', () => {
  const swept = (ids: readonly string[], changed: readonly Loose[] = []) => {
    const list = ids.map((id) => ({ resourceType: 'Condition', id }))
    return contribution({
      Condition: { kind: 'sweep', pages: [page(changed)], ids: [page(list, { total: ids.length })] }
    })
  }

  test('repeats what its source lists and did not change', () => {
    const { entries, sections } = swept(['c1', 'c2'], [condition('c2')])
    expect(entries.slice(1)).toMatchObject([
      { sourceResourceId: 'Condition/c2', resource: { code: { text: 'Condition c2' } } },
      {
        resourceType: 'Condition',
        sourceResourceId: 'Condition/c1',
        isUnchanged: true,
        sections: ['problems']
      }
    ])
    expect(sections[1]).toMatchObject({ section: 'problems', state: 'returned', complete: true })
  })

  test('repeats nothing that is kept out', () => {
    const { entries } = swept(['c1'], [condition('c1', { subject: { reference: 'Patient/p2' } })])
    expect(entries).toHaveLength(1)
  })
})

test('an endpoint that knows nobody by the number answers that it has nothing', () => {
  const byType = { Condition: {}, Observation: {}, DiagnosticReport: {} }
  const { entries, sections } = contribution(byType, { found: [] })
  expect(entries).toEqual([])
  expect(sections.map(({ section, state, complete }) => [section, state, complete].join(' '))).toEqual([
    'demographics empty true',
    'problems empty true',
    'investigations empty true'
  ])
})
