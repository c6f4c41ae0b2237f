import { gpSections, type Section } from '@chesil/contracts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type CompletenessCode,
  completenessCodes,
  gapsOf,
  type SectionFacts,
  type ShownItem,
  type Speaker,
  sectionState,
  sectionsSpokenFor
} from '../../src/index.ts'
import { now, section, source, statement, warning } from '../builders.ts'

const gp = sectionsSpokenFor(source())

const speaker = (changes: Parameters<typeof statement>[0] = {}, sections = gp): Speaker => ({
  statement: statement({ sections: [section({ state: 'empty' })], ...changes }),
  sections
})
const silentSender: Speaker = speaker(
  { sourceId: 'trust', name: 'Trust', relation: 'contributor', codes: ['sends'], sections: [] },
  new Set()
)

const shown = (changes: Partial<ShownItem> = {}): ShownItem => ({
  source: 'Hill Surgery',
  asAt: now,
  isOver: false,
  isFormer: false,
  ...changes
})
const nil = (changes: Partial<ShownItem> = {}) => shown({ nil: 'whole', ...changes })

interface Question {
  readonly items?: readonly ShownItem[]
  readonly speakers?: readonly Speaker[]
  readonly mayRead?: boolean
  readonly general?: Parameters<typeof gapsOf>[0]['general']
}

function stateOf({ items = [], speakers = [speaker()], mayRead = true, general = [] }: Question) {
  const of: readonly Section[] = ['allergies']
  const answered = speakers.map((one) => one.statement)
  return sectionState(items, gapsOf({ of, mayRead: mayRead ? 'all' : 'none', general, speakers }), answered)
}

describe('how the section of allergies stands:', () => {
  test.each<[string, Question, string]>([
    ['a practice that answers with nothing has recorded nothing', {}, 'none-recorded'],
    ['a statement of a source that nobody contradicts is none known', { items: [nil()] }, 'none-known'],
    ['ended allergies do not contradict it', { items: [nil(), shown({ isOver: true })] }, 'none-known'],
    ['an allergy does', { items: [nil(), shown()] }, 'conflict'],
    ['an allergy alone is content', { items: [shown()] }, 'content'],
    [
      'that no drug allergy is known is not that none is',
      { items: [shown({ nil: 'part' })] },
      'none-recorded'
    ],
    ['what a former practice stated counts no more', { items: [nil({ isFormer: true })] }, 'none-recorded'],
    ['what a former practice named does', { items: [nil(), shown({ isFormer: true })] }, 'conflict'],
    [
      'a hospital’s statement is none known only where the practice has answered',
      { items: [nil()], speakers: [speaker({ codes: ['timed-out'] }), silentSender] },
      'source-silent'
    ],
    [
      'a sender’s silence means nothing either way',
      { items: [nil()], speakers: [speaker(), silentSender] },
      'none-known'
    ],
    [
      'an old answer of a practice that fails now is not its word',
      { speakers: [speaker({ codes: ['failed', 'stored'] })] },
      'source-silent'
    ],
    ...(['uncategorised', 'admissions'] as const).map((unread): [string, Question, string] => [
      `a message that nobody could read, kept under ${unread}, may be about an allergy`,
      {
        items: [nil()],
        speakers: [
          speaker(),
          {
            ...silentSender,
            statement: { ...silentSender.statement, sections: [section({ section: unread, unprocessed: 1 })] }
          }
        ]
      },
      'quarantined'
    ]),
    ['nobody who speaks for it', { speakers: [silentSender] }, 'source-silent'],
    ['nobody at all', { speakers: [] }, 'source-silent'],
    [
      'only a hospital that is asked, and no practice',
      { speakers: [speaker({ relation: 'contributor' }, new Set(['allergies']))] },
      'source-silent'
    ],
    [
      'a former practice speaks for nothing now',
      { speakers: [speaker({ relation: 'former', codes: ['former', 'stored'] })] },
      'source-silent'
    ],
    ['not connected', { speakers: [speaker({ codes: ['not-connected'], sections: [] })] }, 'source-silent'],
    ['not asked for', { speakers: [speaker({ sections: [] })] }, 'source-silent'],
    [
      'not returned',
      { speakers: [speaker({ sections: [section({ state: 'not-returned', complete: false })] })] },
      'source-silent'
    ],
    [
      'in transit',
      {
        speakers: [
          speaker({ sections: [section({ state: 'empty', warnings: [warning('data-in-transit')] })] })
        ]
      },
      'source-silent'
    ],
    [
      'unsupported',
      {
        items: [nil()],
        speakers: [speaker({ sections: [section({ state: 'unsupported', complete: false })] })]
      },
      'section-unsupported'
    ],
    [
      'confidential items',
      {
        items: [nil()],
        speakers: [
          speaker({ sections: [section({ state: 'empty', warnings: [warning('confidential-items')] })] })
        ]
      },
      'not-shared'
    ],
    ['no consent', { speakers: [speaker({ codes: ['refused-by-consent'], sections: [] })] }, 'not-shared'],
    ['not disclosed', { speakers: [speaker({ codes: ['not-disclosed'], sections: [] })] }, 'not-shared'],
    [
      'something kept out',
      { items: [nil()], speakers: [speaker({ sections: [section({ state: 'empty', quarantined: 1 })] })] },
      'quarantined'
    ],
    [
      'a message that is not read',
      {
        items: [nil()],
        speakers: [
          speaker(),
          {
            ...silentSender,
            statement: {
              ...silentSender.statement,
              sections: [section({ state: 'not-returned', complete: false, unprocessed: 1 })]
            }
          }
        ]
      },
      'quarantined'
    ],
    ['records kept apart', { items: [nil()], general: ['kept-apart'] }, 'quarantined'],
    ['something withheld somewhere', { items: [nil()], general: ['withheld'] }, 'withheld']
  ])('%s', (_case, question, code) => {
    expect(stateOf(question).code).toBe(code)
  })
})

