import roleTable from './role-table.json' with { type: 'json' }

/**
 * Who may see what, in one table (`role-table.json`). A role code that the table does not list has no role,
 * and without a role nothing is seen.
 *
 * Role codes are those of the NHS role-based access control (`R8000`).
 * @see https://simplifier.net/hl7fhirukcorer4/ukcore-sdsjobrolename
 */
export type Role = keyof typeof roleTable.roles

export interface RoleRights {
  readonly role: Role
  /** Codes of v3-PurposeOfUse for which this role may read. */
  readonly purposes: ReadonlySet<string>
  /** What the role may see; everything when it is `all`. */
  readonly resourceTypes: ReadonlySet<string> | 'all'
  /** Security labels the role may see; an item with any other is withheld. */
  readonly labels: ReadonlySet<string>
}

const rightsByRole = new Map<Role, RoleRights>(
  (Object.keys(roleTable.roles) as Role[]).map((role) => {
    const { purposes, resourceTypes, labels } = roleTable.roles[role]
    const types = typeof resourceTypes === 'string' ? 'all' : new Set<string>(resourceTypes)
    return [role, { role, purposes: new Set(purposes), resourceTypes: types, labels: new Set(labels) }]
  })
)

const roleByCode = new Map<string, Role>(
  (Object.keys(roleTable.roleCodes) as Role[]).flatMap((role) =>
    roleTable.roleCodes[role].map((code): [string, Role] => [code, role])
  )
)

export const roles: readonly Role[] = [...rightsByRole.keys()]

/** @param roleCode e.g. `R8000`. @returns `undefined` for a code that gives no rights here. */
export function findRoleRights(roleCode: string): RoleRights | undefined {
  const role = roleByCode.get(roleCode)
  return role && rightsByRole.get(role)
}

/** @returns whether the role may see this type at all. */
export const maySeeType = ({ resourceTypes }: RoleRights, resourceType: string): boolean =>
  resourceTypes === 'all' || resourceTypes.has(resourceType)
