import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  claimsToReader,
  createClientAssertion,
  createTokenVerifier,
  exportSigningKey,
  findTokenRefusal,
  generateSigningKey
} from '@chesil/access-tokens'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readSigningKey } from '../src/issuer/signing-key.ts'
import { clientAssertion, publicUrl, type Sandbox, startSandbox } from './sandbox.ts'

const audience = 'https://record.example/fhir/R4'
let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox()
})
afterAll(() => sandbox.app.close())

/** As record-api verifies, with the keys that the issuer publishes. */
const verify = createTokenVerifier({
  issuer: `${publicUrl}/issuer`,
  audience,
  jwksUrl: `${publicUrl}/issuer/jwks`,
  fetchJwks: async () => Response.json((await sandbox.app.inject('/issuer/jwks')).json()),
  maxTokenAgeSeconds: 86_400,
  now: Date.now
})

async function issue(body: object = {}): Promise<string> {
  const response = await sandbox.app.inject({ method: 'POST', url: '/issuer/test-token', payload: body })
  expect(response.statusCode).toBe(200)
  return response.json().token
}

describe('a reader’s token', () => {
  test('is a clinician’s when nothing is said', async () => {
    expect(claimsToReader(await verify(await issue()))).toMatchObject({
      roleCode: 'R8000',
      organisation: 'R9Z',
      purposeOfUse: 'TREAT',
      name: 'Robin Marlowe',
      sessionId: 'sandbox-session'
    })
  })

  test.each([
    { role: 'clinician', roleCode: 'R8000', purposeOfUse: 'TREAT' },
    { role: 'social-care-practitioner', roleCode: 'R8014', purposeOfUse: 'CAREMGT' },
    { role: 'clerical', roleCode: 'R8010', purposeOfUse: 'PATADMIN' },
    { role: 'data-quality', roleCode: 'R8013', purposeOfUse: 'HQUALIMP' },
    { role: 'ops', roleCode: 'R8015', purposeOfUse: 'HSYSADMIN' }
  ])('of $role has its code and purpose', async ({ role, roleCode, purposeOfUse }) => {
    expect(claimsToReader(await verify(await issue({ role })))).toMatchObject({ roleCode, purposeOfUse })
  })

  test('says what it is asked to say', async () => {
    const token = await issue({
      organisation: '9Z1',
      roleCode: 'R8001',
      purposeOfUse: 'ETREAT',
      userId: '555000111222',
      sessionId: 'another',
      scope: 'user/Patient.r',
      expiresInSeconds: 60,
      claims: { client_id: 'ward-screen' }
    })
    const reader = claimsToReader(await verify(token))
    expect(reader).toMatchObject({
      organisation: '9Z1',
      roleCode: 'R8001',
      purposeOfUse: 'ETREAT',
      userId: '555000111222',
      sessionId: 'another',
      clientId: 'ward-screen'
    })
    expect(reader.expiresAt).toBeLessThanOrEqual(Date.now() / 1000 + 61)
  })

  test('can be without a purpose', async () => {
    expect(claimsToReader(await verify(await issue({ purposeOfUse: '' }))).purposeOfUse).toBeUndefined()
  })

  test.each([
    { defect: 'expired', refusal: 'expired' },
    { defect: 'other-audience', refusal: 'audience' },
    { defect: 'no-expiry', refusal: 'claim-missing' },
    { defect: 'unsigned', refusal: 'malformed' }
  ])('that is $defect is refused', async ({ defect, refusal }) => {
    const error = await verify(await issue({ defect })).then(
      () => undefined,
      (caught: unknown) => caught
    )
    expect(findTokenRefusal(error)).toBe(refusal)
  })

  test('without a scope grants nothing', async () => {
    expect(claimsToReader(await verify(await issue({ defect: 'no-scope' }))).scopes).toEqual([])
  })

  test.each([{ role: 'king' }, { organisation: 'not an ODS code' }, { expiresInSeconds: 0 }, { unknown: 1 }])(
    'is not made from %o',
    async (body) => {
      const response = await sandbox.app.inject({ method: 'POST', url: '/issuer/test-token', payload: body })
      expect(response.statusCode).toBe(400)
    }
  )
})

