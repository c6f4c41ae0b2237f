import { compareOrder, type OrderedEvent, type SourceOrder } from '@chesil/care-record'
import type { Contribution, MessagePart, QuarantinedItem } from '@chesil/contracts'
import { OutcomeError, type Resource } from '@chesil/fhir'
import {
  applyAwaiting,
  awaitItems,
  type ClaimedContribution,
  claimItems,
  coverParts,
  findOthersItems,
  findVisitMoves,
  type Ids,
  isTraced,
  type LockedPerson,
  lockSurvivor,
  markApplied,
  type NamedEvent,
  nameItems,
  purgeDocumentsOf,
  purgeWordings,
  quarantineItems,
  raiseRevision,
  readEvents,
  readHeldItems,
  refuseContribution,
  releaseItems,
  resourceIdOf,
  type Scope,
  type ShownItem,
  type Sql,
  saveEvents,
  type VersionToWrite,
  writeFoldChanges,
  writeMessageStatus,
  writeSections,
  writeVersion
} from '@chesil/record-store'
import { erasedItems } from './erased-items.ts'
import { foldMessage, type MessageToFold } from './fold-message.ts'
import { holdSubject, identifySubject } from './identify-subject.ts'
import { localPersonItem } from './local-person-item.ts'
import { type NamedEntry, nameEntries, toQuarantined } from './named-entries.ts'
import { withDegraded } from './section-statements.ts'
import { type PersonsShare, splitByVisit, visitsIn } from './split-by-visit.ts'

interface Context {
  readonly ids: Ids
}

/**
 * Applies what a message says about one person: decides who that is, and folds what it names into what its source
 * has said before. It speaks for what it names and for nothing else. Runs in a transaction.
 *
 * A message about somebody restricted lands, and is shown to nobody: it cannot be asked for again. One about somebody
 * who objects to the record is purged.
 *
 * @throws OutcomeError `conflict` when the contribution was applied meanwhile: the caller's transaction must end.
 */
export async function applyMessage(
  sql: Sql,
  claimed: ClaimedContribution,
  part: MessagePart,
  context: Context
): Promise<'applied' | 'refused' | 'quarantined'> {
  const order = orderOf(claimed)
  const { person: judged, facts } = await holdSubject(sql, claimed, part)
  const standing = await identifySubject(sql, claimed, part, { facts, order }, context.ids)
  if (standing.outcome === 'refused') {
    await refuseContribution(sql, claimed)
    const resourceIds = filesOf(part.contribution, claimed.sourceId)
    await purgeDocumentsOf(sql, { patientIds: [judged.id], resourceIds }, context.ids)
    return 'refused'
  }
  if (standing.outcome === 'quarantined') {
    const items = keptOut(part, standing.reason)
    await quarantineItems(sql, claimed, standing.hearers, items, context.ids)
    await settle(sql, claimed, 0)
    return 'quarantined'
  }
  const own = standing.hasMoved ? await lockSurvivor(sql, claimed.patientId) : judged
  let version = 0
  for (const share of await lockShares(sql, claimed, own, part.contribution, order)) {
    const { isVerified } = standing
    version = await applyShare(sql, { claimed, part, order, isVerified, ...share }, context)
  }
  await settle(sql, claimed, version)
  return 'applied'
}

/**
 * What the message says, by whose it is, with the persons locked. Moves are read under the lock: one that comes later
 * waits, and takes what lands here with it.
 */
async function lockShares(
  sql: Sql,
  { patientId: homePatientId, sourceId }: ClaimedContribution,
  own: LockedPerson,
  contribution: Contribution,
  order: SourceOrder
): Promise<readonly (PersonsShare & { readonly person: LockedPerson })[]> {
  const moves = await findVisitMoves(sql, visitsIn(contribution, sourceId), order)
  const locked = []
  for (const share of splitByVisit(contribution, { sourceId, homePatientId }, moves)) {
    const person = share.homePatientId === homePatientId ? own : await lockSurvivor(sql, share.homePatientId)
    locked.push({ ...share, person })
  }
  return locked
}

