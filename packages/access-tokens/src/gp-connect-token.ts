import { systems } from '@chesil/fhir'
import { base64url, UnsecuredJWT } from 'jose'

/** Who asks a practice, through what, and for whom. */
export interface GpConnectClaims {
  /** Our Spine endpoint as a URL. */
  readonly issuer: string
  /** The FHIR root of the practice's capability, as the Spine Directory names it. */
  readonly audience: string
  readonly device: {
    /** A URL of ours that says what kind of identifier `value` is. */
    readonly system: string
    readonly value: string
    readonly model: string
    readonly version: string
  }
  /** Of the end user, not of the record's host. */
  readonly organisation: { readonly odsCode: string; readonly name: string }
  /** The person at the screen; never a system user. */
  readonly practitioner: {
    readonly userId: string
    readonly name?: string
    readonly familyName?: string
    readonly givenName?: string
    readonly roleProfileId?: string
  }
}

const lifetimeSeconds = 300
/** What the specification wants where a smartcard id is not known. */
const unknown = 'UNK'

/**
 * GP Connect's token: unsigned, because mutual TLS through the Spine is what authenticates; it only says
 * who is asking, for the practice's audit. One for each request.
 *
 * @param now Milliseconds since 1970.
 * @see https://developer.nhs.uk/apis/gpconnect-1-6-2/integration_cross_organisation_audit_and_provenance.html
 */
export function unsignedGpConnectToken(claims: GpConnectClaims, now: number): string {
  const issuedAt = Math.floor(now / 1000)
  return unsignedToken({
    iss: claims.issuer,
    sub: claims.practitioner.userId,
    aud: claims.audience,
    exp: issuedAt + lifetimeSeconds,
    iat: issuedAt,
    reason_for_request: 'directcare',
    // Without conf/N or conf/R a practice must read normal confidentiality.
    requested_scope: 'patient/*.read',
    requesting_device: toDevice(claims.device),
    requesting_organization: {
      resourceType: 'Organization',
      identifier: [{ system: systems.odsOrganisation, value: claims.organisation.odsCode }],
      name: claims.organisation.name
    },
    requesting_practitioner: toPractitioner(claims)
  })
}

/** A JWT of `alg` none whose header is to the letter what GP Connect wants; jose leaves `typ` out. The last dot stays. */
export function unsignedToken(claims: Record<string, unknown>): string {
  const [, payload] = new UnsecuredJWT(claims).encode().split('.')
  return `${base64url.encode(JSON.stringify({ alg: 'none', typ: 'JWT' }))}.${payload}.`
}

function toDevice({ system, value, model, version }: GpConnectClaims['device']) {
  return { resourceType: 'Device', identifier: [{ system, value }], model, version }
}

function toPractitioner({ issuer, practitioner }: GpConnectClaims) {
  const { userId, name, familyName, givenName, roleProfileId } = practitioner
  return {
    resourceType: 'Practitioner',
    id: userId,
    identifier: [
      { system: systems.sdsUser, value: userId },
      { system: systems.sdsRoleProfile, value: roleProfileId ?? unknown },
      { system: `${issuer.replace(/\/+$/, '')}/Id/user`, value: userId }
    ],
    name: [{ family: familyName ?? name ?? unknown, ...(givenName !== undefined && { given: [givenName] }) }]
  }
}
