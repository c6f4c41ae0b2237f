import { setImmediate } from 'node:timers/promises'
import type { Contribution, ContributionEntry, ItemEvent, QuarantinedItem } from '@chesil/contracts'
import type { Resource } from '@chesil/fhir'

/** What a contribution is checked by; both are passed in, because no package may import the two. */
export interface ContributionRules {
  /** `createValidator` of fhir-validator. */
  readonly validator: {
    readonly validate: (resource: Resource) => readonly { readonly expression: string }[]
  }
  /** Of care-record. */
  readonly foldEvents: (
    events: readonly {
      readonly order: { readonly time: string; readonly sequence: number; readonly hash: string }
      readonly event: ItemEvent
    }[]
  ) => Resource | undefined
}

export interface CheckedContribution {
  /** Without what is invalid, which is named among its `quarantined`. */
  readonly contribution: Contribution
  readonly invalid: readonly QuarantinedItem[]
}

/** So many resources are checked before other work of this process gets its turn. */
const checkedAtOnce = 100

/**
 * The last line of defence: what is not valid FHIR after all is kept out, and the reader is told. An event is
 * checked as what it would make alone.
 */
export async function checkContribution(
  contribution: Contribution,
  rules: ContributionRules
): Promise<CheckedContribution> {
  const entries: ContributionEntry[] = []
  const invalid: QuarantinedItem[] = []
  for (const [at, entry] of contribution.entries.entries()) {
    if (at % checkedAtOnce === checkedAtOnce - 1) await setImmediate()
    const resource = entry.resource ?? aloneOf(entry, rules)
    const [issue] = resource ? rules.validator.validate(resource) : []
    if (!issue) entries.push(entry)
    else invalid.push({ ...nameOf(entry), reason: 'invalid', expression: issue.expression })
  }
  const quarantined = [...contribution.quarantined, ...invalid]
  return { contribution: { ...contribution, entries, quarantined }, invalid }
}

/** Of an event that cancels or deletes there may be nothing to check. */
const aloneOf = ({ event }: ContributionEntry, { foldEvents }: ContributionRules): Resource | undefined =>
  event && foldEvents([{ order: { time: '', sequence: 0, hash: '' }, event }])

const nameOf = ({ resourceType, sourceResourceId, sections }: ContributionEntry) => ({
  resourceType,
  sourceResourceId,
  sections
})
