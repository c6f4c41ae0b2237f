import { expect, test } from 'vitest'
import { type GpConnectClaims, unsignedGpConnectToken } from '../src/index.ts'

const now = Date.UTC(2026, 2, 2, 9, 0, 0, 999)

const claims: GpConnectClaims = {
  issuer: 'https://record.example/',
  audience: 'https://practice.example/A81001/STU3/1/gpconnect/structured',
  device: {
    system: 'https://record.example/Id/device',
    value: 'chesil-1',
    model: 'Chesil',
    version: '0.1.0'
  },
  organisation: { odsCode: 'R0D', name: 'Dorset Hospital' },
  practitioner: {
    userId: '555036632103',
    familyName: 'Marsh',
    givenName: 'Zoë',
    roleProfileId: '555036632104'
  }
}

const decode = (part: string | undefined) => Buffer.from(part ?? '', 'base64url').toString('utf8')
const payload = (changes: Partial<GpConnectClaims> = {}) =>
  JSON.parse(decode(unsignedGpConnectToken({ ...claims, ...changes }, now).split('.')[1]))

test('has exactly the header that GP Connect wants, no signature, and the last dot', () => {
  const token = unsignedGpConnectToken(claims, now)
  const [header, , signature, ...rest] = token.split('.')
  expect(decode(header)).toBe('{"alg":"none","typ":"JWT"}')
  expect(signature).toBe('')
  expect(rest).toEqual([])
  expect(token).toMatch(/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.$/)
})

test('says who asks, for whom, through what, for five minutes', () => {
  const issuedAt = Date.UTC(2026, 2, 2, 9) / 1000
  expect(payload()).toEqual({
    iss: 'https://record.example/',
    sub: '555036632103',
    aud: 'https://practice.example/A81001/STU3/1/gpconnect/structured',
    iat: issuedAt,
    exp: issuedAt + 300,
    reason_for_request: 'directcare',
    requested_scope: 'patient/*.read',
    requesting_device: {
      resourceType: 'Device',
      identifier: [{ system: 'https://record.example/Id/device', value: 'chesil-1' }],
      model: 'Chesil',
      version: '0.1.0'
    },
    requesting_organization: {
      resourceType: 'Organization',
      identifier: [{ system: 'https://fhir.nhs.uk/Id/ods-organization-code', value: 'R0D' }],
      name: 'Dorset Hospital'
    },
    requesting_practitioner: {
      resourceType: 'Practitioner',
      id: '555036632103',
      identifier: [
        { system: 'https://fhir.nhs.uk/Id/sds-user-id', value: '555036632103' },
        { system: 'https://fhir.nhs.uk/Id/sds-role-profile-id', value: '555036632104' },
        { system: 'https://record.example/Id/user', value: '555036632103' }
      ],
      name: [{ family: 'Marsh', given: ['Zoë'] }]
    }
  })
})

test('says UNK where the role profile is not known', () => {
  const { requesting_practitioner: practitioner } = payload({
    practitioner: { userId: '1', name: 'Alice Marsh' }
  })
  expect(practitioner.identifier[1].value).toBe('UNK')
})

test('a name that comes whole stands as the family name', () => {
  const { requesting_practitioner: practitioner } = payload({
    practitioner: { userId: '1', name: 'Alice Marsh' }
  })
  expect(practitioner.name).toEqual([{ family: 'Alice Marsh' }])
})
