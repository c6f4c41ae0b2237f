import type { Resource } from '@chesil/fhir'

/** A resource while it is put together: its elements by name. */
export type Elements = { readonly resourceType: Resource['resourceType'] } & Record<string, unknown>

export const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

/** No list is an empty one. */
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
