import type { Resource } from '@chesil/fhir'

export interface DocumentContext {
  /** `Type/id` of what the document holds. */
  readonly holds: ReadonlySet<string>
  /** What is said of a resource that the document does not hold; `undefined` where the reader is shown none. */
  readonly describe: (key: string) => string | undefined
  /** FHIR base, without a trailing slash. */
  readonly baseUrl: string
}

/**
 * A resource as part of a document. What it refers to is in the document, or it is named in words, with its address as
 * an identifier: a reader of the document alone is sent nowhere.
 *
 * @returns the same object where nothing had to be changed.
 */
export const withinDocument = (resource: Resource, context: DocumentContext): Resource =>
  visit(resource, context) as Resource

/** What has nothing to change in it stays the same object. */
function visit(value: unknown, context: DocumentContext): unknown {
  if (Array.isArray(value)) {
    const list: readonly unknown[] = value
    const visited = list.map((one) => visit(one, context))
    return visited.every((one, n) => one === list[n]) ? value : visited
  }
  if (typeof value !== 'object' || value === null) return value
  const names = Object.entries(value)
  const visited = names.map(([name, inner]) => [name, visit(inner, context)] as const)
  const isSame = visited.every(([, one], n) => one === names[n]?.[1])
  return cut((isSame ? value : Object.fromEntries(visited)) as Record<string, unknown>, context)
}

const key = /^([A-Z][A-Za-z]+)\/[A-Za-z0-9.-]{1,64}$/

function cut(element: Record<string, unknown>, { holds, describe, baseUrl }: DocumentContext) {
  const { reference, url } = element
  if (typeof url === 'string' && url.startsWith('Binary/')) return { ...element, url: `${baseUrl}/${url}` }
  const type = typeof reference === 'string' ? key.exec(reference)?.[1] : undefined
  if (typeof reference !== 'string' || type === undefined || holds.has(reference)) return element
  const { reference: _left, ...rest } = element
  return {
    ...rest,
    type,
    identifier: rest['identifier'] ?? { system: 'urn:ietf:rfc:3986', value: `${baseUrl}/${reference}` },
    display: rest['display'] ?? describe(reference) ?? `${type} that is not part of this summary`
  }
}
