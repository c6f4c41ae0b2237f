import { type Claims, claimsToReader, type Reader } from '@chesil/access-tokens'
import { OutcomeError } from '@chesil/fhir'

/** A role code of each role in the table. */
export const roleCodes = {
  clinician: 'R8000',
  'social-care-practitioner': 'R8014',
  clerical: 'R8008',
  'data-quality': 'R8007',
  ops: 'R8015',
  unknown: 'R9999'
} as const

export interface ReaderOptions {
  readonly role?: keyof typeof roleCodes
  readonly scope?: string
  /** `null`: the token names none. */
  readonly purpose?: string | null
  readonly session?: string
  readonly user?: string
}

export function claimsOf(options: ReaderOptions = {}): Claims {
  const {
    role = 'clinician',
    scope = 'user/*.rs',
    purpose = 'TREAT',
    session = 'session-1',
    user = '555000000001'
  } = options
  return {
    iss: 'https://issuer.test',
    sub: user,
    aud: 'https://chesil.test',
    exp: 4_102_444_800,
    iat: 1_767_225_600,
    jti: 'token-1',
    nhsid_useruid: user,
    name: 'Dr Reader',
    organisation: 'R9Z',
    nhsid_nrbac_roles: [{ person_roleid: '100', role_code: roleCodes[role], org_code: 'R9Z' }],
    sid: session,
    client_id: 'test',
    scope,
    ...(purpose !== null && { purpose_of_use: purpose })
  }
}

export const readerOf = (options: ReaderOptions = {}): Reader => claimsToReader(claimsOf(options))

/** A token is its reader written down; signatures are tested where they are verified, in access-tokens. */
export const tokenOf = (options: ReaderOptions = {}): string =>
  Buffer.from(JSON.stringify(options)).toString('base64url')

export async function verifyToken(token: string): Promise<Claims> {
  try {
    return claimsOf(JSON.parse(Buffer.from(token, 'base64url').toString()) as ReaderOptions)
  } catch {
    throw new OutcomeError('unauthenticated', 'Token signature does not match')
  }
}
