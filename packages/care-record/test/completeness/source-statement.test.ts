import { describe, expect, test } from 'vitest'
import {
  isFresh,
  type PullOutcome,
  type SourceFacts,
  type SourceToAsk,
  sourceStatement
} from '../../src/index.ts'
import { asked, day, facts, hour, minute, now, section, source, warning } from '../builders.ts'

const nothingTakenOver: ReadonlySet<string> = new Set()
const state = (
  toAsk: Partial<SourceToAsk>,
  known: Partial<SourceFacts> | undefined,
  takenOver = nothingTakenOver
) => sourceStatement(asked(toAsk), known && facts(known), takenOver, now)

const recent = { asAt: now - minute }
const aged = { asAt: now - 2 * hour }
const ended = (outcome: PullOutcome) => ({ lastPull: { outcome, at: now - 5 * minute } })
const pending = { pendingSince: now - 1_000 }
const refused = { consentRefused: true, ...ended('refused-by-consent') }
const former = { relation: 'former', notAsked: 'former' } as const

describe('how a source stands', () => {
  test.each<[string, Partial<SourceToAsk>, Partial<SourceFacts> | undefined, string[]]>([
    ['never asked', {}, undefined, ['not-asked']],
    ['asked for the first time', {}, pending, ['pending']],
    ['asked again', {}, { ...aged, ...pending }, ['pending', 'stored']],
    ['asked again after it failed', {}, { ...aged, ...ended('failed'), ...pending }, ['pending', 'stored']],
    ['answered within its refresh age', {}, { ...recent, ...ended('applied') }, ['live']],
    ['answered earlier', {}, { ...aged, ...ended('applied') }, ['stored']],
    ['answered, and since marked stale', {}, { ...recent, ...ended('applied'), stale: true }, ['stored']],
    [
      'answered, then failed within its refresh age',
      {},
      { ...recent, ...ended('failed') },
      ['failed', 'stored']
    ],
    ['planned', { notAsked: 'not-connected' }, undefined, ['not-connected']],
    ['planned, with an answer', { notAsked: 'not-connected' }, recent, ['not-connected', 'stored']],
    [
      'retired, with an answer',
      { notAsked: 'retired' },
      { ...aged, ...ended('failed') },
      ['retired', 'stored']
    ],
    ['of somebody who has died', { notAsked: 'deceased' }, aged, ['deceased', 'stored']],
    ['of somebody who died before it was asked', { notAsked: 'deceased' }, undefined, ['deceased']],
    ['a former practice', former, recent, ['former', 'stored']],
    ['refusing by consent', {}, { ...recent, ...refused }, ['refused-by-consent']],
    ['refusing, and asked again', {}, { ...recent, ...refused, ...pending }, ['refused-by-consent']],
    [
      'refusing, and away since',
      {},
      { ...recent, consentRefused: true, ...ended('timed-out') },
      ['refused-by-consent']
    ],
    ['refusing, and no longer asked', former, { ...recent, ...refused }, ['refused-by-consent']]
  ])('%s', (_case, toAsk, known, codes) => {
    expect(state(toAsk, known).codes).toEqual(codes)
  })

  test.each<PullOutcome>(['timed-out', 'failed', 'breaker-open', 'refused-answer', 'not-disclosed'])(
    '%s, with or without an earlier answer',
    (outcome) => {
      expect(state({}, ended(outcome)).codes).toEqual([outcome])
      expect(state({}, { ...aged, ...ended(outcome) }).codes).toEqual([outcome, 'stored'])
    }
  )
})

