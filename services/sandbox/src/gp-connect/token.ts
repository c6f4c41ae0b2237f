import { systems } from '@chesil/fhir'
import Type, { type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { type Refusal, refuse } from './refusal.ts'

const Text = Type.String({ minLength: 1 })
const Identifiers = Type.Array(Type.Object({ system: Text, value: Text }), { minItems: 1 })

const Claims = Type.Object({
  iss: Type.String({ pattern: '^https?://.+' }),
  sub: Text,
  aud: Text,
  iat: Type.Integer(),
  exp: Type.Integer(),
  reason_for_request: Type.Literal('directcare'),
  requested_scope: Text,
  requesting_device: Type.Object({
    resourceType: Type.Literal('Device'),
    identifier: Identifiers,
    model: Text,
    version: Text
  }),
  requesting_organization: Type.Object({
    resourceType: Type.Literal('Organization'),
    identifier: Identifiers,
    name: Text
  }),
  requesting_practitioner: Type.Object({
    resourceType: Type.Literal('Practitioner'),
    id: Text,
    identifier: Identifiers,
    name: Type.Array(Type.Object({ family: Text, given: Type.Optional(Type.Array(Text, { minItems: 1 })) }), {
      minItems: 1
    })
  })
})
type Claims = Static<typeof Claims>
const claimsCheck = Compile(Claims)

export interface TokenRules {
  /** FHIR roots of this practice, any of which `aud` may name. */
  readonly audiences: readonly string[]
  /** Scopes any of which is enough. */
  readonly scopes: readonly string[]
  /** Milliseconds since 1970. */
  readonly now: number
}

const lifetimeSeconds = 300
/** How far our clock and the consumer's may be apart. */
const clockToleranceSeconds = 5

/**
 * Checks GP Connect's unsigned token, claim by claim.
 *
 * @param authorization The header, with `Bearer`.
 * @see https://developer.nhs.uk/apis/gpconnect-1-6-2/integration_cross_organisation_audit_and_provenance.html
 */
export function checkToken(authorization: string | undefined, rules: TokenRules): Refusal | undefined {
  if (authorization === undefined) return refuse('BAD_REQUEST', 'Authorization is missing')
  const [, header, payload] = /^Bearer ([\w-]+)\.([\w-]+)\.$/.exec(authorization) ?? []
  if (header === undefined || payload === undefined) {
    return refuse(
      'BAD_REQUEST',
      'Authorization has to be a bearer token with an empty signature after its last dot'
    )
  }
  if (!isUnsignedHeader(decode(header))) return refuse('BAD_REQUEST', 'The header of the token is not right')
  const claims = decode(payload)
  if (!claimsCheck.Check(claims)) {
    const [error] = claimsCheck.Errors(claims)
    return refuse(
      'BAD_REQUEST',
      `The token's claims are not right: ${error?.instancePath || '/'} ${error?.message}`
    )
  }
  const fault = faultOf(claims, rules)
  return fault === undefined ? undefined : refuse('BAD_REQUEST', fault)
}

function decode(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
}

function isUnsignedHeader(header: unknown): boolean {
  if (typeof header !== 'object' || header === null) return false
  const { alg, typ, ...others } = header as Record<string, unknown>
  return alg === 'none' && typ === 'JWT' && Object.keys(others).length === 0
}

/** What the claims say that does not hold together, or does not hold now and here. */
function faultOf(claims: Claims, { audiences, scopes, now }: TokenRules): string | undefined {
  const seconds = now / 1000
  const { requesting_practitioner: practitioner, requesting_organization: organization } = claims
  const rules: readonly (readonly [holds: boolean, fault: string])[] = [
    [audiences.includes(claims.aud), 'aud is not the FHIR root of this practice'],
    [claims.exp - claims.iat === lifetimeSeconds, `exp is not iat plus ${lifetimeSeconds} seconds`],
    [claims.iat <= seconds + clockToleranceSeconds, 'iat is in the future'],
    [claims.exp > seconds - clockToleranceSeconds, 'the token has expired'],
    [scopes.includes(claims.requested_scope), 'requested_scope is not right for this interaction'],
    [claims.sub === practitioner.id, 'sub is not the id of requesting_practitioner'],
    [hasSystem(organization, systems.odsOrganisation), 'requesting_organization has no ODS code'],
    [hasSystem(practitioner, systems.sdsUser), 'requesting_practitioner has no SDS user id'],
    [hasSystem(practitioner, systems.sdsRoleProfile), 'requesting_practitioner has no SDS role profile id'],
    [hasLocalIdentifier(practitioner), 'requesting_practitioner has no local identifier']
  ]
  return rules.find(([holds]) => !holds)?.[1]
}

type Identified = Pick<Claims['requesting_practitioner'], 'identifier'>

const hasSystem = ({ identifier }: Identified, wanted: string): boolean =>
  identifier.some(({ system }) => system === wanted)

const hasLocalIdentifier = ({ identifier }: Identified): boolean =>
  identifier.some(({ system }) => system !== systems.sdsUser && system !== systems.sdsRoleProfile)
