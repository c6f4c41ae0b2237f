import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { generateSigningKey } from '../src/index.ts'
import {
  audience,
  claims,
  createIssuer,
  createVerifier,
  forge,
  good,
  header,
  issuer,
  now,
  refusalOf,
  serveKeys
} from './support.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-03-02T09:00:00Z') })
})
afterEach(() => {
  vi.useRealTimers()
})

test('an issuer’s keys are fetched once for many tokens at the same time', async () => {
  const keys = serveKeys(issuer.jwks)
  const verify = createVerifier({ fetchJwks: keys.fetch })
  await Promise.all(Array.from({ length: 50 }, async () => verify(await good())))
  expect(keys.fetches).toBe(1)
})

test('an issuer’s keys are fetched at most once in 30 seconds, however many unknown keys are named', async () => {
  const keys = serveKeys(issuer.jwks)
  const verify = createVerifier({ fetchJwks: keys.fetch })
  await verify(await good())
  for (let i = 0; i < 10_000; i++) {
    vi.setSystemTime(now() + 6) // a minute in all
    await refusalOf(verify, forge({ ...header, kid: `unknown-${i}` }, claims()))
  }
  expect(keys.fetches).toBe(1 + 2)
})

test('an issuer’s keys are not asked for more often while the issuer is down', async () => {
  const keys = serveKeys(issuer.jwks)
  const verify = createVerifier({ fetchJwks: keys.fetch })
  await verify(await good())
  keys.down = true
  for (let i = 0; i < 600; i++) {
    vi.setSystemTime(now() + 100) // a minute in all
    expect(await refusalOf(verify, forge({ ...header, kid: `unknown-${i}` }, claims()))).toBe('unknown-key')
  }
  expect(keys.fetches).toBe(1 + 2)
})

test('an issuer’s keys go on working while the issuer is down', async () => {
  const keys = serveKeys(issuer.jwks)
  const verify = createVerifier({ fetchJwks: keys.fetch })
  await verify(await good())
  keys.down = true
  for (const minutes of [10, 50, 660]) {
    vi.setSystemTime(now() + minutes * 60_000 - 1)
    await expect(verify(await good())).resolves.toBeDefined()
  }
})

test('an issuer’s keys are not believed 12 hours after the issuer was last heard of', async () => {
  const keys = serveKeys(issuer.jwks)
  const verify = createVerifier({ fetchJwks: keys.fetch })
  await verify(await good())
  keys.down = true
  vi.setSystemTime(now() + 43_200_000)
  await expect(verify(await good())).rejects.toMatchObject({ kind: 'unavailable' })
})

test('an issuer’s keys that cannot be had are no fault of the token: the answer is 503, and soon good again', async () => {
  const keys = serveKeys(issuer.jwks)
  keys.down = true
  const verify = createVerifier({ fetchJwks: keys.fetch })
  await expect(verify(await good())).rejects.toMatchObject({ kind: 'unavailable' })
  keys.down = false
  vi.setSystemTime(now() + 1000)
  await expect(verify(await good())).resolves.toBeDefined()
})

test.each([
  ['is HTML', new Response('<html>', { headers: { 'content-type': 'text/html' } })],
  ['is a redirect', new Response(null, { status: 302, headers: { location: 'https://evil.example' } })],
  ['is an error', new Response('{}', { status: 500 })],
  ['is not a key set', Response.json({ keys: 'none' })]
])('an issuer’s keys are unavailable when the answer %s', async (_, response) => {
  const verify = createVerifier({ fetchJwks: async () => response })
  await expect(verify(await good())).rejects.toMatchObject({ kind: 'unavailable' })
})

test('an issuer’s keys may be changed: a new one is found, a withdrawn one is forgotten within ten minutes', async () => {
  const second = await generateSigningKey({ algorithm: 'ES256', kid: 'second' })
  let published = issuer.jwks()
  const keys = serveKeys(() => published)
  const verify = createVerifier({ fetchJwks: keys.fetch })
  await verify(await good())

  published = createIssuer(second).jwks()
  vi.setSystemTime(now() + 30_000)
  const renewed = await createIssuer(second).issue({ sub: 'user' }, { audience, expiresInSeconds: 600 })
  await expect(verify(renewed)).resolves.toBeDefined()
  expect(await refusalOf(verify, await good())).toBe('unknown-key')

  published = issuer.jwks()
  vi.setSystemTime(now() + 600_000)
  const withdrawn = await createIssuer(second).issue({ sub: 'user' }, { audience, expiresInSeconds: 600 })
  expect(await refusalOf(verify, withdrawn)).toBe('unknown-key')
  expect(keys.fetches).toBe(3)
})

test('an issuer’s keys that are symmetric are not keys', async () => {
  const secret = Buffer.from('secret-secret-secret-secret-secret').toString('base64url')
  const jwk = { kty: 'oct', k: secret, kid: 'first', alg: 'ES256', use: 'sig' }
  const verify = createVerifier({ fetchJwks: serveKeys(() => ({ keys: [jwk] })).fetch })
  expect(await refusalOf(verify, forge(header, claims()))).toBe('unknown-key')
})
