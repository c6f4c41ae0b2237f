import { createHmac } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { generateSigningKey } from '../src/index.ts'
import {
  audience,
  claims,
  createIssuer,
  createVerifier,
  encode,
  forge,
  good,
  header,
  issuer,
  issuerUrl,
  key,
  now,
  readerClaims,
  refusalOf,
  rsaKey,
  seconds,
  serveKeys,
  stranger
} from './support.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-03-02T09:00:00Z') })
})
afterEach(() => {
  vi.useRealTimers()
})

test('gives the claims of a good token', async () => {
  const verified = await createVerifier()(await good())
  expect(verified).toMatchObject({ iss: issuerUrl, aud: audience, sub: '555036632103', sid: 'session-1' })
})

test('accepts each algorithm that it lists', async () => {
  for (const algorithm of ['RS256', 'RS384', 'PS256', 'ES256', 'ES384'] as const) {
    const other = algorithm === 'RS384' || algorithm === 'PS256' ? { ...rsaKey, algorithm } : undefined
    const signing = other ?? (await generateSigningKey({ algorithm }))
    const keys = { keys: [{ ...signing.publicJwk, alg: algorithm }] }
    const verify = createVerifier({ fetchJwks: serveKeys(() => keys).fetch })
    const token = await createIssuer(signing).issue({ sub: 'user' }, { audience, expiresInSeconds: 60 })
    await expect(verify(token)).resolves.toMatchObject({ sub: 'user' })
  }
})

test('accepts a type written with application/ in front, and in capitals', async () => {
  await expect(
    createVerifier()(forge({ ...header, typ: 'application/AT+JWT' }, claims()))
  ).resolves.toBeDefined()
})

test('accepts the type JWT only where it is configured', async () => {
  const token = forge({ ...header, typ: 'JWT' }, claims())
  expect(await refusalOf(createVerifier(), token)).toBe('type')
  await expect(createVerifier({ types: ['at+jwt', 'JWT'] })(token)).resolves.toBeDefined()
})