describe('the token endpoint', () => {
  const form = {
    grant_type: 'client_credentials',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
  }
  const post = (body: Record<string, string>) =>
    sandbox.app.inject({
      method: 'POST',
      url: '/issuer/token',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: new URLSearchParams(body).toString()
    })

  test('gives the registered client a token, which is not to be cached', async () => {
    const response = await post({ ...form, client_assertion: await clientAssertion() })
    expect(response.json()).toMatchObject({ token_type: 'Bearer', expires_in: '599' })
    expect(response.headers['cache-control']).toBe('no-store')
  })

  test('takes an assertion once', async () => {
    const assertion = await clientAssertion()
    await post({ ...form, client_assertion: assertion })
    expect((await post({ ...form, client_assertion: assertion })).statusCode).toBe(401)
  })

  test('refuses a client that signs with another key', async () => {
    const assertion = createClientAssertion({
      key: await generateSigningKey({ algorithm: 'ES384' }),
      issuer: 'chesil',
      audience: `${publicUrl}/issuer/token`,
      now: Date.now,
      newId: randomUUID
    })
    const response = await post({ ...form, client_assertion: await assertion() })
    expect(response.statusCode).toBe(401)
    expect(response.json()).toEqual({ error: 'invalid_client' })
  })

  test.each([
    { ...form, grant_type: 'password', client_assertion: 'a' },
    { ...form, client_assertion_type: 'other', client_assertion: 'a' },
    form
  ])('refuses the form %o', async (body) => {
    const response = await post(body)
    expect(response.statusCode).toBe(400)
    expect(response.json()).toEqual({ error: 'invalid_request' })
  })

  test('knows nobody when no client is registered', async () => {
    const other = await startSandbox({ PDS_CLIENT_JWK: '' })
    const response = await other.app.inject({
      method: 'POST',
      url: '/issuer/token',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: new URLSearchParams({ ...form, client_assertion: await clientAssertion() }).toString()
    })
    expect(response.statusCode).toBe(401)
    await other.app.close()
  })

  test('is named where clients look for it', async () => {
    const configuration = (await sandbox.app.inject('/issuer/.well-known/openid-configuration')).json()
    expect(configuration).toMatchObject({
      issuer: `${publicUrl}/issuer`,
      jwks_uri: `${publicUrl}/issuer/jwks`,
      token_endpoint: `${publicUrl}/issuer/token`
    })
  })
})

describe('the issuer’s key', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sandbox-key-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  test.each(['ES256', 'ES384', 'RS384'] as const)('of a file is used again: %s', async (algorithm) => {
    const file = join(folder, algorithm)
    const key = await generateSigningKey({ algorithm })
    writeFileSync(file, exportSigningKey(key))
    expect(await readSigningKey(file)).toMatchObject({ kid: key.kid, algorithm })
  })

  test('of a file makes tokens that outlive the process', async () => {
    const file = join(folder, 'issuer')
    writeFileSync(file, exportSigningKey(await generateSigningKey({ algorithm: 'ES256' })))
    const [before, after] = [
      await startSandbox({ ISSUER_KEY_FILE: file }),
      await startSandbox({ ISSUER_KEY_FILE: file })
    ]
    const keys = [before, after].map(async ({ app }) => (await app.inject('/issuer/jwks')).json())
    expect(await keys[0]).toEqual(await keys[1])
    for (const { app } of [before, after]) await app.close()
  })

  test('is a new one otherwise', async () => {
    expect((await readSigningKey(undefined)).kid).not.toBe((await readSigningKey(undefined)).kid)
  })

  test('publishes nothing private', async () => {
    const { keys } = (await sandbox.app.inject('/issuer/jwks')).json()
    expect(Object.keys(keys[0]).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
  })
})