test('a reader who may not see a section is told the same whatever there is', () => {
  const texts = [
    { items: [] },
    { items: [nil()] },
    { speakers: [] },
    { general: ['withheld'] as const },
    { speakers: [speaker({ sections: [section({ quarantined: 3 })] })] }
  ].map((question) => stateOf({ ...question, items: [], mayRead: false }))
  expect(new Set(texts.map((state) => JSON.stringify(state))).size).toBe(1)
  expect(texts[0]?.code).toBe('withheld')
})

test('one who may see only a part is told that, and what is missing of it', () => {
  const asked = { of: ['allergies'] as const, general: [], speakers: [speaker({ codes: ['timed-out'] })] }
  expect(gapsOf({ ...asked, mayRead: 'some' }).map(({ reason }) => reason)).toEqual([
    'withheld',
    'source-silent'
  ])
})

test('who says that there is none is named, with the time of it', () => {
  expect(stateOf({ items: [nil()] }).text).toBe('None known: Hill Surgery (as at 22-Nov-2026 09:30) says so.')
})

test('none recorded says that nobody says there is none', () => {
  expect(stateOf({}).text).toBe(
    'None recorded by Hill Surgery (as at 22-Nov-2026 09:29). Nobody says that there are none.'
  )
})

test('a statement that does not stand is told nevertheless', () => {
  const { text } = stateOf({ items: [nil()], speakers: [speaker({ codes: ['timed-out'] })] })
  expect(text).toContain(
    'Hill Surgery (as at 22-Nov-2026 09:30) says that there are none, but that is not all.'
  )
})

const codes = Object.keys(completenessCodes) as CompletenessCode[]
const anyFacts: fc.Arbitrary<SectionFacts> = fc.record({
  section: fc.constantFrom(...gpSections),
  state: fc.constantFrom('returned', 'empty', 'unsupported', 'not-returned', 'failed'),
  complete: fc.boolean(),
  warnings: fc.array(
    fc.record({
      code: fc.constantFrom('confidential-items', 'data-in-transit', 'note'),
      text: fc.constant('')
    }),
    { maxLength: 1 }
  ),
  quarantined: fc.nat(1),
  unprocessed: fc.nat(1),
  wrongPatient: fc.nat(1),
  degraded: fc.nat(1)
})
/** Mostly one that has answered in full: else nothing is ever known. */
const oneSpeaker: fc.Arbitrary<Speaker> = fc.record({
  statement: fc
    .record({
      name: fc.constantFrom('A', 'B', 'C'),
      relation: fc.constantFrom('registered', 'former', 'contributor'),
      lead: fc.constantFrom(...codes),
      sections: fc.array(anyFacts, { maxLength: 4 })
    })
    .map(({ lead, ...rest }) => statement({ ...rest, codes: [lead] })),
  sections: fc.constantFrom(gp, new Set<Section>(), new Set<Section>(['allergies']))
})
const anySpeaker = fc.oneof({ arbitrary: fc.constant(speaker()), weight: 4 }, oneSpeaker)
const anyItem: fc.Arbitrary<ShownItem> = fc.record(
  {
    source: fc.constantFrom('A', 'B'),
    isOver: fc.boolean(),
    isFormer: fc.boolean(),
    nil: fc.constantFrom('whole' as const, 'part' as const)
  },
  { requiredKeys: ['source', 'isOver', 'isFormer'] }
)

test('none known is never said from silence, beside an entry, or where anything is missing', () => {
  let said = 0
  fc.assert(
    fc.property(
      fc.array(anySpeaker, { maxLength: 3 }),
      fc.array(anyItem, { maxLength: 4 }),
      fc.boolean(),
      fc.constantFrom([], ['withheld'] as const, ['kept-apart'] as const),
      (speakers, items, mayRead, general) => {
        const { code, gaps } = stateOf({ speakers, items, mayRead, general })
        if (code !== 'none-known') return
        said++
        expect(gaps).toEqual([])
        expect(items.some((one) => one.nil === 'whole' && !one.isFormer)).toBe(true)
        expect(items.some((one) => one.nil === undefined && !one.isOver)).toBe(false)
        expect(mayRead && general.length === 0).toBe(true)
        const speaking = speakers.filter(
          (one) => one.sections.has('allergies') && one.statement.relation !== 'former'
        )
        expect(speaking.some((one) => one.statement.relation === 'registered')).toBe(true)
        for (const { statement: one } of speaking) {
          expect(['live', 'stored', 'periodic']).toContain(one.codes[0])
          const facts = one.sections.find((each) => each.section === 'allergies')
          expect(facts).toMatchObject({ complete: true, warnings: [], quarantined: 0 })
          expect([facts?.unprocessed ?? 0, facts?.wrongPatient ?? 0]).toEqual([0, 0])
        }
      }
    ),
    { numRuns: 20_000 }
  )
  expect(said).toBeGreaterThan(0)
})

test('of anything current something is shown, whatever else is said', () => {
  fc.assert(
    fc.property(
      fc.array(anySpeaker, { maxLength: 3 }),
      fc.array(anyItem, { maxLength: 4 }),
      (speakers, items) => {
        const { code } = stateOf({ speakers, items })
        const hasCurrent = items.some((one) => one.nil === undefined && !one.isOver)
        expect(code === 'content' || code === 'conflict').toBe(hasCurrent)
      }
    )
  )
})
