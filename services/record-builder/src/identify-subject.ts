import { type KnownPerson, type SourceOrder, whyQuarantined } from '@chesil/care-record'
import type { MessagePart, QuarantineReason } from '@chesil/contracts'
import {
  type Claim,
  type ClaimedContribution,
  type ClaimVerdict,
  followStatements,
  type Ids,
  judgeClaim,
  type LockedPerson,
  lockNeighbourhood,
  lockSurvivor,
  openReview,
  personIdOf,
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

/** Whom a message's number leads to, held against every change, and what is known of them. */
export interface HeldSubject {
  readonly person: LockedPerson
  readonly facts: SubjectFacts
}

/**
 * Holds whom a message's number leads to, until the transaction ends. What may make them one with others holds those
 * others too, and all at once.
 */
export async function holdSubject(
  sql: Sql,
  claimed: ClaimedContribution,
  { subject, identity }: MessagePart
): Promise<HeldSubject> {
  const readFacts = () => readSubjectFacts(sql, claimed.patientId, subject.nhsNumber)
  const mayTouchOthers = (facts: SubjectFacts) => namesAnother(facts) || mayRegroup(facts, claimed, subject)
  for (;;) {
    const facts = await readFacts()
    if (mayTouchOthers(facts) || identity.length > 0) {
      const others = identity.flatMap(({ from, into }) => [personIdOf(from), personIdOf(into)])
      const named = facts.named ? [facts.named.patientId] : []
      await lockNeighbourhood(sql, [claimed.patientId, ...others, ...named])
      return { facts: await readFacts(), person: await lockSurvivor(sql, claimed.patientId) }
    }
    // Whose the number is, what PDS says of it, and an objection may have changed while we waited.
    const [person, held] = await Promise.all([lockSurvivor(sql, claimed.patientId), readFacts()])
    if (person.id === held.patientId && !mayTouchOthers(held)) return { facts: held, person }
  }
}

/** Its readers are told of a message that names them and is somebody else's. */
const namesAnother = ({ named, patientId }: SubjectFacts): boolean =>
  named !== undefined && named.patientId !== patientId

function mayRegroup(
  facts: SubjectFacts,
  claimed: ClaimedContribution,
  subject: MessagePart['subject']
): boolean {
  const claim = claimOf(claimed, subject, facts)
  return claim !== undefined && isAnswered(judgeClaim(claim, facts.named))
}

const isAnswered = (verdict: ClaimVerdict): boolean => verdict !== 'untraced' && verdict !== 'no-number'

/**
 * Decides who a message is about: whether its NHS number and demographics are those of the person whom the number leads
 * to, and then what it says of its sender's numbers. PDS is not asked here: what it said last counts, and a number it
 * was never asked about is announced to be traced.
 */
export async function identifySubject(
  sql: Sql,
  claimed: ClaimedContribution,
  { subject, identity }: MessagePart,
  { facts, order }: { readonly facts: SubjectFacts; readonly order: SourceOrder },
  ids: Ids
): Promise<SubjectStanding> {
  if (facts.isObjected) return { outcome: 'refused' }
  const reason = whyQuarantined(subject, knownPerson(facts), facts.named?.demographics)
  if (reason) {
    await openReview(sql, facts.patientId, reason, ids.newId())
    await rememberSubject(sql, claimed, subject, facts, ids)
    const hearers = [facts.patientId, ...(facts.named ? [facts.named.patientId] : [])]
    return { outcome: 'quarantined', reason, hearers: [...new Set(hearers)] }
  }
  const claim = claimOf(claimed, subject, facts)
  if (claim) await saveClaim(sql, claim, judgeClaim(claim, facts.named), ids)
  if (identity.length > 0) await follow(sql, claimed, identity, order, ids)
  const isVerified = facts.nhsNumbers.length > 0
  return { outcome: 'lands', hasMoved: identity.length > 0 || claim !== undefined, isVerified }
}

/** Of somebody who is not verified yet, what a message says counts for good, though nothing else of it lands. */
async function rememberSubject(
  sql: Sql,
  claimed: ClaimedContribution,
  subject: MessagePart['subject'],
  facts: SubjectFacts,
  ids: Ids
): Promise<void> {
  const claim = facts.nhsNumbers.length === 0 ? claimOf(claimed, subject, facts) : undefined
  if (claim) await saveClaim(sql, claim, judgeClaim(claim, facts.named), ids)
}

const knownPerson = ({ nhsNumbers, demographics, confirmed }: SubjectFacts): KnownPerson => ({
  nhsNumbers,
  demographics,
  confirmed
})

/**
 * @returns nothing for a message that says neither a number nor who its sender's patient is; nor for somebody with whom
 *   PDS's demographics are compared when the message lands, for then nothing new is said of who they are.
 */
function claimOf(
  { patientId: homePatientId, sourceId, sourceTime: saidAt }: ClaimedContribution,
  subject: MessagePart['subject'],
  facts: SubjectFacts
): Claim | undefined {
  const { nhsNumber, birthDate, given } = subject
  if (facts.nhsNumbers.length > 0 && facts.demographics) return undefined
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
