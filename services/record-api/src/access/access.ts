import { grants, type Reader } from '@chesil/access-tokens'
import { findRoleRights, maySeeType, type RoleRights } from '@chesil/care-record'
import { OutcomeError } from '@chesil/fhir'

/**
 * What a route lets through, named by every route: nothing is allowed that no rule allows.
 */
export interface RouteRule {
  /** As audit calls it: a FHIR interaction, or an operation with its `$`. */
  readonly interaction: string
  /** The type a reader must have a scope for; `path` where the path names it, `any` where only the role and the purpose count. */
  readonly resourceType: string
  readonly needs: 'r' | 's'
  /** Purposes of use (v3-PurposeOfUse) the route serves. */
  readonly purposes: ReadonlySet<string>
}

/** Care of the person in front of the reader. */
export const directCare: ReadonlySet<string> = new Set(['TREAT', 'ETREAT', 'CAREMGT', 'COC'])
/** Finding and naming the person, which administration and data quality need too. */
export const identification: ReadonlySet<string> = new Set([...directCare, 'PATADMIN', 'HQUALIMP'])

/** What one reader may see in this request. */
export interface Access {
  readonly reader: Reader
  readonly rights: RoleRights
  readonly purposeOfUse: string
  /** By the role and by the token's scopes. */
  readonly mayRead: (resourceType: string) => boolean
  /** Equal for accesses that see the same. */
  readonly key: string
}

/** @throws OutcomeError `forbidden`, saying what is missing. */
export function authorise(reader: Reader, rule: RouteRule, resourceType: string): Access {
  const rights = findRoleRights(reader.roleCode)
  if (!rights) throw forbidden('This role may not read the record')
  const { purposeOfUse } = reader
  if (purposeOfUse === undefined) throw forbidden('The token names no purpose of use')
  if (!rights.purposes.has(purposeOfUse) || !rule.purposes.has(purposeOfUse)) {
    throw forbidden('The record may not be read for this purpose of use')
  }
  const isOfType = resourceType !== 'any'
  if (isOfType && !grants(reader.scopes, resourceType, rule.needs)) {
    throw forbidden(`The token lacks the scope user/${resourceType}.${rule.needs}`)
  }
  if (isOfType && !maySeeType(rights, resourceType))
    throw forbidden('This role may not read that type of resource')
  const mayRead = (type: string) => maySeeType(rights, type) && grants(reader.scopes, type, 'r')
  return { reader, rights, purposeOfUse, mayRead, key: accessKey(reader, rights) }
}

const forbidden = (message: string) => new OutcomeError('forbidden', message)

const accessKey = ({ scopes }: Reader, { role }: RoleRights): string =>
  JSON.stringify([
    role,
    scopes.map((scope) => [scope.context, scope.resourceType, scope.interactions.join(''), scope.parameters])
  ])
