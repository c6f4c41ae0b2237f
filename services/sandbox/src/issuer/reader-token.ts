import { unsignedToken } from '@chesil/access-tokens'
import { odsCodePattern } from '@chesil/fhir'
import Type, { type Static } from 'typebox'
import roles from './reader-roles.json' with { type: 'json' }
import type { TokenIssuer } from './tokens.ts'

/**
 * - `expired`: ended a minute ago
 * - `other-audience`: meant for somebody else
 * - `no-expiry`: without `exp`
 * - `unsigned`: `alg: none`
 * - `no-scope`: without `scope`
 */
const Defect = Type.Enum(['expired', 'other-audience', 'no-expiry', 'unsigned', 'no-scope'])

/** What a reader's token is to say; what is left out is a clinician's at the hospital. */
export const ReaderTokenRequest = Type.Object(
  {
    role: Type.Enum(Object.keys(roles) as (keyof typeof roles)[], { default: 'clinician' }),
    roleCode: Type.Optional(Type.String({ minLength: 1, description: 'In place of the role’s own' })),
    organisation: Type.String({ default: 'R9Z', pattern: odsCodePattern }),
    purposeOfUse: Type.Optional(Type.String({ description: 'In place of the role’s own; empty for none' })),
    userId: Type.String({ default: '555123456789', minLength: 1 }),
    givenName: Type.String({ default: 'Robin' }),
    familyName: Type.String({ default: 'Marlowe' }),
    sessionId: Type.String({ default: 'sandbox-session', minLength: 1 }),
    scope: Type.String({ default: 'user/*.rs' }),
    audience: Type.Optional(Type.String({ minLength: 1 })),
    expiresInSeconds: Type.Integer({ default: 3_600, minimum: 1, maximum: 31_536_000 }),
    claims: Type.Record(Type.String(), Type.Unknown(), {
      default: {},
      description: 'Claims beside or in place of these'
    }),
    defect: Type.Optional(Defect)
  },
  { additionalProperties: false }
)
export type ReaderTokenRequest = Static<typeof ReaderTokenRequest>

/**
 * A token as the identity provider would give it to a reader, or one that has a defect.
 *
 * @param audience Where the request names none.
 */
export async function issueReaderToken(
  request: ReaderTokenRequest,
  {
    issuer,
    issuerUrl,
    audience
  }: { readonly issuer: TokenIssuer; readonly issuerUrl: string; readonly audience: string }
): Promise<string> {
  const { defect } = request
  const claims = claimsOf(request)
  const aud = defect === 'other-audience' ? 'https://elsewhere.example/fhir' : (request.audience ?? audience)
  if (defect === 'unsigned') return unsignedToken({ ...claims, iss: issuerUrl, aud })
  return issuer.issue(claims, { audience: aud, ...lifetimeOf(request) })
}

function lifetimeOf({ defect, expiresInSeconds }: ReaderTokenRequest): {
  readonly expiresInSeconds?: number
} {
  if (defect === 'no-expiry') return {}
  return { expiresInSeconds: defect === 'expired' ? -60 : expiresInSeconds }
}

/** Named as in packages/access-tokens/README.md. */
function claimsOf(request: ReaderTokenRequest): Record<string, unknown> {
  const { userId, organisation, givenName, familyName, sessionId, scope, defect, claims } = request
  const role = roles[request.role]
  const roleId = `${userId}01`
  const purpose = request.purposeOfUse ?? role.purposeOfUse
  return {
    sub: userId,
    nhsid_useruid: userId,
    name: `${givenName} ${familyName}`,
    given_name: givenName,
    family_name: familyName,
    nhsid_nrbac_roles: [
      { org_code: organisation, person_roleid: roleId, role_code: request.roleCode ?? role.roleCode }
    ],
    selected_roleid: roleId,
    organisation,
    sid: sessionId,
    client_id: 'sandbox',
    ...(purpose !== '' && { purpose_of_use: purpose }),
    ...(defect !== 'no-scope' && { scope }),
    ...claims
  }
}