describe('beside that, what its answer says', () => {
  const returned = section()
  const empty = section({ section: 'problems', state: 'empty' })
  const warned = (...codes: string[]) => section({ warnings: codes.map((code) => warning(code)) })

  test.each([
    ['nothing said of any section', [], []],
    ['sections with content', [returned], []],
    ['every section empty', [section({ state: 'empty' }), empty], ['empty']],
    ['one of its sections empty', [returned, empty], []],
    ['an unsupported section', [returned, section({ state: 'unsupported' })], ['section-unsupported']],
    ['a section left out', [section({ state: 'not-returned' })], ['section-not-returned']],
    ['a section that failed', [returned, section({ state: 'failed' })], ['section-failed']],
    ['items kept back', [warned('confidential-items')], ['confidential-items']],
    ['a record in transit', [warned('data-in-transit')], ['data-in-transit']],
    ['data awaiting filing', [warned('data-awaiting-filing')], ['data-awaiting-filing']],
    ['a warning we do not know', [warned('note', 'constructor')], ['source-warning']],
    ['items in quarantine', [section({ quarantined: 1 })], ['quarantined']],
    ['degraded items', [section({ degraded: 2 })], ['degraded-items']],
    [
      'nothing but what was kept out: that is not empty',
      [section({ state: 'empty', quarantined: 1 })],
      ['quarantined']
    ],
    [
      'nothing, with a warning that something is missing: that is not empty',
      [section({ state: 'empty', warnings: [warning('confidential-items')] })],
      ['confidential-items']
    ],
    ['an empty list that is not the whole', [section({ state: 'empty', complete: false })], []],
    [
      'one thing said of two sections',
      [warned('note'), { ...warned('note'), section: 'diary' as const }],
      ['source-warning']
    ]
  ])('%s', (_case, sections, codes) => {
    expect(state({}, { ...recent, sections }).codes).toEqual(['live', ...codes])
    expect(state({}, { ...recent, sections }).sections).toEqual(sections)
  })

  test('is not told while the person does not agree', () => {
    const sections = [
      section({ state: 'empty', warnings: [warning('note', 'Seen by Dr Weir')], quarantined: 1 })
    ]
    expect(state({}, { ...recent, ...refused, sections })).toMatchObject({
      codes: ['refused-by-consent'],
      sections: []
    })
  })
})

describe('a statement names the source', () => {
  test.each<[string, Partial<SourceToAsk>, string]>([
    ['as the catalogue does', {}, 'Hill Surgery'],
    ['by its ODS code, when PDS alone names it', { source: undefined } as object, 'Practice A81001'],
    [
      'by its id, when nothing names it any more',
      { source: undefined, odsCode: undefined } as object,
      'Practice gp-hill'
    ]
  ])('%s', (_case, toAsk, name) => {
    expect(state(toAsk, recent).name).toBe(name)
  })

  test('with the telephone to ring, where there is one, and nothing undefined', () => {
    const phoned = asked({ source: source({ telephone: '01305 000000' }) })
    expect(sourceStatement(phoned, undefined, nothingTakenOver, now).telephone).toBe('01305 000000')
    const bare = state({}, undefined)
    expect(bare).toStrictEqual(JSON.parse(JSON.stringify(bare)))
  })
})

test.each<[string, Partial<SourceToAsk>, Partial<SourceFacts>, number | undefined]>([
  ['the pull under way began', {}, { ...aged, ...ended('failed'), ...pending }, pending.pendingSince],
  ['the pull that failed ended', {}, { ...aged, ...ended('timed-out') }, now - 5 * minute],
  ['it refused by consent', {}, refused, now - 5 * minute],
  ['nothing, when it answered', {}, { ...recent, ...ended('applied') }, undefined],
  ['nothing, when it is not asked', former, { ...aged, ...ended('failed') }, undefined],
  [
    'nothing, when what failed is later than the refusal',
    {},
    { consentRefused: true, ...ended('failed') },
    undefined
  ]
])('the time of an attempt tells when %s', (_case, toAsk, known, at) => {
  expect(state(toAsk, known).attemptAt).toBe(at)
})

describe('an answer is fresh', () => {
  test.each<[string, Partial<SourceToAsk>, Partial<SourceFacts> | undefined, boolean]>([
    ['at once', {}, { asAt: now }, true],
    ['at its refresh age', {}, { asAt: now - hour }, true],
    ['no longer a millisecond later', {}, { asAt: now - hour - 1 }, false],
    [
      'for as long as its source says',
      { source: source({ refreshMinutes: 1_440 }) },
      { asAt: now - day },
      true
    ],
    ['not when marked stale', {}, { asAt: now, stale: true }, false],
    ['never when there was none', {}, { ...ended('failed') }, false],
    ['never when nothing is known', {}, undefined, false],
    [
      'never when the catalogue does not say for how long',
      { source: undefined } as object,
      { asAt: now },
      false
    ]
  ])('%s', (_case, toAsk, known, fresh) => {
    expect(isFresh(asked(toAsk), known && facts(known), now)).toBe(fresh)
  })
})
