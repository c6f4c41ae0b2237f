import type { ContributionEntry, MappedMessage, MessagePart } from '@chesil/contracts'
import { type ContributionOfVisit, unpackBody } from '@chesil/record-store'
import { stayHashOf } from '../intake/stays.ts'
import type { PartOfStays } from './with-stays.ts'

interface RefusedStays {
  readonly sourceId: string
  readonly hashes: readonly string[]
}

/**
 * A stay turned out to be one that its source does not share: everything that was kept of it is withdrawn. That
 * somebody is the trust's patient stays.
 *
 * @param visit.hashes Of the stays that are refused.
 * @param visit.receivedAt ISO instant. What was said before is earlier, whatever its sender's clock said.
 */
export async function withdrawVisit(
  contributions: readonly ContributionOfVisit[],
  visit: RefusedStays & { readonly receivedAt: string }
): Promise<MappedMessage> {
  const parts: MessagePart[] = []
  for (const { body, isMixed } of contributions) {
    if (!body) continue
    const part = JSON.parse((await unpackBody(body)).toString('utf8')) as PartOfStays
    const { subject, contribution } = part
    const said = isMixed ? ofRefusedStays(part, visit) : contribution.entries
    const entries = said.flatMap(toWithdrawal)
    if (entries.length === 0) continue
    parts.push({
      subject: { local: subject.local },
      contribution: { mode: 'delta', sections: [], entries, quarantined: [] },
      identity: [],
      documents: []
    })
  }
  const times = contributions.map(({ sourceTime }) => sourceTime + 1)
  const sourceTime = new Date(Math.max(Date.parse(visit.receivedAt), ...times)).toISOString()
  return { outcome: 'mapped', sourceTime, sourceSequence: 0, parts }
}

/** A message that tells of several stays says of each person one of them, so that what belongs to it goes with it. */
function ofRefusedStays(part: PartOfStays, refused: RefusedStays): readonly ContributionEntry[] {
  const { entries } = part.contribution
  if (!entries.some(isStay)) return refersToRefused(part, refused) ? entries : []
  const isRefused = ({ sourceResourceId }: ContributionEntry) =>
    refused.hashes.includes(stayHashOf(refused.sourceId, sourceResourceId))
  if (!entries.some((entry) => isStay(entry) && isRefused(entry))) return []
  return entries.filter((entry) => !isStay(entry) || isRefused(entry))
}

const isStay = ({ resourceType }: ContributionEntry): boolean => resourceType === 'Encounter'

/** Where it was not kept which stay an id stands for, it may be a refused one: what must not be seen outweighs the rest. */
function refersToRefused({ contribution, stays }: PartOfStays, { hashes }: RefusedStays): boolean {
  const references = JSON.stringify(contribution.entries).matchAll(/"reference":"Encounter\/([^"]+)"/g)
  return [...references].some(([, id = '']) => {
    const hash = stays?.[id]
    return hash === undefined || hashes.includes(hash)
  })
}

function toWithdrawal(entry: ContributionEntry): readonly ContributionEntry[] {
  if (entry.resourceType === 'Patient') return []
  const { resourceType, sourceResourceId, sections, part, event } = entry
  const named = { resourceType, sourceResourceId, sections, ...(part !== undefined && { part }) }
  if (!event) return [named]
  return [{ ...named, event: { base: event.base, kind: 'denied', set: {}, deletes: true } }]
}
