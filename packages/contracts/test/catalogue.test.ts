import type { TSchema } from 'typebox'
import Value from 'typebox/value'
import { describe, expect, test } from 'vitest'
import {
  FhirEndpoint,
  GpPractice,
  Hl7v2Sender,
  Itk3Sender,
  isAsked,
  jobId,
  pullJob,
  queueName,
  Source
} from '../src/index.ts'

const practice = (changes: object = {}) => ({
  id: 'gp-a81001',
  kind: 'gp-connect',
  odsCode: 'A81001',
  name: 'High Street Surgery',
  releaseStage: 'live',
  retention: 'session',
  endpoint: {
    baseUrl: 'https://gp.example/A81001/STU3/1/gpconnect',
    asid: '200000000359',
    interactions: ['structured']
  },
  ...changes
})
const withDefaults = (schema: TSchema, value: unknown) => Value.Default(schema, structuredClone(value))
const isRight = (schema: TSchema, value: unknown) => Value.Check(schema, withDefaults(schema, value))

describe('a practice', () => {
  test('needs only what has no sensible default', () => {
    const filled = withDefaults(GpPractice, practice())
    expect(Value.Check(GpPractice, filled)).toBe(true)
    expect(filled).toMatchObject({ timeoutMs: 5_000, concurrency: 4, refreshMinutes: 60, sessionMinutes: 30 })
  })

  test.each([
    ['an id with capitals', { id: 'GP-A81001' }],
    ['an id that would break a queue’s name', { id: 'gp:a81001' }],
    ['a code that is no ODS code', { odsCode: 'a81-001' }],
    [
      'a base address with a slash at its end',
      { endpoint: { baseUrl: 'https://x.example/', asid: '1', interactions: ['structured'] } }
    ],
    ['no interface', { endpoint: { baseUrl: 'https://x.example/a', asid: '1', interactions: [] } }],
    [
      'a secret written out',
      {
        endpoint: {
          baseUrl: 'https://x.example/a',
          asid: '1',
          interactions: ['structured'],
          certificateAuthority: '-----BEGIN'
        }
      }
    ],
    ['a retention that is none', { retention: 'forever' }],
    ['no time at all', { timeoutMs: 0 }],
    ['a setting that does not exist', { colour: 'red' }]
  ])('is refused with %s', (_case, changes) => {
    expect(isRight(GpPractice, practice(changes))).toBe(false)
  })
})

const trust = (kind: string, changes: object = {}) => ({
  id: `rx1-${kind}`,
  kind,
  odsCode: 'RX1',
  name: 'A trust',
  releaseStage: 'live',
  retention: 'store',
  agreement: 'Joint controllers, 2026',
  ...changes
})
const hl7v2 = (changes: object = {}) =>
  trust('hl7v2', { senders: [{ application: 'PAS', facility: 'RX1' }], ...changes })
const itk3 = (changes: object = {}) => trust('itk3', changes)
const endpoint = {
  baseUrl: 'https://trust.example/fhir/R4',
  tokenUrl: 'https://trust.example/token',
  clientId: 'chesil',
  privateKey: 'file:/run/secrets/trust.pem'
}
const fhirR4 = (changes: object = {}) => trust('fhir-r4', { endpoint, types: ['Encounter'], ...changes })

