import { setImmediate } from 'node:timers/promises'
import { foldEvents } from '@chesil/care-record'
import type { Contribution, ContributionEntry, QuarantinedItem } from '@chesil/contracts'
import type { Resource } from '@chesil/fhir'
import type { Validator } from '@chesil/fhir-validator'

/** So many resources are checked before other work of this process gets its turn. */
const checkedAtOnce = 100

/**
 * The last line of defence: what is not valid FHIR after all is kept out, and the reader is told. An event is
 * checked as what it would make alone.
 *
 * @returns the contribution without what is invalid, and how much that was.
 */
export async function checkContribution(
  contribution: Contribution,
  { validate }: Validator
): Promise<{ readonly contribution: Contribution; readonly invalid: number }> {
  const entries: ContributionEntry[] = []
  const invalid: QuarantinedItem[] = []
  for (const [at, entry] of contribution.entries.entries()) {
    if (at % checkedAtOnce === checkedAtOnce - 1) await setImmediate()
    const resource = entry.resource ?? aloneOf(entry)
    const [issue] = resource ? validate(resource) : []
    if (!issue) entries.push(entry)
    else invalid.push({ ...nameOf(entry), reason: 'invalid', expression: issue.expression })
  }
  const quarantined = [...contribution.quarantined, ...invalid]
  return { contribution: { ...contribution, entries, quarantined }, invalid: invalid.length }
}

/** Of an event that cancels or deletes there may be nothing to check. */
const aloneOf = ({ event }: ContributionEntry): Resource | undefined =>
  event && foldEvents([{ order: { time: '', sequence: 0, hash: '' }, event }])

const nameOf = ({ resourceType, sourceResourceId, sections }: ContributionEntry) => ({
  resourceType,
  sourceResourceId,
  sections
})
