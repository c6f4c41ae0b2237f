import { nameOf, type Stu3Resource } from './stu3.ts'

/** @returns the targets of every reference inside, e.g. `Patient/1`; those to contained resources excepted. */
export function referencesIn(value: unknown): string[] {
  const found: string[] = []
  collect(value, found)
  return found
}

function collect(value: unknown, found: string[]): void {
  if (typeof value !== 'object' || value === null) return
  for (const [key, item] of Object.entries(value)) {
    if (key === 'reference' && typeof item === 'string') {
      if (!item.startsWith('#')) found.push(item)
    } else collect(item, found)
  }
}

/** @returns the resources that have an id, by `Type/id`. */
export function indexByName(resources: readonly Stu3Resource[]): ReadonlyMap<string, Stu3Resource> {
  return new Map(
    resources.filter(({ id }) => id !== undefined).map((resource) => [nameOf(resource), resource])
  )
}

/** @returns the value without anything that refers to `target`: list entries, links, single references. */
export function withoutReferences<Value>(value: Value, target: string): Value {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    const kept = value.filter((item) => !refersTo(item, target))
    return kept.map((item) => withoutReferences(item, target)) as Value
  }
  const kept = Object.entries(value).filter(([, item]) => Array.isArray(item) || !refersTo(item, target))
  return Object.fromEntries(kept.map(([key, item]) => [key, withoutReferences(item, target)])) as Value
}

/** Whether it is a reference to the target, or a wrapper around nothing but one. */
function refersTo(value: unknown, target: string): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { reference, item, valueReference, target: inner } = value as Record<string, unknown>
  if (reference === target) return true
  return [item, valueReference, inner].some((wrapped) => refersTo(wrapped, target))
}
