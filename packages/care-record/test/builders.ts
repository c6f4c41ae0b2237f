import type { GpPractice } from '@chesil/contracts'
import { parseOdsCode } from '@chesil/fhir'
import type { SectionFacts, SourceFacts, SourceStatement, SourceToAsk } from '../src/index.ts'

/** 22-Nov-2026 09:30 in London. */
export const now = Date.UTC(2026, 10, 22, 9, 30)
export const minute = 60_000
export const hour = 60 * minute
export const day = 24 * hour

export const hill = parseOdsCode('A81001')

/** Hill Surgery, live, asked again after an hour. */
export const source = (overrides: Partial<GpPractice> = {}): GpPractice => ({
  id: 'gp-hill',
  kind: 'gp-connect',
  odsCode: hill,
  name: 'Hill Surgery',
  releaseStage: 'live',
  retention: 'store',
  sessionMinutes: 30,
  endpoint: { baseUrl: 'https://hill.example/STU3', asid: '1', interactions: ['structured'] },
  timeoutMs: 5_000,
  maxAnswerBytes: 1_000_000,
  concurrency: 4,
  refreshMinutes: 60,
  ...overrides
})

export const asked = (overrides: Partial<SourceToAsk> = {}): SourceToAsk => ({
  sourceId: 'gp-hill',
  source: source(),
  odsCode: hill,
  relation: 'registered',
  ...overrides
})

export const facts = (overrides: Partial<SourceFacts> = {}): SourceFacts => ({
  sourceId: 'gp-hill',
  consentRefused: false,
  stale: false,
  sections: [],
  ...overrides
})

export const section = (overrides: Partial<SectionFacts> = {}): SectionFacts => ({
  section: 'allergies',
  state: 'returned',
  complete: (overrides.state ?? 'returned') === 'returned' || overrides.state === 'empty',
  warnings: [],
  quarantined: 0,
  degraded: 0,
  ...overrides
})

export const warning = (code: string, text = '') => ({ code, text })

export const statement = (overrides: Partial<SourceStatement> = {}): SourceStatement => ({
  sourceId: 'gp-hill',
  odsCode: hill,
  name: 'Hill Surgery',
  relation: 'registered',
  codes: ['live'],
  asAt: now - minute,
  sections: [],
  ...overrides
})
