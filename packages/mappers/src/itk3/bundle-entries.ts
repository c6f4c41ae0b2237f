import { type Json, many, one, word } from '../json.ts'

/** A resource of the message, wherever in it. */
export interface BundleEntry {
  readonly type: string
  /** The source's, or that of its `fullUrl` where the resource has none. */
  readonly id: string | undefined
  readonly fullUrl: string | undefined
  readonly source: Json
}

/** Bundles inside one another, as a message holds its document. */
const deepest = 3

/**
 * The resources of a Bundle and of those inside it; the innermost first, so that the full description of an
 * organisation comes before the mention of it in the message's header.
 */
export function entriesOf(bundle: Json, depth = 1): BundleEntry[] {
  const entries = many(bundle['entry']).flatMap((entry) => toEntry(entry))
  const inner = depth < deepest ? entries.filter(({ type }) => type === 'Bundle') : []
  return [
    ...inner.flatMap(({ source }) => entriesOf(source, depth + 1)),
    ...entries.filter(({ type }) => type !== 'Bundle')
  ]
}

function toEntry(entry: Json): BundleEntry[] {
  const source = one(entry['resource'])
  const type = word(source?.['resourceType'])
  if (source === undefined || type === undefined) return []
  const fullUrl = word(entry['fullUrl'])
  const id = word(source['id']) ?? fullUrl?.replace(/^urn:(uuid|oid):/, '')
  return [{ type, id, fullUrl, source }]
}

/** Each Bundle of the message, the outermost first. */
export function bundlesOf(bundle: Json, depth = 1): Json[] {
  const resources = depth < deepest ? many(bundle['entry']).map((entry) => one(entry['resource'])) : []
  const inner = resources.filter((source) => source?.['resourceType'] === 'Bundle')
  return [bundle, ...inner.flatMap((source) => (source ? bundlesOf(source, depth + 1) : []))]
}

/** @returns the entry that a reference names by its `fullUrl`, its id, or `Type/id`. */
export function findEntry(
  entries: readonly BundleEntry[],
  reference: unknown,
  type?: string
): BundleEntry | undefined {
  const given = word(one(reference)?.['reference'])
  if (given === undefined) return undefined
  const id = given
    .replace(/^urn:uuid:/, '')
    .split('/')
    .at(-1)
  const found = entries.filter((entry) => entry.fullUrl === given || entry.id === id)
  return found.find((entry) => type === undefined || entry.type === type)
}
