import type { Resource } from '@chesil/fhir'

/**
 * A contained resource has an id of its own in its container and is referred to (dom-3): one that nothing
 * refers to has no context and no meaning. Beyond R4: a person is never contained, because whom a record
 * is about is decided outside it.
 *
 * @returns what is wrong; empty when nothing is.
 * @see https://hl7.org/fhir/R4/references.html#contained
 */
export function containedProblems(resource: Resource): readonly string[] {
  const contained = 'contained' in resource ? (resource.contained ?? []) : []
  if (contained.length === 0) return []
  const ids = new Set(contained.map(({ id }) => id))
  const mentioned = new Set(findLocalReferences(resource))
  const isMentioned = (item: Resource) => mentioned.has(`#${item.id}`) || hasReferenceToContainer(item)
  const problems = new Map([
    ['Contains resources that share an id or have none', ids.size < contained.length || ids.has(undefined)],
    ['Contains a resource that nothing refers to', !contained.every(isMentioned)],
    ['Contains a person', contained.some(({ resourceType }) => resourceType === 'Patient')]
  ])
  return [...problems].filter(([, applies]) => applies).map(([problem]) => problem)
}

const hasReferenceToContainer = (item: Resource): boolean => findLocalReferences(item).includes('#')

/** Texts that begin with `#`, in whatever element: references, canonicals and URIs may all be local. */
function findLocalReferences(value: unknown): string[] {
  if (typeof value === 'string') return value.startsWith('#') ? [value] : []
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(findLocalReferences)
}
