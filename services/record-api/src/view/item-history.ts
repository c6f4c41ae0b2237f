import { holdsAddress, mayView, withoutAddress } from '@chesil/care-record'
import type { Resource } from '@chesil/fhir'
import type { EntryVersion, ViewEntry } from '@chesil/record-store'
import type { Access } from '../access/access.ts'
import { type Circumstances, withFormerTag } from './selection.ts'

/** A wording of an item that this reader may see; `undefined` body: it was withdrawn. */
export interface VisibleVersion {
  readonly version: number
  /** ms since 1970 */
  readonly lastUpdated: number
  /** JSON */
  readonly body: string | undefined
  /** False where `body` says more or less than that version as it is kept. */
  readonly isAsKept: boolean
}

export interface PartOfHistory {
  /** ms since 1970: what changed at or after it. */
  readonly since?: number | undefined
  /** ms since 1970, `[low, high)`: what stood at some time in it. */
  readonly at?: { readonly low: number; readonly high: number } | undefined
}

/**
 * @param versions Newest first.
 * @see https://hl7.org/fhir/R4/http.html#history
 */
export function partOfHistory(
  versions: readonly VisibleVersion[],
  { since, at }: PartOfHistory
): readonly VisibleVersion[] {
  return versions.filter(({ lastUpdated }, index) => {
    const replacedAt = versions[index - 1]?.lastUpdated ?? Number.POSITIVE_INFINITY
    const stood = at === undefined || (lastUpdated < at.high && replacedAt > at.low)
    return stood && lastUpdated >= (since ?? 0)
  })
}

/**
 * The history of one item as far as policy shows it. Where any wording is withheld, so is the whole history:
 * what was deleted from a sensitive item is as sensitive.
 *
 * @param labels Of every item that this person ever had: a medicine's label also holds for a former order of it.
 */
export function visibleHistory(
  kept: readonly EntryVersion[],
  access: Access,
  circumstances: Circumstances,
  labels: ReadonlyMap<string, ReadonlySet<string>>
): readonly VisibleVersion[] {
  const versions = kept.filter(
    ({ sourceId, authority }) => authority !== 'system' || !circumstances.sessionOnly.has(sourceId)
  )
  const isVisible = versions.every(
    ({ entry, resourceType }) =>
      access.mayRead(resourceType) && (entry === undefined || maySee(entry, access, circumstances, labels))
  )
  if (!isVisible) return []
  return versions.map(({ version, lastUpdated, entry }) => {
    const body = entry && bodyOf(entry, circumstances)
    return { version, lastUpdated, body, isAsKept: body === entry?.body }
  })
}

function maySee(
  { resourceType, resourceId, sourceId }: ViewEntry,
  { rights }: Access,
  { hiddenSources }: Circumstances,
  labels: ReadonlyMap<string, ReadonlySet<string>>
): boolean {
  const own = labels.get(`${resourceType}/${resourceId}`)
  return !hiddenSources.has(sourceId) && mayView(own, rights.labels)
}

function bodyOf(
  { resourceType, sourceId, body }: ViewEntry,
  { withAddress, formerSources }: Circumstances
): string {
  const isFormer = formerSources.has(sourceId)
  const isReduced = !withAddress && holdsAddress(resourceType)
  if (!isFormer && !isReduced) return body
  const resource = JSON.parse(body) as Resource
  const tagged = isFormer ? withFormerTag(resource) : resource
  return JSON.stringify(isReduced ? withoutAddress(tagged) : tagged)
}
