import type { Bundle, Resource } from '@chesil/fhir'

export type Query = Readonly<Record<string, string | readonly string[] | undefined>>

const defaultCount = 50
const maxCount = 100

/** @returns every value of a parameter. */
export const valuesOf = (query: Query, name: string): readonly string[] => [query[name] ?? []].flat()

/** Those that changed in all of the periods given, e.g. `_lastUpdated=ge2026-01-01`. @returns `undefined` for a bad one. */
export function changedWithin(
  resources: readonly Resource[],
  values: readonly string[]
): readonly Resource[] | undefined {
  const bounds = values.map(parseBound)
  if (bounds.some((bound) => bound === undefined)) return undefined
  return resources.filter(({ meta }) => {
    const at = Date.parse(meta?.lastUpdated ?? '')
    return bounds.every((isWithin) => isWithin?.(at))
  })
}

const comparisons: Readonly<Record<string, (at: number, limit: number) => boolean>> = {
  ge: (at, limit) => at >= limit,
  gt: (at, limit) => at > limit,
  le: (at, limit) => at <= limit,
  lt: (at, limit) => at < limit
}

function parseBound(value: string): ((at: number) => boolean) | undefined {
  const compare = comparisons[value.slice(0, 2)]
  const limit = Date.parse(value.slice(2))
  return compare && !Number.isNaN(limit) ? (at) => compare(at, limit) : undefined
}

export interface PageOptions {
  /** Of the search, with its parameters. */
  readonly url: string
  readonly query: Query
}

/** One page of a search; the latest changes come last, so that a page stays what it was while items are added. */
export function searchPage(found: readonly Resource[], { url, query }: PageOptions): Bundle {
  const asked = Number(valuesOf(query, '_count')[0] ?? defaultCount)
  const count = Number.isInteger(asked) && asked > 0 ? Math.min(asked, maxCount) : defaultCount
  const from = Math.max(0, Number(valuesOf(query, '_page')[0] ?? 0) || 0)
  const sorted = [...found].sort((a, b) => compare(orderOf(a), orderOf(b)))
  const page = sorted.slice(from, from + count)
  const elements = valuesOf(query, '_elements').flatMap((names) => names.split(','))
  const root = new URL(url)
  const base = `${root.origin}${root.pathname.slice(0, root.pathname.lastIndexOf('/'))}`
  return {
    resourceType: 'Bundle',
    type: 'searchset',
    total: found.length,
    link: [
      { relation: 'self', url },
      ...(from + count < found.length ? [{ relation: 'next' as const, url: pageUrl(url, from + count) }] : [])
    ],
    entry: page.map((resource) => ({
      fullUrl: `${base}/${resource.resourceType}/${resource.id}`,
      resource: onlyElements(resource, elements),
      search: { mode: 'match' }
    }))
  }
}

export function pageUrl(url: string, from: number): string {
  const next = new URL(url)
  next.searchParams.set('_page', String(from))
  return next.href
}

/** What is left says so, as a client must not take it for the whole. */
function onlyElements(resource: Resource, elements: readonly string[]): Resource {
  if (elements.length === 0) return resource
  const wanted = new Set(['resourceType', 'id', 'meta', ...elements])
  const left = Object.fromEntries(Object.entries(resource).filter(([name]) => wanted.has(name))) as Resource
  const subsetted = {
    system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue',
    code: 'SUBSETTED'
  }
  return { ...left, meta: { ...left.meta, tag: [...(left.meta?.tag ?? []), subsetted] } }
}

const orderOf = ({ meta, id }: Resource): string => `${new Date(meta?.lastUpdated ?? 0).toISOString()} ${id}`
const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b))
