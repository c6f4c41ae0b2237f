import { expect, test } from 'vitest'
import { readConfig } from '../src/config.ts'

const needed = {
  DATABASE_URL: 'postgres://x',
  REDIS_URL: 'redis://x',
  PDS_BASE_URL: 'https://pds.example/FHIR/R4',
  PDS_TOKEN_URL: 'https://pds.example/token',
  PDS_CLIENT_ID: 'chesil',
  PDS_PRIVATE_KEY: 'env:KEY',
  PDS_ORGANISATION: 'QVV'
}

test('only what nobody can guess must be set', () => {
  expect(() => readConfig({})).toThrow(
    expect.objectContaining({
      message: expect.stringMatching(
        new RegExp(`^Invalid configuration:(\\n  (${Object.keys(needed).join('|')}) is missing \\(.+\\)){7}$`)
      )
    })
  )
  expect(readConfig(needed)).toMatchObject({ ...needed, QUEUE_PREFIX: '{chesil}', LEASE_MS: 30_000 })
})

test.each([
  { DATABASE_CONNECTIONS: '2' },
  { APPLY_CONCURRENCY: '0' },
  { LEASE_MS: '999' },
  { SWEEP_INTERVAL_MS: '99' },
  { OVERDUE_MS: '99' },
  { PDS_ORGANISATION: 'q' },
  { TRACES_PER_SECOND: '0' },
  { OPS_PORT: 'any' },
  { LOG_LEVEL: 'trace' }
])('settings cannot be %o', (changes: Record<string, string>) => {
  expect(() => readConfig({ ...needed, ...changes })).toThrow(Object.keys(changes)[0] as string)
})
