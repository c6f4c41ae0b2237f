/**
 * SMART App Launch 2 scopes for FHIR resources.
 *
 * @see https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html
 */
export interface Scope {
  /** On whose behalf: for the one patient of the launch, as the user may, or as the system may. */
  readonly context: ScopeContext
  /** `*` for every type. */
  readonly resourceType: string
  readonly interactions: readonly Interaction[]
  /** The search that the scope is limited to, as written, e.g. `category=laboratory`. Absent: no limit. */
  readonly parameters?: string
}

export type ScopeContext = 'patient' | 'user' | 'system'

/** Create, read, update, delete, search. */
export type Interaction = 'c' | 'r' | 'u' | 'd' | 's'

/** In the order the specification fixes: `.dus` is not a scope, and is not to be guessed at. */
const pattern = /^(patient|user|system)\/(\*|[A-Z][A-Za-z]*)\.(read|write|\*|c?r?u?d?s?)(?:\?(.+))?$/

/** Version 1 of the suffixes. */
const version1: ReadonlyMap<string, string> = new Map([
  ['read', 'rs'],
  ['write', 'cud'],
  ['*', 'cruds']
])

/** @returns `undefined` for what is not a resource scope (`openid`) and for what is not well formed. */
export function findScope(text: string): Scope | undefined {
  const [, context, resourceType, suffix, parameters] = pattern.exec(text) ?? []
  if (!context || !resourceType || !suffix) return undefined
  const older = version1.get(suffix)
  if (older !== undefined && parameters !== undefined) return undefined
  return {
    context: context as ScopeContext,
    resourceType,
    interactions: [...(older ?? suffix)] as Interaction[],
    ...(parameters !== undefined && { parameters })
  }
}

/** @param text As in a token's `scope`, separated by spaces. What is no resource scope grants nothing and is left out. */
export function parseScopes(text: string): readonly Scope[] {
  return text.split(' ').flatMap((part) => findScope(part) ?? [])
}

/**
 * Whether these scopes allow an interaction with every resource of a type. A scope limited to a search
 * does not: until we can evaluate its search, it grants nothing.
 *
 * @param contexts Which kinds count. By default only `user`: a `patient` scope holds for the patient of
 *   the launch alone, and a `system` scope for no person.
 */
export function grants(
  scopes: readonly Scope[],
  resourceType: string,
  interaction: Interaction,
  contexts: readonly ScopeContext[] = ['user']
): boolean {
  return scopes.some(
    (scope) =>
      contexts.includes(scope.context) &&
      (scope.resourceType === '*' || scope.resourceType === resourceType) &&
      scope.interactions.includes(interaction) &&
      scope.parameters === undefined
  )
}
