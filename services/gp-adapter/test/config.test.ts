import { expect, test } from 'vitest'
import { readConfig } from '../src/config.ts'

const needed = {
  DATABASE_URL: 'postgres://x',
  REDIS_URL: 'redis://x',
  SOURCES_FILE: 'sources.json',
  CONSUMER_ISSUER: 'https://chesil.test'
}

test('only what nobody can guess must be set', () => {
  expect(() => readConfig({})).toThrow(
    expect.objectContaining({
      message: expect.stringMatching(
        new RegExp(`^Invalid configuration:(\\n  (${Object.keys(needed).join('|')}) is missing \\(.+\\)){4}$`)
      )
    })
  )
  expect(readConfig(needed)).toMatchObject({ ...needed, QUEUE_PREFIX: '{chesil}', LEASE_MS: 30_000 })
})

test.each([
  { CONSUMER_ISSUER: 'chesil.test' },
  { DATABASE_CONNECTIONS: '2' },
  { MAP_CONCURRENCY: '0' },
  { LEASE_MS: '999' },
  { OPS_PORT: '65536' },
  { LOG_LEVEL: 'trace' }
])('settings cannot be %o', (changes: Record<string, string>) => {
  expect(() => readConfig({ ...needed, ...changes })).toThrow(Object.keys(changes)[0] as string)
})
