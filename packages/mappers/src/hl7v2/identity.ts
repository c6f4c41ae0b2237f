import type { IdentityStatement, LocalIdentifier, QuarantinedItem } from '@chesil/contracts'
import { chesil } from '@chesil/fhir'
import type { Group } from './adt/group.ts'
import { findPriorVisit, findVisit } from './adt/visit-key.ts'
import { firstOf } from './message.ts'
import { priorsIn } from './subject.ts'

/** What one group of a message says of numbers, and what it says that cannot be so. */
export interface Identity {
  readonly statements: readonly IdentityStatement[]
  readonly quarantined: readonly QuarantinedItem[]
}

const none: Identity = { statements: [], quarantined: [] }

/** @param others For the first group of a message, the others: in a link they are what is linked with it. */
export function identityOf(group: Group, others: readonly Group[] | undefined): Identity {
  switch (group.trigger.says) {
    case 'merge':
      return merge(group)
    case 'link':
    case 'unlink':
      return others ? link(group, group.trigger.says, others) : none
    case 'move-visit':
      return moveVisit(group)
    default:
      return none
  }
}

/** The numbers of MRG-1 are used no more: they are the person of PID-3. */
function merge(group: Group): Identity {
  const into = group.subject.local
  const priors = priorsIn(firstOf(group.segments, 'MRG'), group.context)
  const from = priors.filter((one) => !isSame(one, into) && !isGuess(one, into, group))
  if (from.length === 0) return conflict('MRG-1')
  return { statements: from.map((one) => ({ kind: 'merge', from: one, into })), quarantined: [] }
}

/** The first person of the message is linked with each of the others. */
function link(group: Group, kind: 'link' | 'unlink', others: readonly Group[]): Identity {
  const into = group.subject.local
  const from = others.map(({ subject }) => subject.local).filter((local) => !isSame(local, into))
  if (from.length === 0) return conflict('PID-3')
  return { statements: from.map((one) => ({ kind, from: one, into })), quarantined: [] }
}

function moveVisit(group: Group): Identity {
  const [from] = priorsIn(firstOf(group.segments, 'MRG'), group.context)
  const into = group.subject.local
  const visit = findPriorVisit(group.segments) ?? findVisit(group)
  if (!from || visit === undefined || isSame(from, into) || isGuess(from, into, group)) return conflict('MRG')
  return { statements: [{ kind: 'move-visit', from, into, visit }], quarantined: [] }
}

const isSame = (a: LocalIdentifier, b: LocalIdentifier): boolean =>
  a.system === b.system && a.value === b.value

/** An NHS number and a number of the trust's are not made one by saying so: whose the NHS number is, PDS knows. */
function isGuess(a: LocalIdentifier, b: LocalIdentifier, { context }: Group): boolean {
  const claimed = chesil.claimedNhsNumber(context.source.odsCode)
  return (a.system === claimed) !== (b.system === claimed)
}

const conflict = (expression: string): Identity => ({
  statements: [],
  quarantined: [
    { reason: 'identity-conflict', resourceType: 'Patient', sections: ['demographics'], expression }
  ]
})
