import type { SourceOrder } from '@chesil/care-record'
import type { Contribution, ContributionEntry, MessagePart } from '@chesil/contracts'
import { type ClaimedContribution, findVisitMoves, resourceIdOf, type Sql } from '@chesil/record-store'

/** What a message says, by whose it is. */
export interface PersonsShare {
  /** The source's own patient. */
  readonly homePatientId: string
  readonly contribution: Contribution
}

/**
 * A late message may speak of a stay that its source has given to another patient since: that share of it is theirs.
 */
export async function splitByVisit(
  sql: Sql,
  claimed: ClaimedContribution,
  { contribution }: MessagePart,
  order: SourceOrder
): Promise<readonly PersonsShare[]> {
  const own = { homePatientId: claimed.patientId, contribution }
  const visits = contribution.entries.map((entry) => visitOf(entry, claimed.sourceId))
  const moves = await findVisitMoves(sql, [...new Set(visits.flatMap((id) => id ?? []))], order)
  if (moves.size === 0) return [own]
  const shares = Map.groupBy(
    contribution.entries,
    (_entry, at) => moves.get(visits[at] ?? '') ?? claimed.patientId
  )
  return [...shares].map(([homePatientId, entries]) => ({
    homePatientId,
    contribution:
      homePatientId === claimed.patientId
        ? { ...contribution, entries }
        : { mode: 'delta', sections: [], entries, quarantined: [] }
  }))
}

/** @returns Chesil's id of the stay that an entry is, or refers to. */
function visitOf(entry: ContributionEntry, sourceId: string): string | undefined {
  if (entry.resourceType === 'Encounter')
    return resourceIdOf(sourceId, entry.resourceType, entry.sourceResourceId)
  const text = JSON.stringify(entry.resource ?? entry.event ?? null)
  return /"Encounter\/([0-9a-f-]{36})"/.exec(text)?.[1]
}
