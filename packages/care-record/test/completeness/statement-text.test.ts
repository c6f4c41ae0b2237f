import { describe, expect, test } from 'vitest'
import { statementText } from '../../src/completeness/statement-text.ts'
import type { SectionFacts, SourceStatement } from '../../src/index.ts'
import { day, hour, minute, now, section, statement, warning } from '../builders.ts'

const text = ({ asAt, ...overrides }: Partial<SourceStatement>): string => {
  const { asAt: _asAt, ...bare } = statement()
  return statementText({ ...bare, ...overrides, ...(asAt !== undefined && { asAt }) }, now)
}
const standings = [
  'live',
  'stored',
  'not-asked',
  'pending',
  'timed-out',
  'failed',
  'breaker-open',
  'refused-answer',
  'not-disclosed',
  'refused-by-consent',
  'not-connected',
  'retired',
  'deceased',
  'former',
  'superseded-former'
] as const
const shown = 'What is shown is as at'
const nothing = 'Nothing from it is shown.'

describe('how a source stands, in a sentence', () => {
  test.each<[Partial<SourceStatement>, string]>([
    [
      { codes: ['live'], asAt: now },
      `answered within its refresh age. ${shown} 22-Nov-2026 09:30, less than a minute ago.`
    ],
    [
      { codes: ['stored'], asAt: now - 2 * hour },
      `shown as stored earlier. ${shown} 22-Nov-2026 07:30, 2 hours ago.`
    ],
    [{ codes: ['not-asked'] }, `not asked yet. ${nothing}`],
    [
      { codes: ['pending'], attemptAt: now - minute },
      `asked, not answered yet (22-Nov-2026 09:29). ${nothing}`
    ],
    [
      { codes: ['timed-out', 'stored'], attemptAt: now, asAt: now - day },
      `did not answer in time (22-Nov-2026 09:30). ${shown} 21-Nov-2026 09:30, 1 day ago.`
    ],
    [{ codes: ['failed'] }, `could not be asked, or answered with an error. ${nothing}`],
    [{ codes: ['not-disclosed'] }, `did not disclose a record. ${nothing}`],
    [
      { codes: ['refused-by-consent'], asAt: now - day },
      `does not share: the person has not agreed to it. ${nothing}`
    ],
    [{ codes: ['not-connected'] }, `not connected to this record. ${nothing}`],
    [
      { codes: ['deceased', 'stored'], asAt: now - 18 * day },
      `no longer asked: the person has died. ${shown} 04-Nov-2026 09:30, 18 days ago.`
    ],
    [{ codes: ['former', 'stored'], asAt: now }, `a former practice. ${shown} 22-Nov-2026 09:30,`],
    [
      { codes: ['superseded-former'], asAt: now - day },
      'a former practice, whose record the present one has taken over.'
    ]
  ])('$codes', (overrides, expected) => {
    expect(text(overrides)).toMatch(new RegExp(`^Hill Surgery: ${expected.replace(/[().]/g, '\\$&')}`))
  })
})

describe('what its answer says, in a sentence', () => {
  const problems = section({ section: 'problems', state: 'empty' })
  const two = (state: SectionFacts['state']) => [section({ state }), section({ section: 'diary', state })]
  const confidential = warning('confidential-items', 'Items are kept back.')

  test.each<[string, Partial<SourceStatement>, string]>([
    [
      'all of it empty',
      { codes: ['live', 'empty'], sections: [problems] },
      'It says that it has nothing recorded.'
    ],
    ['some of it empty', { sections: [section(), problems] }, 'Nothing recorded: problems.'],
    [
      'sections it cannot provide',
      { codes: ['live', 'section-unsupported'], sections: two('unsupported') },
      'Not available from it: allergies, diary entries.'
    ],
    [
      'sections it was silent on',
      { codes: ['live', 'section-not-returned'], sections: [...two('not-returned'), section()] },
      'It said nothing about: allergies, diary entries.'
    ],
    [
      'sections that failed',
      { codes: ['live', 'section-failed'], sections: [section({ section: 'documents', state: 'failed' })] },
      'Could not be fetched: documents.'
    ],
    [
      'a warning once, with the sections it concerns',
      {
        codes: ['live', 'confidential-items'],
        sections: [
          section({ warnings: [confidential] }),
          section({ section: 'medications', warnings: [confidential] })
        ]
      },
      'Items are kept back (allergies, medicines).'
    ],
    [
      'a warning without words by its code',
      { codes: ['live', 'source-warning'], sections: [section({ warnings: [warning('note', ' ')] })] },
      'note (allergies).'
    ],
    [
      'how many were kept out, where, and whom to ring',
      {
        codes: ['live', 'quarantined'],
        telephone: '01305 000000',
        sections: [section({ quarantined: 2 }), problems, section({ section: 'documents', quarantined: 1 })]
      },
      'Kept out of this record, because they may be about somebody else or could not be read: 2 in allergies, 1 in documents. Ring 01305 000000 about them.'
    ],
    [
      'whom to ask when no telephone is known',
      { codes: ['live', 'quarantined'], sections: [section({ quarantined: 1 })] },
      'Ask the source about them.'
    ],
    [
      'what could not be read',
      { codes: ['live', 'degraded-items'], sections: [section({ degraded: 3 })] },
      'Some codes or dates could not be read; see their text.'
    ]
  ])('%s', (_case, overrides, expected) => {
    expect(text({ asAt: now, ...overrides })).toMatch(
      new RegExp(`ago\\. (.* )?${expected.replace(/[().]/g, '\\$&')}$`)
    )
  })

  test('of a practice whose record is taken over, nothing', () => {
    const sections = [problems, section({ warnings: [confidential], degraded: 1 })]
    expect(text({ codes: ['superseded-former'], asAt: now, sections })).toBe(
      'Hill Surgery: a former practice, whose record the present one has taken over.'
    )
  })
})

test.each(standings.filter((code) => code !== 'refused-by-consent'))(
  'the text of %s gives no reason that lies with the person: not agreeing, being restricted or sensitive',
  (code) => {
    expect(text({ codes: [code], attemptAt: now })).not.toMatch(
      /consent|agree|dissent|object|restrict|sensitiv|confidential|withh|protect|opt/i
    )
  }
)
