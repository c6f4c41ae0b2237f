import type { ContributionEntry, MappedMessage, MessagePart } from '@chesil/contracts'
import { type ContributionOfVisit, unpackBody } from '@chesil/record-store'

/**
 * A stay turned out to be one that its source does not share: everything that was kept of it is withdrawn. That
 * somebody is the trust's patient stays.
 *
 * @param receivedAt ISO instant: whatever was said of the stay before, this is later.
 */
export async function withdrawVisit(
  contributions: readonly ContributionOfVisit[],
  receivedAt: string
): Promise<MappedMessage> {
  const parts: MessagePart[] = []
  for (const { body } of contributions) {
    if (!body) continue
    const { subject, contribution } = JSON.parse((await unpackBody(body)).toString('utf8')) as MessagePart
    const entries = contribution.entries.flatMap(toWithdrawal)
    parts.push({
      subject: { local: subject.local },
      contribution: { mode: 'delta', sections: [], entries, quarantined: [] },
      identity: [],
      documents: []
    })
  }
  return { outcome: 'mapped', sourceTime: receivedAt, sourceSequence: 0, parts }
}

function toWithdrawal(entry: ContributionEntry): readonly ContributionEntry[] {
  if (entry.resourceType === 'Patient') return []
  const { resourceType, sourceResourceId, sections, part, event } = entry
  const named = { resourceType, sourceResourceId, sections, ...(part !== undefined && { part }) }
  if (!event) return [named]
  return [{ ...named, event: { base: event.base, kind: 'denied', set: {}, deletes: true } }]
}
