import { randomUUID, sign } from 'node:crypto'
import {
  createTokenIssuer,
  createTokenVerifier,
  type Fetch,
  findTokenRefusal,
  generateSigningKey,
  type SigningKey,
  type TokenVerifierOptions
} from '../src/index.ts'

export const issuerUrl = 'https://identity.example/realm'
export const audience = 'https://record.example/fhir/R4'
export const jwksUrl = 'https://identity.example/realm/jwks'

export const now = () => Date.now()

/** One key for each test file: making one takes a while. */
export const key: SigningKey = await generateSigningKey({ algorithm: 'ES256', kid: 'first' })

export const createIssuer = (...keys: [SigningKey, ...SigningKey[]]) =>
  createTokenIssuer({ issuer: issuerUrl, keys, now, newId: randomUUID })

/** What a clinician's token says, as the README has it. */
export const readerClaims = {
  sub: '555036632103',
  nhsid_useruid: '555036632103',
  name: 'Alice Marsh',
  given_name: 'Alice',
  family_name: 'Marsh',
  sid: 'session-1',
  client_id: 'viewer',
  purpose_of_use: 'TREAT',
  scope: 'openid user/*.rs',
  selected_roleid: '555036632103',
  nhsid_nrbac_roles: [
    {
      org_code: 'R0D',
      person_roleid: '555036632103',
      role_code: 'S8000:G8000:R8000',
      role_name: 'Clinician'
    },
    { org_code: 'RDZ', person_roleid: '555036633104', role_code: 'S8001:G8002:R8008', role_name: 'Nurse' }
  ]
}

/** An issuer's key set behind `fetch`, that counts and can fail. */
export function serveKeys(readKeys: () => unknown) {
  const server = {
    fetches: 0,
    down: false,
    fetch: (async () => {
      server.fetches++
      if (server.down) throw new TypeError('fetch failed')
      return Response.json(readKeys())
    }) satisfies Fetch
  }
  return server
}

export const issuer = createIssuer(key)
export const stranger = await generateSigningKey({ algorithm: 'ES256', kid: 'first' })
export const rsaKey = await generateSigningKey({ algorithm: 'RS256', kid: 'rsa' })

export const createVerifier = (overrides: Partial<TokenVerifierOptions> = {}) =>
  createTokenVerifier({
    issuer: issuerUrl,
    audience,
    jwksUrl,
    fetchJwks: serveKeys(createIssuer(key, rsaKey).jwks).fetch,
    maxTokenAgeSeconds: 3600,
    now,
    ...overrides
  })

export const encode = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

export const seconds = () => Math.floor(now() / 1000)
export const claims = (changes: object = {}) => ({
  iss: issuerUrl,
  aud: audience,
  sub: 'user',
  jti: 'token',
  iat: seconds(),
  exp: seconds() + 600,
  ...changes
})

/** Signs any header and claims, as text or as values: what jose itself would not sign. */
export function forge(header: unknown, body: unknown, by: SigningKey = key): string {
  const input = `${encode(header)}.${encode(body)}`
  const signature = sign('sha256', Buffer.from(input), { key: by.privateKey, dsaEncoding: 'ieee-p1363' })
  return `${input}.${signature.toString('base64url')}`
}

export const header = { alg: 'ES256', kid: 'first', typ: 'at+jwt' }
export const good = () => issuer.issue(readerClaims, { audience, expiresInSeconds: 600 })

export const refusalOf = (verify: (token: string) => Promise<unknown>, token: string) =>
  verify(token).then(
    () => 'accepted',
    (error: unknown) => findTokenRefusal(error) ?? error
  )