describe('refuses', () => {
  const hmacWithPublicKey = () => {
    const input = `${encode({ ...header, alg: 'HS256' })}.${encode(claims())}`
    const secret = JSON.stringify(key.publicJwk)
    return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
  }
  const tampered = async (change: (parts: string[]) => void) => {
    const parts = (await good()).split('.')
    change(parts)
    return parts.join('.')
  }
  const without = (name: string) => {
    const { [name]: _, ...rest } = claims() as Record<string, unknown>
    return forge(header, rest)
  }
  const text = (value: object) => JSON.stringify(value).slice(1, -1)

  test.each<[string, string, () => string | Promise<string>]>([
    ['an empty token', 'malformed', () => ''],
    ['a word', 'malformed', () => 'token'],
    ['two parts', 'malformed', () => forge(header, claims()).split('.').slice(0, 2).join('.')],
    ['four parts', 'malformed', () => `${forge(header, claims())}.x`],
    ['five parts, as if encrypted', 'malformed', () => 'a.b.c.d.e'],
    ['no signature', 'malformed', () => `${encode(header)}.${encode(claims())}.`],
    ['a space after it', 'malformed', async () => `${await good()} `],
    ['a line break in it', 'malformed', async () => (await good()).replace('.', '.\n')],
    ['base64 that is not base64url', 'malformed', () => tampered((parts) => parts.splice(1, 1, '++++'))],
    ['a header that is not JSON', 'malformed', () => forge('not json', claims())],
    ['a header that is a list', 'malformed', () => forge([], claims())],
    ['a header that is null', 'malformed', () => forge('null', claims())],
    ['claims that are not JSON', 'malformed', () => forge(header, '{"sub":')],
    ['claims that are a list', 'malformed', () => forge(header, [claims()])],
    ['claims that are a string', 'malformed', () => forge(header, '"claims"')],
    ['claims that are not UTF-8', 'malformed', () => tampered((parts) => parts.splice(1, 1, '_____w'))],
    ['a JWT of 64 KB', 'too-large', () => forge(header, claims({ padding: 'x'.repeat(65_536) }))],
    ['a megabyte of nothing', 'too-large', () => 'x'.repeat(1_048_576)],
    ['a thousand levels of claims', 'malformed', () => forge(header, `${'['.repeat(1000)}`)],
    ['alg none', 'algorithm', () => forge({ ...header, alg: 'none' }, claims())],
    ['alg None', 'algorithm', () => forge({ ...header, alg: 'None' }, claims())],
    [
      'alg none without a signature',
      'malformed',
      () => `${encode({ ...header, alg: 'none' })}.${encode(claims())}.`
    ],
    ['no alg', 'malformed', () => forge({ kid: 'first', typ: 'at+jwt' }, claims())],
    ['an alg that is a number', 'malformed', () => forge({ ...header, alg: 1 }, claims())],
    ['an alg that is a list', 'malformed', () => forge({ ...header, alg: ['ES256'] }, claims())],
    ['an unknown alg', 'algorithm', () => forge({ ...header, alg: 'ES256K' }, claims())],
    [
      'an algorithm of the key that is not listed',
      'algorithm',
      () => forge({ ...header, alg: 'RS512' }, claims())
    ],
    ['HS256 with the public key as its secret', 'algorithm', hmacWithPublicKey],
    ['an algorithm of another key type', 'unknown-key', () => forge({ ...header, alg: 'RS256' }, claims())],
    ['a stranger’s key under our kid', 'signature', () => forge(header, claims(), stranger)],
    ['a signature of zeros', 'signature', () => tampered((parts) => parts.splice(2, 1, 'A'.repeat(86)))],
    [
      'a signature cut short',
      'signature',
      () => tampered((parts) => parts.splice(2, 1, (parts[2] ?? '').slice(0, 43)))
    ],
    [
      'claims that were changed',
      'signature',
      () => tampered((parts) => parts.splice(1, 1, encode(claims())))
    ],
    [
      'a header that was changed',
      'signature',
      () => tampered((parts) => parts.splice(0, 1, encode({ ...header, x: 1 })))
    ],
    ['an unknown kid', 'unknown-key', () => forge({ ...header, kid: 'second' }, claims())],
    ['no kid', 'unknown-key', () => forge({ alg: 'ES256', typ: 'at+jwt' }, claims())],
    ['an empty kid', 'unknown-key', () => forge({ ...header, kid: '' }, claims())],
    ['a kid that is a number', 'unknown-key', () => forge({ ...header, kid: 1 }, claims())],
    ['a kid that is a path', 'unknown-key', () => forge({ ...header, kid: '../../dev/null' }, claims())],
    ['a kid that is SQL', 'unknown-key', () => forge({ ...header, kid: "x' UNION SELECT 'key" }, claims())],
    ['a kid of the prototype', 'unknown-key', () => forge({ ...header, kid: '__proto__' }, claims())],
    [
      'a foreign jku',
      'foreign-key',
      () => forge({ ...header, jku: 'https://evil.example/jwks' }, claims(), stranger)
    ],
    ['its own jwk', 'foreign-key', () => forge({ ...header, jwk: stranger.publicJwk }, claims(), stranger)],
    ['a foreign x5u', 'foreign-key', () => forge({ ...header, x5u: 'https://evil.example/x' }, claims())],
    ['its own x5c', 'foreign-key', () => forge({ ...header, x5c: ['MII'] }, claims())],
    ['crit', 'critical', () => forge({ ...header, crit: ['exp'], exp: 1 }, claims())],
    ['an empty crit', 'critical', () => forge({ ...header, crit: [] }, claims())],
    ['crit b64', 'critical', () => forge({ ...header, crit: ['b64'], b64: false }, claims())],
    ['no typ', 'type', () => forge({ alg: 'ES256', kid: 'first' }, claims())],
    ['an ID token', 'type', () => forge({ ...header, typ: 'JWT' }, claims())],
    ['a logout token', 'type', () => forge({ ...header, typ: 'logout+jwt' }, claims())],
    ['a typ that is a list', 'type', () => forge({ ...header, typ: ['at+jwt'] }, claims())],
    ['two kids', 'duplicate-member', () => forge(`{"kid":"first",${text({ ...header })}}`, claims())],
    ['two subjects', 'duplicate-member', () => forge(header, `{"sub":"a",${text(claims())}}`)],
    [
      'two subjects, one escaped',
      'duplicate-member',
      () => forge(header, `{"s\\u0075b":"a",${text(claims())}}`)
    ],
    [
      'two members deep inside',
      'duplicate-member',
      () => forge(header, `{"a":[{"b":{"c":1,"c":2}}],${text(claims())}}`)
    ],
    ['no issuer', 'claim-missing', () => without('iss')],
    ['another issuer', 'issuer', () => forge(header, claims({ iss: 'https://identity.example' }))],
    ['an issuer with a slash more', 'issuer', () => forge(header, claims({ iss: `${issuerUrl}/` }))],
    ['a list of issuers', 'issuer', () => forge(header, claims({ iss: [issuerUrl] }))],
    ['no audience', 'claim-missing', () => without('aud')],
    ['another audience', 'audience', () => forge(header, claims({ aud: 'https://other.example' }))],
    ['an audience that begins like ours', 'audience', () => forge(header, claims({ aud: `${audience}/x` }))],
    ['an empty list of audiences', 'audience', () => forge(header, claims({ aud: [] }))],
    ['no subject', 'claim-missing', () => without('sub')],
    ['an empty subject', 'claim-invalid', () => forge(header, claims({ sub: '' }))],
    ['a subject that is an object', 'claim-invalid', () => forge(header, claims({ sub: {} }))],
    ['no jti', 'claim-missing', () => without('jti')],
    ['no exp', 'claim-missing', () => without('exp')],
    ['an exp that is text', 'claim-invalid', () => forge(header, claims({ exp: '9999999999' }))],
    ['an exp that is null', 'claim-invalid', () => forge(header, claims({ exp: null }))],
    ['an exp in the past', 'expired', () => forge(header, claims({ exp: seconds() - 6 }))],
    ['no iat', 'claim-missing', () => without('iat')],
    ['an iat in the future', 'not-yet-valid', () => forge(header, claims({ iat: seconds() + 60 }))],
    ['an iat of long ago', 'too-old', () => forge(header, claims({ iat: seconds() - 3606 }))],
    ['an nbf in the future', 'not-yet-valid', () => forge(header, claims({ nbf: seconds() + 60 }))],
    ['an nbf that is text', 'claim-invalid', () => forge(header, claims({ nbf: 'now' }))]
  ])('%s (%s)', async (_, refusal, token) => {
    expect(await refusalOf(createVerifier(), await token())).toBe(refusal)
  })
})

