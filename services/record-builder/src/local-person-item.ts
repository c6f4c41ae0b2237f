import { localPatient } from '@chesil/care-record'
import type { ClaimedSubject } from '@chesil/contracts'
import { type Ids, openEntryHash, type ShownItem, type Sql } from '@chesil/record-store'

/**
 * How somebody is shown whom PDS has not verified: as their source knows them by the number that stands for them, or
 * by another until it has said something under that one.
 *
 * @param isOwn The message names the number that stands for the person.
 * @param shown What the message shows; among it perhaps the source's Patient.
 */
export async function localPersonItem(
  sql: Sql,
  personId: string,
  { subject, isOwn }: { readonly subject: ClaimedSubject; readonly isOwn: boolean },
  shown: readonly ShownItem[],
  ids: Ids
): Promise<readonly ShownItem[]> {
  const claim = shown.map(({ resource }) => resource).find((resource) => resource.resourceType === 'Patient')
  const before = await openEntryHash(sql, personId, personId)
  if (before !== undefined && !(claim && isOwn)) return []
  const resource = localPatient(personId, subject, claim)
  const hash = ids.contentHash(JSON.stringify(resource))
  return hash === before ? [] : [{ resource, sections: [], hash }]
}
