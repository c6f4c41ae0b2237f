import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { readClientKeys } from '../src/issuer/client-keys.ts'

const jwk = { kty: 'EC', crv: 'P-384', x: 'a', y: 'b', kid: 'one' }
const folder = mkdtempSync(join(tmpdir(), 'sandbox-keys-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('the client’s keys', () => {
  test.each([
    { case: 'one key', text: JSON.stringify(jwk), keys: [jwk] },
    {
      case: 'a set',
      text: JSON.stringify({ keys: [jwk, { ...jwk, kid: 'two' }] }),
      keys: [jwk, { ...jwk, kid: 'two' }]
    },
    {
      case: 'a private key, of which half is used',
      text: JSON.stringify({ ...jwk, d: 'secret' }),
      keys: [jwk]
    }
  ])('are $case', ({ text, keys }) => {
    expect(readClientKeys({ PDS_CLIENT_JWK: text })).toEqual({ keys })
  })

  test('are read from a file', () => {
    const file = join(folder, 'client.json')
    writeFileSync(file, JSON.stringify(jwk))
    expect(readClientKeys({ PDS_CLIENT_JWK_FILE: file })).toEqual({ keys: [jwk] })
  })

  test('are none when none are given', () => {
    expect(readClientKeys({})).toEqual({ keys: [] })
  })

  test.each(['not json', 'null', '{}', '[]', '{"keys":[1]}'])('are not %s', (text) => {
    expect(() => readClientKeys({ PDS_CLIENT_JWK: text })).toThrow('PDS_CLIENT_JWK')
  })
})
