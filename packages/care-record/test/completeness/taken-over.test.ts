import { describe, expect, test } from 'vitest'
import { type SectionFacts, type SourceFacts, sourceStatement, takenOverSections } from '../../src/index.ts'
import { asked, facts, now, section, warning } from '../builders.ts'

describe('the practice that PDS names speaks', () => {
  test.each<[string, Partial<SourceFacts> | undefined, string[]]>([
    ['for nothing before it is known', undefined, []],
    ['for nothing while the person does not agree', { consentRefused: true, sections: [section()] }, []],
    ['for a section it returned', { sections: [section()] }, ['allergies']],
    ['for a section it says is empty', { sections: [section({ state: 'empty' })] }, ['allergies']],
    ['not for one it cannot provide', { sections: [section({ state: 'unsupported' })] }, []],
    ['not for one it was silent on', { sections: [section({ state: 'not-returned' })] }, []],
    ['not for one that failed', { sections: [section({ state: 'failed' })] }, []],
    [
      'for nothing while the record is in transit',
      {
        sections: [section(), section({ section: 'problems', warnings: [warning('data-in-transit')] })]
      },
      []
    ]
  ])('%s', (_case, known, sections) => {
    expect([...takenOverSections(known && facts(known))]).toEqual(sections)
  })
})

describe('a former practice is', () => {
  const former = (sections: readonly SectionFacts[], takenOver: string[]) =>
    sourceStatement(
      asked({ relation: 'former', notAsked: 'former' }),
      facts({ asAt: now, sections }),
      new Set(takenOver),
      now
    ).codes
  const problems = (overrides: Partial<SectionFacts>) => section({ section: 'problems', ...overrides })

  test.each<[string, SectionFacts[], string[]]>([
    ['all it returned is taken over', [section(), problems({})], ['allergies', 'problems']],
    ['the rest is empty', [section(), problems({ state: 'empty' })], ['allergies']],
    ['the rest it could not provide', [section(), problems({ state: 'unsupported' })], ['allergies']]
  ])('over when %s', (_case, sections, takenOver) => {
    expect(former(sections, takenOver)).toEqual(['superseded-former'])
  })

  test.each<[string, SectionFacts[], string[]]>([
    ['nothing is taken over', [section({ state: 'empty' })], []],
    ['a section it returned is not', [section(), problems({})], ['allergies']],
    [
      'a section that failed may hold what it returned before',
      [problems({ state: 'failed' })],
      ['allergies']
    ],
    ['one it left out may, too', [problems({ state: 'not-returned' })], ['allergies']],
    ['its quarantine has to be told', [problems({ state: 'empty', quarantined: 1 })], ['allergies']]
  ])('not over when %s', (_case, sections, takenOver) => {
    expect(former(sections, takenOver).slice(0, 2)).toEqual(['former', 'stored'])
  })

  test('alone in being over: what PDS names as the practice speaks for itself', () => {
    const registered = sourceStatement(
      asked(),
      facts({ asAt: now, sections: [section()] }),
      new Set(['allergies']),
      now
    )
    expect(registered.codes).toEqual(['live'])
  })
})