async function settle(sql: Sql, claimed: ClaimedContribution, version: number): Promise<void> {
  if (await markApplied(sql, claimed, version)) return
  throw new OutcomeError('conflict', 'The contribution was applied meanwhile')
}

const orderOf = ({ sourceTime, sourceSequence, contentHash }: ClaimedContribution): SourceOrder => ({
  time: new Date(sourceTime).toISOString(),
  sequence: sourceSequence,
  hash: contentHash
})

const filesOf = ({ entries }: Contribution, sourceId: string): readonly string[] =>
  entries
    .filter(({ resourceType }) => resourceType === 'Binary')
    .map(({ resourceType, sourceResourceId }) => resourceIdOf(sourceId, resourceType, sourceResourceId))

/**
 * A whole message that may be another person's: each of its items is counted where it would have stood, and so is
 * what it says of its sender's numbers, which is not followed.
 */
const keptOut = (
  { contribution: { entries, quarantined }, identity }: MessagePart,
  reason: QuarantinedItem['reason']
): readonly QuarantinedItem[] => [
  ...quarantined,
  ...entries.map(({ resourceType, sourceResourceId, sections }) => ({
    reason,
    resourceType,
    sourceResourceId,
    sections
  })),
  ...identity.map(() => ({ reason, resourceType: 'Patient', sections: ['demographics'] as const }))
]

interface Share {
  readonly claimed: ClaimedContribution
  readonly part: MessagePart
  readonly order: SourceOrder
  /** PDS had confirmed before who the message is about. */
  readonly isVerified: boolean
  /** The source's own patient, whose it is. */
  readonly homePatientId: string
  /** Whom that has become. */
  readonly person: LockedPerson
  readonly contribution: Contribution
}

/** @returns the person's version. */
async function applyShare(sql: Sql, share: Share, { ids }: Context): Promise<number> {
  const { claimed, contribution, homePatientId, order, part, person } = share
  const { sourceId, authority } = claimed
  const scope = { patientId: person.id, homePatientId, sourceId, authority }
  const entries = nameEntries(contribution.entries, sourceId, ids)
  const { wholeParts = [] } = contribution
  const message = { contributionId: claimed.id, order }
  const [held, events] = await Promise.all([
    readHeldItems(sql, scope, [...entries.keys()], partsOf(contribution)),
    eventsWith(sql, person.id, message, entries)
  ])
  const isHeld = (id: string) => held.items.get(id)?.present ?? false
  const folded = foldMessage(held, { order, entries, wholeParts, events }, ids.contentHash)

  const appearing = [...folded.items].filter(([id, { present }]) => present && !isHeld(id))
  const others = await claimItems(
    sql,
    scope,
    appearing.flatMap(([id]) => entries.get(id) ?? [])
  )
  const refused = [...others].flatMap((id) => entries.get(id) ?? [])
  const changes = { ...folded, items: new Map([...folded.items].filter(([id]) => !others.has(id))) }
  const told = eventsIn(entries).filter(
    ({ resourceId }) => !others.has(resourceId) && !isOver(events.get(resourceId), order)
  )
  await Promise.all([
    awaitItems(sql, claimed.id, [...others]),
    saveEvents(sql, person.id, message, told),
    writeFoldChanges(sql, scope, changes, entries),
    coverParts(sql, scope, order, [...changes.coverage.keys()]),
    writeMessageStatus(sql, scope, order.time),
    tellOfSections(sql, scope, order, contribution)
  ])

  const gone = [...changes.items].filter(([, { present }]) => !present).map(([id]) => id)
  const absent = gone.filter(isHeld)
  const withdrawn = await nameItems(sql, scope, absent)
  const shown = [...changes.items].flatMap(([id, { present, contentHash }]) => {
    const resource = changes.resources.get(id)
    return present && resource ? [toShown(resource, entries.get(id), contentHash, person.id)] : []
  })
  // Whoever PDS knows stands above the source's own patient.
  const isOwn = person.id === homePatientId
  const local =
    isOwn || (!share.isVerified && !(await isTraced(sql, person.id)))
      ? await localPersonItem(sql, person.id, { subject: part.subject, isOwn }, shown, ids)
      : []
  const said = { ...scope, sourceTime: order.time, shown: [...shown, ...local], withdrawn }
  const written = await writeChanges(sql, person, said, ids)
  const erased = erasedItems(new Map([...held.items, ...changes.items]), entries, wholeParts)
  await purgeWordings(sql, { patientId: person.id, sourceId, order }, erased, ids)
  // What was refused as another's may turn out to be over, too.
  await applyAwaiting(sql, gone)
  await releaseItems(sql, scope, absent)
  // What is over here, and another person still has, is over for them once the two are one.
  const over = [...entries.keys()].filter(
    (id) => !isHeld(id) && !changes.items.get(id)?.present && !others.has(id)
  )
  await awaitItems(sql, claimed.id, await findOthersItems(sql, person.id, over))
  const keptOut = [...contribution.quarantined, ...refused.map(toQuarantined)]
  await quarantineItems(sql, claimed, [person.id], keptOut, ids)
  return written
}

