import type { FhirEndpoint, Hl7v2Sender, Itk3Sender } from '@chesil/contracts'

const trust = { odsCode: 'R0D', releaseStage: 'live', retention: 'store' } as const

/** Dorset Hospital’s HL7 v2, live. */
export const hl7v2 = (overrides: Partial<Hl7v2Sender> = {}): Hl7v2Sender => ({
  ...trust,
  id: 'r0d-hl7',
  kind: 'hl7v2',
  name: 'Dorset Hospital',
  senders: [{ facility: 'R0D' }],
  ...overrides
})

/** Its documents, live. */
export const itk3 = (overrides: Partial<Itk3Sender> = {}): Itk3Sender => ({
  ...trust,
  id: 'r0d-itk3',
  kind: 'itk3',
  name: 'Dorset Hospital letters',
  ...overrides
})

/** Its FHIR endpoint, live, asked about people whom it or the trust knows. */
export const fhirR4 = (overrides: Partial<FhirEndpoint> = {}): FhirEndpoint => ({
  ...trust,
  id: 'r0d-fhir',
  kind: 'fhir-r4',
  name: 'Dorset Hospital records',
  ask: 'known',
  endpoint: {
    baseUrl: 'https://fhir.r0d.example/R4',
    tokenUrl: 'https://fhir.r0d.example/token',
    clientId: 'chesil',
    privateKey: 'env:KEY',
    keyAlgorithm: 'ES384'
  },
  types: ['Condition'],
  sweepMinutes: 1_440,
  timeoutMs: 5_000,
  maxAnswerBytes: 1_000_000,
  concurrency: 4,
  refreshMinutes: 60,
  ...overrides
})
