import { localPatient } from '@chesil/care-record'
import type { ClaimedSubject } from '@chesil/contracts'
import { type Ids, openEntryHash, type ShownItem, type Sql } from '@chesil/record-store'

/**
 * How somebody is shown whom PDS has not verified: as their source knows them.
 *
 * @param shown What the message shows; among it perhaps the source's Patient.
 */
export async function localPersonItem(
  sql: Sql,
  personId: string,
  subject: ClaimedSubject,
  shown: readonly ShownItem[],
  ids: Ids
): Promise<readonly ShownItem[]> {
  const claim = shown.map(({ resource }) => resource).find((resource) => resource.resourceType === 'Patient')
  const before = await openEntryHash(sql, personId, personId)
  if (!claim && before !== undefined) return []
  const resource = localPatient(personId, subject, claim)
  const hash = ids.contentHash(JSON.stringify(resource))
  return hash === before ? [] : [{ resource, sections: [], hash }]
}
