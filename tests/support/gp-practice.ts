import type { GpPractice } from '@chesil/contracts'

/** A practice of the catalogue, whole: one that may be kept, unless it is changed. */
export const gpPractice = (changes: Partial<GpPractice> = {}): GpPractice => ({
  id: 'gp-here',
  kind: 'gp-connect',
  odsCode: 'J81001',
  name: 'Here Surgery',
  releaseStage: 'live',
  retention: 'store',
  agreement: 'test',
  sessionMinutes: 30,
  endpoint: { baseUrl: 'https://gp.test/gpconnect', asid: '1', interactions: ['structured', 'documents'] },
  timeoutMs: 1_000,
  maxAnswerBytes: 1_000_000,
  concurrency: 1,
  refreshMinutes: 60,
  ...changes
})
