import { type Resource, ukCoreProfile } from '@chesil/fhir'

const ukCore = ukCoreProfile('')

/**
 * UK Core names its profiles `UKCore-{type}` and what is derived from one `UKCore-{type}-…`.
 *
 * @returns what is wrong; `undefined` when nothing is.
 * @see https://simplifier.net/guide/uk-core-implementation-guide
 */
export function profileProblem({ resourceType, meta }: Resource): string | undefined {
  const own = ukCoreProfile(resourceType)
  const isOther = (profile: string) => profile.startsWith(ukCore) && !isOrDerives(profile, own)
  return meta?.profile?.some(isOther) ? 'Names a UK Core profile of another resource type' : undefined
}

const isOrDerives = (profile: string, own: string): boolean =>
  profile.startsWith(own) && ['', '-', '|'].includes(profile.charAt(own.length))
