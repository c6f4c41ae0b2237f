import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { exportSigningKey, generateSigningKey, importSigningKey } from '../src/index.ts'

test('a key survives being written and read', async () => {
  const key = await generateSigningKey({ algorithm: 'ES384' })
  const again = await importSigningKey(exportSigningKey(key), { algorithm: 'ES384' })
  expect(again.kid).toBe(key.kid)
  expect(again.publicJwk).toEqual(key.publicJwk)
})

test('the public half holds nothing private', async () => {
  for (const algorithm of ['ES384', 'RS384'] as const) {
    const { publicJwk } = await generateSigningKey({ algorithm, kid: 'mine' })
    const members = algorithm === 'ES384' ? ['crv', 'kty', 'x', 'y'] : ['e', 'kty', 'n']
    expect(Object.keys(publicJwk).sort()).toEqual(['alg', 'kid', 'use', ...members].sort())
    expect(publicJwk).toMatchObject({ kid: 'mine', alg: algorithm, use: 'sig' })
  }
})

const ec = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey

test.each([
  ['PKCS#8', ec.export({ type: 'pkcs8', format: 'pem' }), 'ES384'],
  ['SEC 1', ec.export({ type: 'sec1', format: 'pem' }), 'ES384'],
  ['a JWK', JSON.stringify(ec.export({ format: 'jwk' })), 'ES384'],
  ['PKCS#8 of RSA', rsa.export({ type: 'pkcs8', format: 'pem' }), 'RS512'],
  ['PKCS#1', rsa.export({ type: 'pkcs1', format: 'pem' }), 'RS384']
] as const)('reads %s', async (_, text, algorithm) => {
  const key = await importSigningKey(String(text), { algorithm })
  expect(createPrivateKey(exportSigningKey(key)).asymmetricKeyType).toBe(algorithm === 'ES384' ? 'ec' : 'rsa')
})

test.each([
  ['nonsense', 'SECRET nonsense', 'RS384'],
  ['a broken JWK', '{"kty":"SECRET"}', 'RS384'],
  ['no JSON', '{SECRET', 'RS384'],
  [
    'a public key',
    generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export({ type: 'spki', format: 'pem' }),
    'ES384'
  ],
  ['a key of another kind', ec.export({ type: 'pkcs8', format: 'pem' }), 'RS384'],
  ['a curve of another algorithm', ec.export({ type: 'pkcs8', format: 'pem' }), 'ES256'],
  [
    'an RSA key of 1024 bits',
    generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({ type: 'pkcs8', format: 'pem' }),
    'RS384'
  ]
] as const)('refuses %s without repeating it', async (_, text, algorithm) => {
  const error = await importSigningKey(String(text), { algorithm }).catch((reason: unknown) => reason)
  expect(error).toMatchObject({ kind: 'invalid', cause: undefined })
  expect((error as Error).message).not.toContain('SECRET')
})
