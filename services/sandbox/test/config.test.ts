import { describe, expect, test } from 'vitest'
import { readConfig } from '../src/config.ts'

describe('settings', () => {
  test('have defaults', () => {
    expect(readConfig({})).toMatchObject({
      HOST: '127.0.0.1',
      SANDBOX_PEOPLE: 25,
      PDS_REQUESTS_PER_SECOND: 5
    })
  })

  test('forbid production', () => {
    expect(() => readConfig({ NODE_ENV: 'production' })).toThrow('does not run in production')
  })

  test.each([
    { PORT: 'many' },
    { SANDBOX_PRACTICES: '154' },
    { SANDBOX_PRACTICES: '1' },
    { RECORD_SIZES: '20,heavy' },
    { SANDBOX_AS_AT: 'today' },
    { PUBLIC_URL: 'http://host/' },
    { PDS_MAX_MATCHES: '51' }
  ])('cannot be %o', (env: Record<string, string>) => {
    expect(() => readConfig(env)).toThrow(Object.keys(env)[0] as string)
  })
})
