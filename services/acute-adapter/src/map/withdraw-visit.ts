import type { ContributionEntry, MappedMessage, MessagePart } from '@chesil/contracts'
import { type ContributionOfVisit, unpackBody, visitHashOf } from '@chesil/record-store'

/**
 * A stay turned out to be one that its source does not share: everything that was kept of it is withdrawn. That
 * somebody is the trust's patient stays.
 *
 * @param visit.hashes Of the stays that are refused.
 * @param visit.receivedAt ISO instant: whatever was said of the stay before, this is later.
 */
export async function withdrawVisit(
  contributions: readonly ContributionOfVisit[],
  visit: { readonly sourceId: string; readonly hashes: readonly string[]; readonly receivedAt: string }
): Promise<MappedMessage> {
  const parts: MessagePart[] = []
  for (const { body, isMixed } of contributions) {
    if (!body) continue
    const { subject, contribution } = JSON.parse((await unpackBody(body)).toString('utf8')) as MessagePart
    const said = isMixed ? ofRefusedStays(contribution.entries, visit) : contribution.entries
    const entries = said.flatMap(toWithdrawal)
    if (entries.length === 0) continue
    parts.push({
      subject: { local: subject.local },
      contribution: { mode: 'delta', sections: [], entries, quarantined: [] },
      identity: [],
      documents: []
    })
  }
  return { outcome: 'mapped', sourceTime: visit.receivedAt, sourceSequence: 0, parts }
}

/** A message that tells of several stays says of each person one of them, so that what belongs to it goes with it. */
function ofRefusedStays(
  entries: readonly ContributionEntry[],
  { sourceId, hashes }: { readonly sourceId: string; readonly hashes: readonly string[] }
): readonly ContributionEntry[] {
  const isRefused = ({ sourceResourceId }: ContributionEntry) =>
    hashes.includes(visitHashOf(sourceId, sourceResourceId.replace(/^visit\//, '')))
  const isStay = ({ resourceType }: ContributionEntry) => resourceType === 'Encounter'
  if (!entries.some((entry) => isStay(entry) && isRefused(entry))) return []
  return entries.filter((entry) => !isStay(entry) || isRefused(entry))
}

function toWithdrawal(entry: ContributionEntry): readonly ContributionEntry[] {
  if (entry.resourceType === 'Patient') return []
  const { resourceType, sourceResourceId, sections, part, event } = entry
  const named = { resourceType, sourceResourceId, sections, ...(part !== undefined && { part }) }
  if (!event) return [named]
  return [{ ...named, event: { base: event.base, kind: 'denied', set: {}, deletes: true } }]
}
