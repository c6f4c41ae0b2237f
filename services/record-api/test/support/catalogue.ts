import type { GpPractice, SourceCatalogue } from '@chesil/contracts'

const source = (id: string, odsCode: string, changes: Partial<GpPractice> = {}): GpPractice => ({
  id,
  kind: 'gp-connect',
  odsCode,
  name: `Practice ${id}`,
  releaseStage: 'live',
  retention: 'store',
  agreement: 'test',
  sessionMinutes: 30,
  endpoint: { baseUrl: `https://${id}.test/gp`, asid: '1', interactions: ['structured'] },
  timeoutMs: 1_000,
  maxAnswerBytes: 1_000_000,
  concurrency: 1,
  refreshMinutes: 60,
  ...changes
})

/** The practice that PDS names for people here, unless a test says otherwise. */
export const practice = 'J81001'
/** Where they have been before. */
export const formerPractice = 'J81002'

export const catalogue: SourceCatalogue = {
  sources: [
    source('gp-one', practice),
    source('gp-two', formerPractice),
    source('gp-session', 'J81003', { retention: 'session' })
  ],
  readingOrganisations: []
}
