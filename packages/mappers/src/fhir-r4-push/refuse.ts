import { type FhirR4Traits, refusedIn } from '../fhir-r4/refuse.ts'
import { isJson, text } from '../json.ts'
import type { FhirPush } from './items.ts'
import { createNaming } from './named-beside.ts'
import type { PushedEntry } from './read-entry.ts'

/**
 * What of a push its source's agreement says is not to be kept: an item of a refused treatment function, place or kind
 * of document, with it whatever of the same push belongs to it, and the place itself.
 */
export function refusedOfPush(
  push: FhirPush,
  isDenied: (traits: FhirR4Traits) => boolean
): ReadonlySet<PushedEntry> {
  const withNames = createNaming(push)
  const said = push.items.filter(({ entry }) => entry.source)
  const entry = said.map((item) => ({ resource: { ...withNames(item), id: item.entry.id } }))
  const refused = refusedIn(new Map([['', [{ entry }]]]), isDenied, push.bases)
  const isRefusedPlace = ({ id, source }: PushedEntry): boolean => {
    const name = text(source?.['name'])
    const names = name === undefined ? [] : [name]
    return isDenied({ treatmentFunctions: [], locations: [id, ...names], documentTypes: [], names })
  }
  return new Set([
    ...said.map((item) => item.entry).filter(({ type, id }) => refused.has(`${type}/${id}`)),
    ...push.beside.filter(isRefusedPlace)
  ])
}

/** A Bundle without these. */
export function withoutPushed(bundle: unknown, refused: ReadonlySet<PushedEntry>): unknown {
  if (!isJson(bundle) || !Array.isArray(bundle['entry'])) return bundle
  const places = new Set([...refused].map(({ path }) => path))
  return { ...bundle, entry: bundle['entry'].filter((_, at) => !places.has(`Bundle.entry[${at}].resource`)) }
}
