import { type KnownPerson, type SourceOrder, whyQuarantined } from '@chesil/care-record'
import type { MessagePart, QuarantineReason } from '@chesil/contracts'
import {
  type Claim,
  type ClaimedContribution,
  followStatements,
  type Ids,
  judgeClaim,
  openReview,
  quarantineItems,
  readSubjectFacts,
  type Sql,
  type SubjectFacts,
  saveClaim
} from '@chesil/record-store'

/** Whether a message may land with the person to whom its sender's number leads. */
export type SubjectStanding =
  /**
   * @property hasMoved What the message says of who it is about may have made that somebody else, or changed them.
   * @property isVerified PDS had confirmed before who that is.
   */
  | { readonly outcome: 'lands'; readonly hasMoved: boolean; readonly isVerified: boolean }
  /** The person objects to the record. */
  | { readonly outcome: 'refused' }
  | {
      readonly outcome: 'quarantined'
      readonly reason: QuarantineReason
      /** Persons whose readers are told. */
      readonly hearers: readonly string[]
    }

/**
 * Decides who a message is about: whether its NHS number and demographics are those of the person whom the number leads
 * to, and then what it says of its sender's numbers. The caller holds that person's lock. PDS is not asked here: what it said last counts,
 * and a number it was never asked about is announced to be traced.
 */
export async function identifySubject(
  sql: Sql,
  claimed: ClaimedContribution,
  { subject, identity }: MessagePart,
  order: SourceOrder,
  ids: Ids
): Promise<SubjectStanding> {
  const before = await readSubjectFacts(sql, claimed.patientId, subject.nhsNumber)
  if (before.isObjected) return { outcome: 'refused' }
  const reason = whyQuarantined(subject, knownPerson(before), before.named?.demographics)
  if (reason) {
    await openReview(sql, before.patientId, reason, ids.newId())
    const hearers = [before.patientId, ...(before.named ? [before.named.patientId] : [])]
    return { outcome: 'quarantined', reason, hearers: [...new Set(hearers)] }
  }
  const isVerified = before.nhsNumbers.length > 0
  // Whoever is verified was compared above, and nothing new is said of who they are.
  const claim = isVerified ? undefined : claimOf(claimed, subject)
  if (claim) await saveClaim(sql, claim, judgeClaim(claim, before.named), ids)
  if (identity.length > 0) await follow(sql, claimed, identity, order, ids)
  return { outcome: 'lands', hasMoved: identity.length > 0 || claim !== undefined, isVerified }
}

const knownPerson = ({ nhsNumbers, demographics }: SubjectFacts): KnownPerson => ({
  nhsNumbers,
  demographics
})

/** @returns nothing for a message that says neither a number nor who its sender's patient is. */
function claimOf(
  { patientId: homePatientId, sourceId, sourceTime: saidAt }: ClaimedContribution,
  subject: MessagePart['subject']
): Claim | undefined {
  const { nhsNumber, birthDate, given } = subject
  if (!nhsNumber && (!birthDate || !given)) return undefined
  return { homePatientId, sourceId, ...(nhsNumber && { nhsNumber }), subject, saidAt }
}

async function follow(
  sql: Sql,
  claimed: ClaimedContribution,
  identity: MessagePart['identity'],
  order: SourceOrder,
  ids: Ids
): Promise<void> {
  const said = { sourceId: claimed.sourceId, contributionId: claimed.id, order }
  const conflicts = await followStatements(sql, said, identity, ids)
  if (conflicts === 0) return
  const { patientId } = await readSubjectFacts(sql, claimed.patientId, undefined)
  await quarantineItems(sql, claimed, [patientId], [conflict], ids)
}

const conflict = {
  reason: 'identity-conflict',
  resourceType: 'Patient',
  sections: ['demographics']
} as const
