import { expect, test } from 'vitest'
import type { Claims } from '../src/index.ts'
import { createVerifiedTokens } from '../src/verified-tokens.ts'

const claims: Claims = { iss: 'i', sub: 's', aud: 'a', exp: 1_000, iat: 0, jti: 'j' }

test('as many verified tokens are held as was agreed, and the oldest gives way', () => {
  const verified = createVerifiedTokens({ capacity: 2, now: () => 0 })
  for (const token of ['first', 'second', 'third']) verified.keep(token, claims)
  expect(['first', 'second', 'third'].map((token) => verified.find(token))).toEqual([
    undefined,
    claims,
    claims
  ])
})

test('a token that has ended is not held', () => {
  let now = 0
  const verified = createVerifiedTokens({ capacity: 2, now: () => now })
  verified.keep('token', { ...claims, exp: 10 })
  now = 9_999
  expect(verified.find('token')).toBeDefined()
  now = 10_000
  expect(verified.find('token')).toBeUndefined()
})
