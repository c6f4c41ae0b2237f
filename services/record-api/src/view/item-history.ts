import { labelItems, mayView, type SensitiveCodes, withoutAddress } from '@chesil/care-record'
import type { Patient } from '@chesil/fhir'
import type { EntryVersion, ViewEntry } from '@chesil/record-store'
import type { Access } from '../access/access.ts'
import type { Circumstances } from './selection.ts'

/** A wording of an item that this reader may see; `undefined` body: it was withdrawn. */
export interface VisibleVersion {
  readonly version: number
  /** ms since 1970 */
  readonly lastUpdated: number
  /** JSON */
  readonly body: string | undefined
}

/**
 * The history of one item as far as policy shows it. Where any wording is withheld, so is the whole history:
 * what was deleted from a sensitive item is as sensitive.
 */
export function visibleHistory(
  versions: readonly EntryVersion[],
  access: Access,
  circumstances: Circumstances,
  sensitiveCodes: SensitiveCodes
): readonly VisibleVersion[] {
  const isVisible = versions.every(
    ({ entry, resourceType }) =>
      access.mayRead(resourceType) &&
      (entry === undefined || maySee(entry, access, circumstances, sensitiveCodes))
  )
  if (!isVisible) return []
  return versions.map(({ version, lastUpdated, entry }) => ({
    version,
    lastUpdated,
    body: entry && bodyOf(entry, circumstances)
  }))
}

function maySee(
  { resourceType, resourceId, index, sourceId }: ViewEntry,
  { rights }: Access,
  { hiddenSources }: Circumstances,
  sensitiveCodes: SensitiveCodes
): boolean {
  const key = `${resourceType}/${resourceId}`
  const labels = labelItems([{ key, index }], sensitiveCodes).get(key)
  return !hiddenSources.has(sourceId) && mayView(labels, rights.labels)
}

function bodyOf({ resourceType, body }: ViewEntry, { withAddress }: Circumstances): string {
  if (withAddress || resourceType !== 'Patient') return body
  return JSON.stringify(withoutAddress(JSON.parse(body) as Patient))
}
