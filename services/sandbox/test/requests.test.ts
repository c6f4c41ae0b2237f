import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { practiceRoot } from '../src/gp-connect/addresses.ts'
import {
  ask,
  type Claims,
  headersFor,
  parametersFor,
  publicUrl,
  type Question,
  refusalIn,
  rightClaims,
  type Sandbox,
  startSandbox
} from './sandbox.ts'

let sandbox: Sandbox
let question: Question
beforeAll(async () => {
  sandbox = await startSandbox()
  const { person } = sandbox.one('ordinary')
  question = { odsCode: person.practice, body: parametersFor(person.nhsNumber) }
})
afterAll(() => sandbox.app.close())

async function refusalOf(changes: Partial<Question>) {
  const response = await ask(sandbox, { ...question, ...changes })
  return { status: response.statusCode, ...refusalIn(response.json()) }
}

test('a right request is answered', async () => {
  const response = await ask(sandbox, question)
  expect(response.statusCode).toBe(200)
  expect(response.headers).toMatchObject({
    'content-type': 'application/fhir+json;charset=utf-8',
    'cache-control': 'no-store'
  })
  expect(response.json()).toMatchObject({ resourceType: 'Bundle', type: 'collection' })
})

describe('a practice refuses a request', () => {
  test.each([
    { header: 'ssp-traceid', value: undefined, says: 'Ssp-TraceID is missing' },
    { header: 'ssp-traceid', value: 'not-a-uuid', says: 'Ssp-TraceID' },
    { header: 'ssp-from', value: undefined, says: 'Ssp-From is missing' },
    { header: 'ssp-from', value: 'abc', says: 'Ssp-From' },
    { header: 'ssp-to', value: undefined, says: 'Ssp-To is missing' },
    { header: 'ssp-to', value: '12 34', says: 'Ssp-To' },
    { header: 'ssp-interactionid', value: undefined, says: 'Ssp-InteractionID is missing' },
    {
      header: 'ssp-interactionid',
      value: 'urn:nhs:names:services:gpconnect:fhir:operation:gpc.migratestructuredrecord-1',
      says: 'Ssp-InteractionID'
    },
    { header: 'authorization', value: undefined, says: 'Authorization is missing' },
    { header: 'accept', value: undefined, says: 'Accept is missing' },
    { header: 'content-type', value: undefined, says: 'Content-Type is missing' }
  ])('with $header $value', async ({ header, value, says }) => {
    const refusal = await refusalOf({ headers: { [header]: value } })
    expect(refusal).toMatchObject({ status: 400, code: 'BAD_REQUEST' })
    expect(refusal.diagnostics).toContain(says)
  })

  test.each([
    { header: 'ssp-to', value: '918999000099', says: 'Ssp-To' },
    { header: 'ssp-from', value: '918999000099', says: 'Ssp-From' }
  ])('with the ASID of somebody else in $header', async ({ header, value, says }) => {
    const refusal = await refusalOf({ headers: { [header]: value } })
    expect(refusal).toMatchObject({ status: 403, code: 'ASID_CHECK_FAILED' })
    expect(refusal.diagnostics).toContain(says)
  })

  test.each([
    { header: 'accept', value: 'application/json' },
    { header: 'accept', value: 'application/fhir+xml' },
    { header: 'accept', value: 'application/fhir+json;charset=latin1' },
    { header: 'content-type', value: 'application/json' },
    { header: 'content-type', value: 'text/plain' },
    { header: 'content-type', value: 'application/fhir+json;charset=iso-8859-1' }
  ])('with $header $value', async ({ header, value }) => {
    expect(await refusalOf({ headers: { [header]: value } })).toMatchObject({
      status: 415,
      code: 'UNSUPPORTED_MEDIA_TYPE'
    })
  })

  test.each([
    { case: 'no claims', token: 'eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0' },
    { case: 'no dot at the end', token: (right: string) => right.slice(0, -1) },
    { case: 'a signature', token: (right: string) => `${right}c2lnbmVk` },
    { case: 'another algorithm', token: (right: string) => withHeader(right, { alg: 'HS256', typ: 'JWT' }) },
    { case: 'no type', token: (right: string) => withHeader(right, { alg: 'none' }) },
    {
      case: 'more in its header',
      token: (right: string) => withHeader(right, { alg: 'none', typ: 'JWT', kid: '1' })
    },
    { case: 'claims that are no JSON', token: 'eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.bm90LWpzb24.' }
  ])('with a token that has $case', async ({ token }) => {
    const right = String(headersFor(question, '1')['authorization']).slice('Bearer '.length)
    const authorization = `Bearer ${typeof token === 'string' ? token : token(right)}`
    expect(await refusalOf({ headers: { authorization } })).toMatchObject({
      status: 400,
      code: 'BAD_REQUEST'
    })
  })

  test('with a scheme that is not Bearer', async () => {
    expect(await refusalOf({ headers: { authorization: 'Basic YTpi' } })).toMatchObject({
      code: 'BAD_REQUEST'
    })
  })

  const seconds = Math.floor(Date.now() / 1000)
  const practitioner = rightClaims('x')['requesting_practitioner'] as { identifier: { system: string }[] }
  const without = (system: string) => ({
    requesting_practitioner: {
      ...practitioner,
      identifier: practitioner.identifier.filter((identifier) => identifier.system !== system)
    }
  })
  test.each<{ case: string; claims: Claims; says: string }>([
    { case: 'no iss', claims: { iss: undefined }, says: '/' },
    { case: 'an iss that is no URL', claims: { iss: 'chesil' }, says: '/iss' },
    { case: 'no sub', claims: { sub: undefined }, says: '/' },
    { case: 'a sub that is not the practitioner', claims: { sub: 'other' }, says: 'sub' },
    { case: 'no aud', claims: { aud: undefined }, says: '/' },
    { case: 'an empty aud', claims: { aud: '' }, says: '/aud' },
    { case: 'no exp', claims: { exp: undefined }, says: '/' },
    { case: 'an exp in text', claims: { exp: String(seconds + 300) }, says: '/exp' },
    { case: 'an exp an hour after iat', claims: { exp: seconds + 3_600 }, says: 'exp' },
    { case: 'an end in the past', claims: { iat: seconds - 400, exp: seconds - 100 }, says: 'expired' },
    { case: 'a beginning in the future', claims: { iat: seconds + 100, exp: seconds + 400 }, says: 'iat' },
    { case: 'no iat', claims: { iat: undefined }, says: '/' },
    {
      case: 'migration as its reason',
      claims: { reason_for_request: 'migration' },
      says: '/reason_for_request'
    },
    { case: 'the scope to write', claims: { requested_scope: 'patient/*.write' }, says: 'requested_scope' },
    {
      case: 'the scope of a transfer',
      claims: { requested_scope: 'patient/*.read conf/R' },
      says: 'requested_scope'
    },
    {
      case: 'the scope of a practice',
      claims: { requested_scope: 'organization/*.read' },
      says: 'requested_scope'
    },
    { case: 'no device', claims: { requesting_device: undefined }, says: '/' },
    {
      case: 'a device without version',
      claims: {
        requesting_device: { resourceType: 'Device', identifier: [{ system: 'a', value: 'b' }], model: 'c' }
      },
      says: '/requesting_device'
    },
    { case: 'no organisation', claims: { requesting_organization: undefined }, says: '/' },
    {
      case: 'an organisation without ODS code',
      claims: {
        requesting_organization: {
          resourceType: 'Organization',
          identifier: [{ system: 'a', value: 'b' }],
          name: 'c'
        }
      },
      says: 'ODS'
    },
    { case: 'no practitioner', claims: { requesting_practitioner: undefined }, says: '/' },
    {
      case: 'a patient as practitioner',
      claims: { requesting_practitioner: { ...practitioner, resourceType: 'Patient' } },
      says: '/requesting_practitioner'
    },
    {
      case: 'a practitioner without name',
      claims: { requesting_practitioner: { ...practitioner, name: [] } },
      says: '/requesting_practitioner'
    },
    { case: 'no SDS user id', claims: without('https://fhir.nhs.uk/Id/sds-user-id'), says: 'SDS user id' },
    {
      case: 'no SDS role profile',
      claims: without('https://fhir.nhs.uk/Id/sds-role-profile-id'),
      says: 'role profile'
    },
    {
      case: 'no local identifier',
      claims: without('https://chesil.example/Id/user'),
      says: 'local identifier'
    }
  ])('with $case', async ({ claims, says }) => {
    const refusal = await refusalOf({ claims })
    expect(refusal).toMatchObject({ status: 400, code: 'BAD_REQUEST' })
    expect(refusal.diagnostics).toContain(says)
  })
})

