import { type BundleEntry, findEntry } from '../itk3/bundle-entries.ts'
import { many, one, word } from '../json.ts'

/**
 * The resource that a reference names: by its `fullUrl`, its id or `Type/id`, or one that is contained in the resource
 * that refers to it.
 *
 * @see https://hl7.org/fhir/DSTU2/references.html
 */
export function findTarget(
  reference: unknown,
  type: string,
  from: BundleEntry,
  entries: readonly BundleEntry[]
): BundleEntry | undefined {
  const given = word(one(reference)?.['reference'])
  if (!given?.startsWith('#')) return findEntry(entries, reference, type)
  const source = many(from.source['contained']).find(({ id }) => word(id) === given.slice(1))
  return source && source['resourceType'] === type
    ? { type, id: given, fullUrl: undefined, source }
    : undefined
}