/** What the source says of its sections: of its own patient, and of whoever that has become. */
async function tellOfSections(
  sql: Sql,
  scope: Scope,
  order: SourceOrder,
  contribution: Contribution
): Promise<void> {
  const statements = withDegraded(contribution)
  for (const patientId of new Set([scope.homePatientId ?? scope.patientId, scope.patientId]))
    await writeSections(sql, { ...scope, patientId }, order, statements)
}

/** @returns the person's version: a new one where anything is shown otherwise. */
async function writeChanges(
  sql: Sql,
  person: LockedPerson,
  said: Omit<VersionToWrite, 'cause'>,
  ids: Ids
): Promise<number> {
  if (said.shown.length + said.withdrawn.length > 0)
    return await writeVersion(sql, { ...said, cause: 'contribution' }, ids)
  // What is said of the source has changed, though nothing of its items.
  await raiseRevision(sql, [person.id])
  return person.version
}

const partsOf = ({ entries, wholeParts = [] }: Contribution): readonly string[] => [
  ...new Set([...wholeParts, ...entries.flatMap(({ part }) => part ?? [])])
]

const eventsIn = (entries: ReadonlyMap<string, NamedEntry>): readonly NamedEvent[] =>
  [...entries].flatMap(([resourceId, { entry }]) => (entry.event ? [{ resourceId, event: entry.event }] : []))

/** The item was deleted after what is said now: nothing will come of it, and nobody needs to keep it. */
const isOver = (events: readonly OrderedEvent[] = [], order: SourceOrder): boolean =>
  events.some(({ event, order: at }) => event.deletes && compareOrder(at, order) > 0)

/** All that was told of the items that many messages tell of, with what this one tells. */
async function eventsWith(
  sql: Sql,
  patientId: string,
  { contributionId, order }: { readonly contributionId: string; readonly order: SourceOrder },
  entries: ReadonlyMap<string, NamedEntry>
): Promise<MessageToFold['events']> {
  const told = eventsIn(entries)
  const before = await readEvents(
    sql,
    patientId,
    told.map(({ resourceId }) => resourceId),
    contributionId
  )
  return new Map(
    told.map(({ resourceId, event }) => [resourceId, [...(before.get(resourceId) ?? []), { order, event }]])
  )
}

/** As about whom the person has become. */
function toShown(
  resource: Resource,
  named: NamedEntry | undefined,
  hash: string,
  patientId: string
): ShownItem {
  const text = JSON.stringify(resource).replaceAll(anyPatient, `"Patient/${patientId}"`)
  return { resource: JSON.parse(text) as Resource, sections: named?.entry.sections ?? [], hash }
}

/** A message's items refer to no other person than the one it is about. */
const anyPatient = /"Patient\/[0-9a-f-]{36}"/g