test.each([
  { case: 'of another practice', audienceOf: () => `${practiceRoot(publicUrl, 'J99099')}/structured` },
  {
    case: 'of its documents',
    audienceOf: (odsCode: string) => `${practiceRoot(publicUrl, odsCode)}/documents`
  },
  {
    case: 'of another host',
    audienceOf: (odsCode: string) => practiceRoot('https://elsewhere.example', odsCode)
  }
])('a practice refuses the audience $case', async ({ audienceOf }) => {
  const refusal = await refusalOf({ claims: { aud: audienceOf(question.odsCode) } })
  expect(refusal).toMatchObject({ status: 400, code: 'BAD_REQUEST' })
  expect(refusal.diagnostics).toContain('aud')
})

describe('a practice takes', () => {
  test.each<{ case: string; claims: Claims }>([
    {
      case: 'normal confidentiality named in the scope',
      claims: { requested_scope: 'patient/*.read conf/N' }
    },
    { case: 'its own root as audience', claims: { aud: 'root' } }
  ])('$case', async ({ claims }) => {
    const aud = claims['aud'] === 'root' ? { aud: practiceRoot(publicUrl, question.odsCode) } : {}
    expect((await ask(sandbox, { ...question, claims: { ...claims, ...aud } })).statusCode).toBe(200)
  })

  test('the address of a proxy as audience, when the request came through it', async () => {
    const aud = `${practiceRoot('http://proxy.example:81', question.odsCode)}/structured`
    const response = await ask(sandbox, {
      ...question,
      claims: { aud },
      headers: { host: 'proxy.example:81' }
    })
    expect(response.statusCode).toBe(200)
  })

  test.each([
    'application/fhir+json',
    'application/fhir+json; charset="UTF-8"',
    'text/html, application/fhir+json'
  ])('an Accept of %s', async (accept) => {
    expect((await ask(sandbox, { ...question, headers: { accept } })).statusCode).toBe(200)
  })
})