describe('what a hospital sends', () => {
  test('needs only what has no sensible default, and has no settings of asking', () => {
    expect(withDefaults(Hl7v2Sender, hl7v2())).toEqual(hl7v2())
    expect(withDefaults(Itk3Sender, itk3())).toEqual(itk3())
    expect([isRight(Hl7v2Sender, hl7v2()), isRight(Itk3Sender, itk3())]).toEqual([true, true])
  })

  test('may be described in full', () => {
    const all = {
      telephone: '01632 960000',
      patientNumberSystem: 'https://trust.example/Id/patient',
      refuse: { treatmentFunctions: ['360'], locations: ['GUM'], documentTypes: ['824331000000106'] }
    }
    const senders = [{ facility: '' }, { application: '', facility: 'RX1' }]
    const reading = { senders, patientNumberAuthorities: ['RX1PAS'], characterSet: 'ISO-8859-1' }
    expect(isRight(Hl7v2Sender, hl7v2({ ...all, ...reading }))).toBe(true)
    expect(isRight(Itk3Sender, itk3(all))).toBe(true)
  })

  test.each<[string, object]>([
    ['that it is shown to one session only', { retention: 'session' }],
    ['how long it may take to answer', { timeoutMs: 5_000 }],
    ['where it is asked', { endpoint }],
    ['a patient number’s system that is no URI', { patientNumberSystem: 'RX1' }],
    ['a refusal of everything', { refuse: { everything: true } }],
    ['a refusal of what has no name', { refuse: { locations: [''] } }],
    ['another kind', { kind: 'gp-connect' }]
  ])('is refused with %s', (_case, changes) => {
    expect(isRight(Hl7v2Sender, hl7v2(changes))).toBe(false)
    expect(isRight(Itk3Sender, itk3(changes))).toBe(false)
  })

  test.each<[string, object]>([
    ['nobody', { senders: [] }],
    ['an application without a facility', { senders: [{ application: 'PAS' }] }],
    ['a version', { senders: [{ facility: 'RX1', version: '2.4' }] }],
    ['no character set', { characterSet: '' }],
    ['an authority without a name', { patientNumberAuthorities: [''] }]
  ])('by HL7 v2 is refused when it names %s', (_case, changes) => {
    expect(isRight(Hl7v2Sender, hl7v2(changes))).toBe(false)
  })
})

describe('a FHIR endpoint', () => {
  test('needs only what has no sensible default', () => {
    const filled = withDefaults(FhirEndpoint, fhirR4())
    expect(Value.Check(FhirEndpoint, filled)).toBe(true)
    expect(filled).toMatchObject({
      ask: 'known',
      sweepMinutes: 1_440,
      timeoutMs: 5_000,
      concurrency: 4,
      refreshMinutes: 60,
      endpoint: { keyAlgorithm: 'ES384' }
    })
  })

  test.each<[string, object]>([
    ['that it is shown to one session only', { retention: 'session' }],
    ['a time for a session', { sessionMinutes: 30 }],
    ['nothing to be searched for', { types: [] }],
    ['one type twice', { types: ['Encounter', 'Encounter'] }],
    ['a type that we do not take', { types: ['Patient'] }],
    ['an audience that is none', { ask: 'nobody' }],
    ['a base address with a slash at its end', { endpoint: { ...endpoint, baseUrl: 'https://x.example/' } }],
    ['a key written out', { endpoint: { ...endpoint, privateKey: '-----BEGIN' } }],
    ['a key of another kind', { endpoint: { ...endpoint, keyAlgorithm: 'HS256' } }],
    ['a sweep that never ends', { sweepMinutes: 0 }]
  ])('is refused with %s', (_case, changes) => {
    expect(isRight(FhirEndpoint, fhirR4(changes))).toBe(false)
  })
})

test('a source is of one kind, and asked or not by its kind alone', () => {
  const schemas = [GpPractice, Hl7v2Sender, Itk3Sender, FhirEndpoint]
  const sources = [practice(), hl7v2(), itk3(), fhirR4()].map((source, at) =>
    Value.Parse(Source, withDefaults(schemas[at] as TSchema, source))
  )
  const fitting = sources.map((source) => schemas.filter((schema) => Value.Check(schema, source)).length)
  expect(fitting).toEqual([1, 1, 1, 1])
  expect(sources.filter(isAsked).map(({ kind }) => kind)).toEqual(['gp-connect', 'fhir-r4'])
})

test('each source has a queue of its own, and each attempt a job of its own', () => {
  expect(queueName(pullJob, 'gp-a81001')).toBe('pull-gp-a81001')
  expect(jobId('7f1b0c52-3a0e-4f6f-9a3a-0a6b6a6f0d11', 2)).toBe('7f1b0c52-3a0e-4f6f-9a3a-0a6b6a6f0d11-2')
})
