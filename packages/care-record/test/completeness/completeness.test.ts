import { chesil } from '@chesil/fhir'
import { describe, expect, test } from 'vitest'
import {
  type Completeness,
  completenessCodes,
  completenessKey,
  completenessToJson,
  completenessToOutcome,
  type GeneralCode,
  type SourceStatement
} from '../../src/index.ts'
import { day, hour, minute, now, section, statement, warning } from '../builders.ts'
import { expectValid } from '../valid.ts'

const of = (...sources: SourceStatement[]): Completeness => ({ sources, general: [] })
const generalCodes: GeneralCode[] = ['withheld', 'pds-unreachable', 'no-registered-practice', 'deceased']
const issueOf = (overrides: Partial<SourceStatement>) =>
  completenessToOutcome(of(statement(overrides)), now).issue[0]

const full = statement({
  codes: ['timed-out', 'stored', 'quarantined'],
  telephone: '01305 000000',
  asAt: now - 2 * hour,
  attemptAt: now - minute,
  sections: [
    section({ warnings: [warning('confidential-items', 'Kept back')], quarantined: 2 }),
    section({ section: 'problems', state: 'empty' })
  ]
})

describe('as an OperationOutcome, completeness', () => {
  test('has one issue for each source, then one for each general remark', () => {
    const { issue } = completenessToOutcome({ sources: [full, statement()], general: generalCodes }, now)
    expect(issue.map(({ details }) => details?.coding?.[0]?.code)).toEqual([
      'timed-out',
      'live',
      ...generalCodes
    ])
  })

  test('is valid FHIR, whatever it says', () => {
    const codes = Object.keys(completenessCodes) as SourceStatement['codes'][0][]
    const sources = codes.map((code) => statement({ codes: [code] }))
    expectValid(completenessToOutcome({ sources: [full, ...sources], general: generalCodes }, now))
  })

  test('is valid FHIR when nobody has anything to say but one source that nothing names any more', () => {
    const { odsCode: _odsCode, asAt: _asAt, ...bare } = statement({ codes: ['not-asked'] })
    expectValid(completenessToOutcome(of(bare), now))
  })

  test('gives every code with its system and display', () => {
    expect(issueOf({ codes: ['pending', 'stored'] })?.details?.coding).toEqual([
      { system: chesil.completeness, code: 'pending', display: 'Asked, not answered yet' },
      { system: chesil.completeness, code: 'stored', display: 'Shown as stored earlier' }
    ])
  })

  test.each<[SourceStatement['codes'], string, string]>([
    [['live'], 'information', 'informational'],
    [['live', 'degraded-items'], 'information', 'informational'],
    [['live', 'quarantined'], 'warning', 'suppressed'],
    [['stored', 'section-unsupported', 'quarantined'], 'warning', 'not-supported'],
    [['timed-out', 'stored'], 'warning', 'timeout'],
    [['timed-out', 'stored', 'quarantined'], 'warning', 'timeout'],
    [['former', 'stored', 'confidential-items'], 'warning', 'suppressed']
  ])('of %j is as severe as the first of them that warns', (codes, severity, code) => {
    expect(issueOf({ codes })).toMatchObject({ severity, code })
  })

  test('holds for machines the source, its age, and each section with what was said of it', () => {
    expect(completenessToOutcome(of(full), now).issue[0]?.extension).toEqual([
      {
        url: chesil.extension('source-statement'),
        extension: [
          { url: 'source', valueCode: 'gp-hill' },
          {
            url: 'organisation',
            valueReference: {
              identifier: { system: 'https://fhir.nhs.uk/Id/ods-organization-code', value: 'A81001' },
              display: 'Hill Surgery'
            }
          },
          { url: 'as-at', valueInstant: '2026-11-22T07:30:00.000Z' },
          {
            url: 'section',
            extension: [
              { url: 'code', valueCode: 'allergies' },
              { url: 'state', valueCode: 'returned' },
              { url: 'complete', valueBoolean: true },
              { url: 'warning', valueCode: 'confidential-items' },
              { url: 'quarantined', valueUnsignedInt: 2 }
            ]
          },
          {
            url: 'section',
            extension: [
              { url: 'code', valueCode: 'problems' },
              { url: 'state', valueCode: 'empty' },
              { url: 'complete', valueBoolean: true }
            ]
          }
        ]
      }
    ])
  })
})

describe('as JSON, completeness', () => {
  test('says the same, in plain members', () => {
    expect(completenessToJson({ sources: [full], general: ['withheld'] }, now)).toStrictEqual({
      asOf: '2026-11-22T09:30:00.000Z',
      sources: [
        {
          id: 'gp-hill',
          odsCode: 'A81001',
          name: 'Hill Surgery',
          telephone: '01305 000000',
          relation: 'registered',
          codes: ['timed-out', 'stored', 'quarantined'],
          asAt: '2026-11-22T07:30:00.000Z',
          ageSeconds: 7_200,
          attemptAt: '2026-11-22T09:29:00.000Z',
          sections: full.sections,
          text: completenessToOutcome(of(full), now).issue[0]?.details?.text
        }
      ],
      general: [{ code: 'withheld', text: 'Some items may be withheld from you under local policy' }]
    })
  })

  test('leaves out what is not known', () => {
    const { odsCode: _odsCode, asAt: _asAt, ...bare } = statement({ codes: ['not-asked'] })
    const [source] = completenessToJson(of(bare), now).sources
    expect(Object.keys(source ?? {})).toEqual(['id', 'name', 'relation', 'codes', 'sections', 'text'])
  })

  test.each([
    [999, 0],
    [1_000, 1],
    [day, 86_400],
    [-5_000, 0]
  ])('counts an age of %d ms as %d whole seconds, and none below nought', (ms, ageSeconds) => {
    const [source] = completenessToJson(of(statement({ asAt: now - ms })), now).sources
    expect(source).toMatchObject({ ageSeconds })
  })
})

describe('the key of an answer', () => {
  const key = (overrides: Partial<SourceStatement>) => completenessKey(of({ ...full, ...overrides }))

  test.each<[string, Partial<SourceStatement>]>([
    ['time passes', { asAt: now }],
    ['another attempt is made', { attemptAt: now }]
  ])('stays when %s', (_case, overrides) => {
    expect(key(overrides)).toBe(key({}))
  })

  test.each<[string, Partial<SourceStatement>]>([
    ['the source stands otherwise', { codes: ['stored', 'quarantined'] }],
    ['a section does', { sections: [section({ state: 'failed' })] }],
    ['more is in quarantine', { sections: [section({ ...full.sections[0], quarantined: 3 })] }],
    [
      'a warning is reworded',
      { sections: [section({ warnings: [warning('confidential-items', 'Other')] })] }
    ],
    ['its name does', { name: 'Hill Health Centre' }],
    ['its telephone does', { telephone: '01305 111111' }],
    ['it becomes a former practice', { relation: 'former' }]
  ])('changes when %s', (_case, overrides) => {
    expect(key(overrides)).not.toBe(key({}))
  })

  test('changes with a general remark and with another source', () => {
    const keys = [of(full), { ...of(full), general: ['withheld' as const] }, of(full, full)].map(
      completenessKey
    )
    expect(new Set(keys).size).toBe(3)
  })
})
