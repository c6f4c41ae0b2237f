import type { Contribution, ContributionEntry, MessageDocument, QuarantinedItem } from '@chesil/contracts'

/** What one message says of one person, besides who that is. */
export interface MessageBody {
  readonly entries: readonly ContributionEntry[]
  readonly quarantined: readonly QuarantinedItem[]
  readonly documents: readonly MessageDocument[]
  /** See `Contribution`. */
  readonly wholeParts?: readonly string[]
}

export const emptyBody: MessageBody = { entries: [], quarantined: [], documents: [] }

export const toContribution = ({ entries, quarantined, wholeParts }: MessageBody): Contribution => ({
  mode: 'delta',
  ...(wholeParts?.length && { wholeParts }),
  sections: [],
  entries,
  quarantined
})
