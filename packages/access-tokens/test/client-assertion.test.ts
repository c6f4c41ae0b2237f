import { randomUUID } from 'node:crypto'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import {
  createAssertionVerifier,
  createClientAssertion,
  createTokenIssuer,
  findTokenRefusal,
  generateSigningKey,
  unsignedToken
} from '../src/index.ts'
import { now } from './support.ts'

const tokenUrl = 'https://identity.example/token'
const key = await generateSigningKey({ algorithm: 'ES384', kid: 'chesil-1' })
const keys = { keys: [key.publicJwk] }

const sign = (changes: object = {}) =>
  createClientAssertion({ key, issuer: 'chesil', audience: tokenUrl, now, newId: randomUUID, ...changes })
const createVerifier = () =>
  createAssertionVerifier({
    audience: tokenUrl,
    findKeys: (clientId) => (clientId === 'chesil' ? keys : undefined),
    now
  })
/** Any claims, signed with the registered key. */
const forge = (claims: object, expiresInSeconds = 300) =>
  createTokenIssuer({ issuer: 'chesil', keys: [key], now, newId: randomUUID }).issue(
    { sub: 'chesil', ...claims },
    { audience: tokenUrl, expiresInSeconds, typ: 'JWT' }
  )

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-03-02T09:00:00.900Z') })
})
afterEach(() => {
  vi.useRealTimers()
})

test('an assertion says who we are, to whom, and for five minutes', async () => {
  const assertion = await sign()()
  const issuedAt = Math.floor(now() / 1000)
  expect(decodeProtectedHeader(assertion)).toEqual({ alg: 'ES384', kid: 'chesil-1', typ: 'JWT' })
  expect(decodeJwt(assertion)).toEqual({
    iss: 'chesil',
    sub: 'chesil',
    aud: tokenUrl,
    jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
    iat: issuedAt,
    exp: issuedAt + 300
  })
})

test('no two assertions share an id', async () => {
  const next = sign()
  const ids = await Promise.all(Array.from({ length: 20 }, async () => decodeJwt(await next()).jti))
  expect(new Set(ids).size).toBe(20)
})

test('an assertion never lives longer than five minutes, and may live shorter', async () => {
  const life = async (lifetimeSeconds: number) => {
    const { exp = 0, iat = 0 } = decodeJwt(await sign({ lifetimeSeconds })())
    return exp - iat
  }
  expect(await life(3600)).toBe(300)
  expect(await life(60)).toBe(60)
})

test.each(['RS384', 'ES384', 'RS512'] as const)(
  'a client signs with %s and is known by it',
  async (algorithm) => {
    const signing = await generateSigningKey({ algorithm })
    const verify = createAssertionVerifier({
      audience: tokenUrl,
      findKeys: () => ({ keys: [signing.publicJwk] }),
      now
    })
    await expect(verify(await sign({ key: signing })())).resolves.toBe('chesil')
  }
)

test('an assertion is taken once, and its id may come back when it has ended', async () => {
  const verify = createVerifier()
  const assertion = await forge({ jti: 'once' })
  await verify(assertion)
  await expect(verify(assertion)).rejects.toThrow('Client assertion was used before')
  await expect(verify(await forge({ jti: 'once' }))).rejects.toThrow('Client assertion was used before')
  vi.setSystemTime(now() + 306_000)
  await expect(verify(await forge({ jti: 'once' }))).resolves.toBe('chesil')
})

test.each<[string, string, () => string | Promise<string>]>([
  ['an unknown client', 'issuer', () => sign({ issuer: 'other' })()],
  ['no issuer', 'issuer', () => forge({ iss: undefined })],
  ['another subject', 'claim-invalid', () => forge({ sub: 'other' })],
  ['another audience', 'audience', () => sign({ audience: 'https://other.example/token' })()],
  ['a life of more than five minutes', 'lives-too-long', () => forge({}, 306)],
  ['one that has ended', 'expired', () => forge({}, -6)],
  ['no end', 'claim-missing', () => forge({ exp: undefined })],
  ['no id', 'claim-missing', () => forge({ jti: undefined })],
  ['no signature', 'malformed', () => unsignedToken({ iss: 'chesil', sub: 'chesil' })],
  [
    'an algorithm that is too weak',
    'algorithm',
    async () => {
      const weak = await generateSigningKey({ algorithm: 'RS256', kid: 'chesil-1' })
      return sign({ key: weak })()
    }
  ]
])('refuses %s (%s)', async (_, refusal, assertion) => {
  const error = await createVerifier()(await assertion()).catch((reason: unknown) => reason)
  expect(findTokenRefusal(error)).toBe(refusal)
})