test('says nothing of a token but why it was refused', async () => {
  const token = forge(header, claims({ sub: 'CANARY-9434765919', exp: seconds() - 60 }))
  const error = await createVerifier()(token).catch((reason: unknown) => reason)
  expect(error).toMatchObject({
    kind: 'unauthenticated',
    message: 'Token is expired',
    cause: { refusal: 'expired' }
  })
  expect(JSON.stringify([error, (error as Error).cause, (error as Error).stack])).not.toContain('CANARY')
})

describe('a verified token', () => {
  test('is not verified again for a minute', async () => {
    const keys = serveKeys(issuer.jwks)
    const verify = createVerifier({ fetchJwks: keys.fetch })
    const token = await good()
    const first = await verify(token)
    vi.setSystemTime(now() + 59_999)
    expect(await verify(token)).toBe(first)
    vi.setSystemTime(now() + 1)
    expect(await verify(token)).not.toBe(first)
  })

  test('is never taken past its end', async () => {
    const verify = createVerifier()
    const token = await issuer.issue(readerClaims, { audience, expiresInSeconds: 20 })
    await verify(token)
    vi.setSystemTime(now() + 26_000)
    expect(await refusalOf(verify, token)).toBe('expired')
  })

  test('does not lend its place to one that differs in a letter', async () => {
    const verify = createVerifier()
    const token = await good()
    await verify(token)
    const [head, body, signature = ''] = token.split('.')
    const last = signature.startsWith('A') ? 'B' : 'A'
    expect(await refusalOf(verify, `${head}.${body}.${last}${signature.slice(1)}`)).toBe('signature')
  })
})
