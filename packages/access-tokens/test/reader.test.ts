import { expect, test } from 'vitest'
import { type Claims, claimsToReader, findTokenRefusal } from '../src/index.ts'
import { audience, issuerUrl, readerClaims } from './support.ts'

const [clinician, nurse] = readerClaims.nhsid_nrbac_roles

const build = (changes: object = {}): Claims => ({
  iss: issuerUrl,
  aud: audience,
  jti: 'token-1',
  iat: 1_772_442_000,
  exp: 1_772_442_600,
  ...readerClaims,
  ...changes
})

test('a clinician’s token says who reads, for whom, in which role and session', () => {
  expect(claimsToReader(build())).toEqual({
    userId: '555036632103',
    name: 'Alice Marsh',
    givenName: 'Alice',
    familyName: 'Marsh',
    organisation: 'R0D',
    roleCode: 'R8000',
    roleProfileId: '555036632103',
    sessionId: 'session-1',
    purposeOfUse: 'TREAT',
    scopes: [{ context: 'user', resourceType: '*', interactions: ['r', 's'] }],
    clientId: 'viewer',
    tokenId: 'token-1',
    expiresAt: 1_772_442_600
  })
})

test('what is optional may be absent', () => {
  const reader = claimsToReader({
    iss: issuerUrl,
    aud: audience,
    sub: 'user',
    jti: 'token-1',
    iat: 1,
    exp: 2,
    nhsid_useruid: '555036632103',
    sid: 'session-1',
    nhsid_nrbac_roles: [{ org_code: 'r0d', role_code: 'R8000' }]
  })
  expect(reader).toEqual({
    userId: '555036632103',
    organisation: 'R0D',
    roleCode: 'R8000',
    sessionId: 'session-1',
    scopes: [],
    tokenId: 'token-1',
    expiresAt: 2
  })
})

test('the selected role is the one that counts', () => {
  expect(claimsToReader(build({ selected_roleid: '555036633104' }))).toMatchObject({
    organisation: 'RDZ',
    roleCode: 'R8008',
    roleProfileId: '555036633104'
  })
})

test('the only role needs no selection', () => {
  const claims = build({ selected_roleid: undefined, nhsid_nrbac_roles: [nurse] })
  expect(claimsToReader(claims)).toMatchObject({ organisation: 'RDZ', roleCode: 'R8008' })
})

test('an organisation of its own does for a role without one', () => {
  const claims = build({ organisation: 'RBD', nhsid_nrbac_roles: [{ ...clinician, org_code: undefined }] })
  expect(claimsToReader(claims).organisation).toBe('RBD')
})

test.each<[string, string, object]>([
  ['no user', 'claim-missing', { nhsid_useruid: undefined }],
  ['a user that is a number', 'claim-invalid', { nhsid_useruid: 555036632103 }],
  ['an empty user', 'claim-invalid', { nhsid_useruid: '' }],
  ['a user with a line break', 'claim-invalid', { nhsid_useruid: '1\r\nX-Other: 2' }],
  ['a user of 129 characters', 'claim-invalid', { nhsid_useruid: '1'.repeat(129) }],
  ['no session', 'claim-missing', { sid: undefined }],
  ['a session with a space', 'claim-invalid', { sid: 'a b' }],
  ['no roles', 'claim-missing', { nhsid_nrbac_roles: undefined }],
  ['roles that are text', 'claim-invalid', { nhsid_nrbac_roles: 'R8000' }],
  ['a role that is null', 'claim-invalid', { nhsid_nrbac_roles: [null] }],
  ['an empty list of roles', 'role-not-selected', { nhsid_nrbac_roles: [] }],
  ['several roles and none selected', 'role-not-selected', { selected_roleid: undefined }],
  ['a selected role that is not among them', 'role-not-selected', { selected_roleid: '999' }],
  ['a selected role that is there twice', 'role-not-selected', { nhsid_nrbac_roles: [clinician, clinician] }],
  ['a selection that is a list', 'claim-invalid', { selected_roleid: ['555036632103'] }],
  ['no role code', 'claim-missing', { nhsid_nrbac_roles: [{ ...clinician, role_code: undefined }] }],
  [
    'a role code of two parts',
    'claim-invalid',
    { nhsid_nrbac_roles: [{ ...clinician, role_code: 'S8000:R8000' }] }
  ],
  [
    'a role code with more after it',
    'claim-invalid',
    { nhsid_nrbac_roles: [{ ...clinician, role_code: 'R8000:B0011' }] }
  ],
  [
    'a role profile that is a number',
    'claim-invalid',
    { selected_roleid: undefined, nhsid_nrbac_roles: [{ ...nurse, person_roleid: 1 }] }
  ],
  ['no organisation', 'claim-missing', { nhsid_nrbac_roles: [{ ...clinician, org_code: undefined }] }],
  [
    'an organisation that is no ODS code',
    'claim-invalid',
    { nhsid_nrbac_roles: [{ ...clinician, org_code: 'R0D; DROP' }] }
  ],
  ['an organisation that is a list', 'claim-invalid', { organisation: ['R0D'] }],
  ['two organisations', 'organisation-conflict', { organisation: 'RDZ' }],
  ['a purpose that is a list', 'claim-invalid', { purpose_of_use: ['TREAT'] }]
])('refuses %s (%s)', (_, refusal, changes) => {
  expect(() => claimsToReader(build(changes))).toThrow(expect.objectContaining({ kind: 'unauthenticated' }))
  try {
    claimsToReader(build(changes))
  } catch (error) {
    expect(findTokenRefusal(error)).toBe(refusal)
  }
})

test('a refusal names the claim and never its value', () => {
  expect(() => claimsToReader(build({ sid: 'CANARY one' }))).toThrow(
    /^Token has a claim that cannot be read: sid$/
  )
})

test.each([
  ['a number', 5],
  ['longer than 200 characters', 'x'.repeat(201)],
  ['empty', ' ']
])('a name that is %s is left out, and bars nobody', (_, name) => {
  expect(claimsToReader(build({ name }))).not.toHaveProperty('name')
})

test('a name keeps its letters and loses its control characters', () => {
  expect(claimsToReader(build({ name: 'Zoë\r\nÓ Briain\u0000' })).name).toBe('Zoë Ó Briain')
})

test('a scope that is not text grants nothing', () => {
  expect(claimsToReader(build({ scope: ['user/*.rs'] })).scopes).toEqual([])
})
