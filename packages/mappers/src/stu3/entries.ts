import { isJson, type Json, many, word } from '../json.ts'
import type { Kind } from './item.ts'
import { kinds } from './kinds.ts'

/** A resource as it stands in the Bundle, or inside another one. */
export interface Entry {
  /** `Resource` where it does not say. */
  readonly type: string
  readonly kind: Kind | undefined
  readonly id: string | undefined
  readonly fullUrl: string | undefined
  readonly source: Json
  readonly container: Entry | undefined
}

/** What the Bundle says beside the record: which sections it cannot give. */
export interface Contents {
  readonly entries: readonly Entry[]
  readonly outcomes: readonly Json[]
}

/**
 * One entry for each resource, what is contained after its container. An early sample of the specification
 * leaves out `resource`; such an entry is the resource.
 */
export function readContents(bundle: Json): Contents {
  const entries: Entry[] = []
  const outcomes: Json[] = []
  for (const given of Array.isArray(bundle['entry']) ? bundle['entry'] : []) {
    const source = resourceOf(given)
    if (source['resourceType'] === 'OperationOutcome') outcomes.push(source)
    else addEntries(entries, toEntry(source, isJson(given) ? word(given['fullUrl']) : undefined))
  }
  return { entries, outcomes }
}

function resourceOf(entry: unknown): Json {
  if (!isJson(entry)) return {}
  return isJson(entry['resource']) ? entry['resource'] : entry
}

const typePattern = /^[A-Z][A-Za-z]{0,63}$/

function toEntry(source: Json, fullUrl?: string, container?: Entry): Entry {
  const given = word(source['resourceType']) ?? ''
  const type = typePattern.test(given) ? given : 'Resource'
  return { type, kind: kinds.get(type), id: word(source['id']), fullUrl, source, container }
}

/** A Patient inside another resource says whom that is about, and is no item of the record. */
function addEntries(entries: Entry[], entry: Entry): void {
  entries.push(entry)
  for (const source of many(entry.source['contained'])) {
    if (source['resourceType'] !== 'Patient') entries.push(toEntry(source, undefined, entry))
  }
}
