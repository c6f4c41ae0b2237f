import { defined, findOdsCode, type OdsCode } from '@chesil/fhir'
import type { Claims } from './claims.ts'
import { refuseToken } from './refusal.ts'
import { parseScopes, type Scope } from './scopes.ts'

/** Who reads, for whom, and in which session: all that access decisions and audit know of a person at a screen. */
export interface Reader {
  /** `nhsid_useruid`: the national user id. */
  readonly userId: string
  /** As they are known; for audit and for the practices that are asked on their behalf. */
  readonly name?: string
  readonly familyName?: string
  readonly givenName?: string
  readonly organisation: OdsCode
  /** The job role of the selected role, e.g. `R8000`. */
  readonly roleCode: string
  /** `person_roleid` of the selected role: GP Connect and PDS call it the role profile. */
  readonly roleProfileId?: string
  readonly sessionId: string
  /** e.g. `TREAT`. Absent where the token does not say; every access decision needs one. */
  readonly purposeOfUse?: string
  readonly scopes: readonly Scope[]
  readonly clientId?: string
  /** `jti`. */
  readonly tokenId: string
  /** Seconds since 1970. */
  readonly expiresAt: number
}

/** Ids go into headers, queue rows and audit: printable, no spaces. */
const idPattern = /^[\x21-\x7e]{1,128}$/
/** Three parts by the national scheme, of which only the last is the job; some issuers send that alone. */
const roleCodePattern = /^(?:S\d{4}:G\d{4}:)?(R\d{4})$/
const maxNameLength = 200

/**
 * @param claims Of a verified token. Which claims are needed is the contract in README.md.
 * @throws OutcomeError `unauthenticated` naming the claim that is missing, unreadable or ambiguous.
 * @see https://digital.nhs.uk/services/care-identity-service/applications-and-services/cis2-authentication
 */
export function claimsToReader(claims: Claims): Reader {
  const role = readSelectedRole(claims)
  return defined({
    userId: readId(claims, 'nhsid_useruid'),
    name: findName(claims, 'name'),
    familyName: findName(claims, 'family_name'),
    givenName: findName(claims, 'given_name'),
    organisation: readOrganisation(claims, role),
    roleCode: readRoleCode(role),
    roleProfileId: findId(role, 'person_roleid'),
    sessionId: readId(claims, 'sid'),
    purposeOfUse: findId(claims, 'purpose_of_use'),
    scopes: typeof claims['scope'] === 'string' ? parseScopes(claims['scope']) : [],
    clientId: findId(claims, 'client_id'),
    tokenId: readId(claims, 'jti'),
    expiresAt: claims.exp
  })
}

type Members = Readonly<Record<string, unknown>>

/** The role that `selected_roleid` names, or the only one there is. Between several we do not choose. */
function readSelectedRole(claims: Members): Members {
  const roles = claims['nhsid_nrbac_roles']
  if (roles === undefined) throw refuseToken('claim-missing', 'nhsid_nrbac_roles')
  if (!Array.isArray(roles) || !roles.every(isObject)) throw refuseToken('claim-invalid', 'nhsid_nrbac_roles')
  const selected = findId(claims, 'selected_roleid')
  const candidates =
    selected === undefined ? roles : roles.filter((role) => role['person_roleid'] === selected)
  const [role, other] = candidates
  if (!role || other) throw refuseToken('role-not-selected')
  return role
}

/** A claim of its own wins over nothing: where both are there, they must agree. */
function readOrganisation(claims: Members, role: Members): OdsCode {
  const named = [claims['organisation'], role['org_code']].filter((code) => code !== undefined)
  if (named.length === 0) throw refuseToken('claim-missing', 'organisation')
  const codes = named.map((code) => (typeof code === 'string' ? findOdsCode(code) : undefined))
  const [first] = codes
  if (first === undefined || codes.includes(undefined)) throw refuseToken('claim-invalid', 'organisation')
  if (codes.some((code) => code !== first)) throw refuseToken('organisation-conflict')
  return first
}

function readRoleCode(role: Members): string {
  const code = role['role_code']
  if (code === undefined) throw refuseToken('claim-missing', 'role_code')
  const [, job] = (typeof code === 'string' && roleCodePattern.exec(code)) || []
  if (!job) throw refuseToken('claim-invalid', 'role_code')
  return job
}

/** @throws OutcomeError `unauthenticated` when the claim is there and is not an id. */
function findId(members: Members, name: string): string | undefined {
  const value = members[name]
  if (value === undefined) return undefined
  if (typeof value !== 'string' || !idPattern.test(value)) throw refuseToken('claim-invalid', name)
  return value
}

function readId(claims: Members, name: string): string {
  const id = findId(claims, name)
  if (id === undefined) throw refuseToken('claim-missing', name)
  return id
}

/** A name that is odd does not bar a clinician: it is left out. */
function findName(claims: Members, name: string): string | undefined {
  const value = claims[name]
  if (typeof value !== 'string' || value.length > maxNameLength) return undefined
  return value.replaceAll(/\p{Cc}+/gu, ' ').trim() || undefined
}

const isObject = (value: unknown): value is Members => typeof value === 'object' && value !== null
