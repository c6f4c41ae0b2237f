import { type FhirR4Traits, refusedIn, visitsNamedIn } from '../fhir-r4/refuse.ts'
import { isJson, text } from '../json.ts'
import type { FhirPush } from './items.ts'
import { createNaming } from './named-beside.ts'
import type { PushedEntry } from './read-entry.ts'

/** Stays and visits of which a push tells, or to which something of it belongs, as `Encounter/e1`. */
export const staysOfPush = (push: FhirPush): readonly string[] => [
  ...new Set([
    ...push.items.map(({ name }) => name).filter((name) => name.startsWith('Encounter/')),
    ...visitsNamedIn([pageOf(push)], push.bases)
  ])
]

/**
 * What of a push its source's agreement says is not to be kept: an item of a refused treatment function, place or kind
 * of document, with it whatever belongs to it, and the place itself.
 *
 * @param known Names of stays that were refused before.
 */
export function refusedOfPush(
  push: FhirPush,
  isDenied: (traits: FhirR4Traits) => boolean,
  known: ReadonlySet<string> = new Set()
): ReadonlySet<PushedEntry> {
  const refused = refusedIn(new Map([['', [pageOf(push)]]]), isDenied, push.bases, known)
  const isRefusedPlace = ({ id, source }: PushedEntry): boolean => {
    const name = text(source?.['name'])
    const names = name === undefined ? [] : [name]
    return isDenied({ treatmentFunctions: [], locations: [id, ...names], documentTypes: [], names })
  }
  return new Set([
    ...saidIn(push)
      .map(({ entry }) => entry)
      .filter(({ type, id }) => refused.has(`${type}/${id}`)),
    ...push.beside.filter(isRefusedPlace)
  ])
}

const saidIn = ({ items }: FhirPush): FhirPush['items'] => items.filter(({ entry }) => entry.source)

/** What was said, as a search would find it. */
function pageOf(push: FhirPush) {
  const withNames = createNaming(push)
  return {
    entry: saidIn(push).map((item) => ({ resource: { ...withNames(item), id: item.entry.id } }))
  }
}

/** A Bundle without these. */
export function withoutPushed(bundle: unknown, refused: ReadonlySet<PushedEntry>): unknown {
  if (!isJson(bundle) || !Array.isArray(bundle['entry'])) return bundle
  const places = new Set([...refused].map(({ path }) => path))
  return { ...bundle, entry: bundle['entry'].filter((_, at) => !places.has(`Bundle.entry[${at}].resource`)) }
}
