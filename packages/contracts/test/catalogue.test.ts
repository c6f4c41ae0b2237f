import Value from 'typebox/value'
import { describe, expect, test } from 'vitest'
import { jobId, pullJob, queueName, Source } from '../src/index.ts'

const source = (changes: object = {}): unknown => ({
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
const withDefaults = (value: unknown) => Value.Default(Source, value)

describe('a source of the catalogue', () => {
  test('needs only what has no sensible default', () => {
    const filled = withDefaults(source()) as Source
    expect(Value.Check(Source, filled)).toBe(true)
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
    expect(Value.Check(Source, withDefaults(source(changes)))).toBe(false)
  })
})

test('each source has a queue of its own, and each attempt a job of its own', () => {
  expect(queueName(pullJob, 'gp-a81001')).toBe('pull-gp-a81001')
  expect(jobId('7f1b0c52-3a0e-4f6f-9a3a-0a6b6a6f0d11', 2)).toBe('7f1b0c52-3a0e-4f6f-9a3a-0a6b6a6f0d11-2')
})
