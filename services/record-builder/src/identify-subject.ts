import { type KnownPerson, type SourceOrder, whyQuarantined } from '@chesil/care-record'
import type { MessagePart, QuarantineReason } from '@chesil/contracts'
import {
  type Claim,
  type ClaimedContribution,
  findSurvivor,
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
   * @property isVerified PDS had confirmed before who that is.
   * @property patientId Who that is: the survivor of any merge.
   */
  | { readonly outcome: 'lands'; readonly isVerified: boolean; readonly patientId: string }
  /** The person objects to the record. */
  | { readonly outcome: 'refused' }
  | {
      readonly outcome: 'quarantined'
      readonly reason: QuarantineReason
      /** Persons whose readers are told. */
      readonly hearers: readonly string[]
    }

/**
 * Decides who a message is about: first what it says of its sender's numbers, then whether its NHS number and
 * demographics are those of the person whom the number leads to. PDS is not asked here: what it said last counts,
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
  if (identity.length > 0) await follow(sql, claimed, identity, order, ids)
  const isNewClaim = subject.nhsNumber !== undefined && !before.nhsNumbers.includes(subject.nhsNumber)
  if (subject.nhsNumber && isNewClaim) {
    const claim: Claim = {
      homePatientId: claimed.patientId,
      sourceId: claimed.sourceId,
      nhsNumber: subject.nhsNumber,
      subject,
      saidAt: claimed.sourceTime
    }
    await saveClaim(sql, claim, judgeClaim(claim, before.named), ids)
  }
  const mayHaveMoved = identity.length > 0 || isNewClaim
  const patientId = mayHaveMoved ? await findSurvivor(sql, claimed.patientId) : before.patientId
  return {
    outcome: 'lands',
    isVerified: before.nhsNumbers.length > 0,
    patientId: patientId ?? before.patientId
  }
}

const knownPerson = ({ nhsNumbers, demographics }: SubjectFacts): KnownPerson => ({
  nhsNumbers,
  demographics
})

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
