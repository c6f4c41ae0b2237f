import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type CompletenessCode,
  completenessCodes,
  type NotAskedReason,
  type PullOutcome,
  type SectionFacts,
  sourceStatement
} from '../../src/index.ts'
import { asked, facts, now, section, warning } from '../builders.ts'

const table = Object.entries(completenessCodes)

const notAsked: NotAskedReason[] = [
  'not-connected',
  'retired',
  'deceased',
  'former',
  'sends',
  'periodic',
  'no-nhs-number'
]
const outcomes: PullOutcome[] = [
  'applied',
  'timed-out',
  'failed',
  'breaker-open',
  'refused-answer',
  'not-disclosed',
  'refused-by-consent'
]
const states: SectionFacts['state'][] = ['returned', 'empty', 'unsupported', 'not-returned', 'failed']
const warnings = ['confidential-items', 'data-in-transit', 'data-awaiting-filing', 'note', 'toString']

const sections = fc.array(
  fc
    .record({
      section: fc.constantFrom('allergies' as const, 'problems' as const),
      state: fc.constantFrom(...states),
      warnings: fc.array(
        fc.constantFrom(...warnings).map((code) => warning(code)),
        { maxLength: 2 }
      ),
      quarantined: fc.nat({ max: 1 }),
      unprocessed: fc.nat({ max: 1 }),
      wrongPatient: fc.nat({ max: 1 }),
      degraded: fc.nat({ max: 1 })
    })
    .map(section),
  { maxLength: 3 }
)
const statements = fc
  .record({
    relation: fc.constantFrom('registered' as const, 'former' as const, 'contributor' as const),
    notAsked: fc.option(fc.constantFrom(...notAsked), { nil: undefined }),
    asAt: fc.constantFrom(undefined, now, 0),
    outcome: fc.option(fc.constantFrom(...outcomes), { nil: undefined }),
    pendingSince: fc.constantFrom(undefined, now),
    consentRefused: fc.boolean(),
    sections,
    takenOver: fc.subarray(['allergies', 'problems'])
  })
  .map(({ relation, notAsked, outcome, asAt, pendingSince, takenOver, ...rest }) =>
    sourceStatement(
      asked({ relation, ...(notAsked && { notAsked }) }),
      facts({
        ...rest,
        ...(asAt !== undefined && { asAt }),
        ...(pendingSince !== undefined && { pendingSince }),
        ...(outcome && { lastPull: { outcome, at: now } })
      }),
      new Set(takenOver),
      now
    )
  )

/** Codes that concern an answer as a whole and no source. */
const general = [
  ...['withheld', 'pds-unreachable', 'no-registered-practice', 'unverified-identity', 'kept-apart'],
  ...['as-of', 'before-merge', 'not-whole', 'taken-back']
]
/** Codes of an answer as of a moment: see `statementAsHeld`. */
const held = ['as-held', 'not-reproducible']
const factCodes = new Set<CompletenessCode>([
  'empty',
  'section-unsupported',
  'section-not-returned',
  'section-failed',
  'confidential-items',
  'data-in-transit',
  'data-awaiting-filing',
  'source-warning',
  'quarantined',
  'unprocessed-messages',
  'wrong-patient',
  'degraded-items'
])

describe('the codes of a statement', () => {
  test('stand in the table, each once, the standing first and the facts after it', () => {
    fc.assert(
      fc.property(statements, ({ codes }) => {
        expect(codes.filter((code) => !Object.hasOwn(completenessCodes, code))).toEqual([])
        expect(new Set(codes).size).toBe(codes.length)
        expect(codes.findLastIndex((code) => !factCodes.has(code))).toBeLessThan(
          codes.includes('stored') && codes[0] !== 'stored' ? 2 : 1
        )
      }),
      { numRuns: 1_000 }
    )
  })

  test('are all that the table has, but for those that concern the whole answer', () => {
    const given = new Set(fc.sample(statements, { numRuns: 5_000, seed: 1 }).flatMap(({ codes }) => codes))
    const names = table.map(([code]) => code)
    expect([...given].sort()).toEqual(names.filter((code) => ![...general, ...held].includes(code)).sort())
  })
})

test.each(table)('%s reads as the middle of a sentence, in plain words', (_code, { display }) => {
  expect(display).toMatch(/^[A-Z][A-Za-z ,:;’]*[a-z]$/)
})

test.each(table)('%s warns unless all is as it should be', (_code, { severity, issue }) => {
  expect(severity).toBe(issue === 'informational' ? 'information' : 'warning')
})

test('no two codes read the same', () => {
  expect(new Set(table.map(([, { display }]) => display)).size).toBe(table.length)
})