describe('other addresses', () => {
  test('of no practice are not found', async () => {
    expect(await refusalOf({ odsCode: 'J99099' })).toMatchObject({
      status: 404,
      code: 'ORGANISATION_NOT_FOUND'
    })
  })

  test('of no resource are not implemented', async () => {
    expect(await refusalOf({ path: 'structured/Appointment/1', body: undefined })).toMatchObject({
      status: 501,
      code: 'NOT_IMPLEMENTED'
    })
  })

  test('of the operation want POST', async () => {
    const { body: _none, ...get } = question
    const response = await ask(sandbox, get)
    expect(response.statusCode).toBe(400)
    expect(refusalIn(response.json()).code).toBe('BAD_REQUEST')
  })

  test.each(['structured', 'documents'] as const)('of %s say what they can do', async (of) => {
    const response = await ask(sandbox, {
      odsCode: question.odsCode,
      path: `${of}/metadata`,
      interaction: `${of}Metadata`,
      claims: { requested_scope: 'organization/*.read' }
    })
    expect(response.json()).toMatchObject({ resourceType: 'CapabilityStatement', fhirVersion: '3.0.1' })
  })

  test('are told apart by case', async () => {
    expect(await refusalOf({ path: 'Structured/Patient/$gpc.getstructuredrecord' })).toMatchObject({
      status: 501
    })
  })
})

function withHeader(token: string, header: object): string {
  return [Buffer.from(JSON.stringify(header)).toString('base64url'), ...token.split('.').slice(1)].join('.')
}
