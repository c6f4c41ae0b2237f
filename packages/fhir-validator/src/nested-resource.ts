import type { Resource } from '@chesil/fhir'
import type { Place } from './expression.ts'

export interface NestedResource {
  readonly resource: Resource
  /** From the outermost resource, e.g. `Bundle`, `entry`, 0, `resource`. */
  readonly place: Place
}

/** The resources inside a resource (`contained`, `Bundle.entry.resource`), at whatever depth. */
export function* findNestedResources(resource: Resource): Generator<NestedResource> {
  yield* findInside(resource, [resource.resourceType])
}

function* findInside(value: unknown, place: Place): Generator<NestedResource> {
  if (typeof value !== 'object' || value === null) return
  if (place.length > 1 && isResource(value)) yield { resource: value, place }
  const children = Array.isArray(value) ? value.entries() : Object.entries(value)
  for (const [step, child] of children) yield* findInside(child, [...place, step])
}

const isResource = (value: object): value is Resource =>
  'resourceType' in value && typeof value.resourceType === 'string'
