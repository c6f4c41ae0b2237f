import { mergeProvenance, type PersonMerge } from '@chesil/care-record'
import type { Sql } from '../database.ts'
import type { Ids } from '../ids.ts'
import { writeVersion } from '../view-writing.ts'

/** `source_id` of what Chesil itself says of a record. */
export const identitySource = 'identity'

/** Leaves in a person's record that somebody was made one with them, or parted from them. The caller has the lock. */
export async function showMerge(
  sql: Sql,
  patientId: string,
  merge: Omit<PersonMerge, 'at'>,
  ids: Ids
): Promise<void> {
  const resource = mergeProvenance(ids.newId(), { ...merge, at: new Date().toISOString() })
  const hash = ids.contentHash(JSON.stringify(resource))
  await writeVersion(
    sql,
    {
      patientId,
      sourceId: identitySource,
      authority: 'system',
      cause: merge.kind,
      shown: [{ resource, sections: ['demographics'], hash }],
      withdrawn: []
    },
    ids
  )
}
