import type { SourceOrder } from '@chesil/care-record'
import type { Contribution, MessagePart, QuarantinedItem } from '@chesil/contracts'
import { OutcomeError, type Resource } from '@chesil/fhir'
import {
  type ClaimedContribution,
  claimItems,
  coverParts,
  type Ids,
  lockSurvivor,
  markApplied,
  nameItems,
  quarantineItems,
  raiseRevision,
  readEvents,
  readHeldItems,
  refuseContribution,
  releaseItems,
  type Scope,
  type ShownItem,
  type Sql,
  saveEvents,
  writeFoldChanges,
  writeMessageStatus,
  writeVersion
} from '@chesil/record-store'
import { foldMessage, type MessageToFold } from './fold-message.ts'
import { identifySubject } from './identify-subject.ts'
import { localPersonItem } from './local-person-item.ts'
import { type NamedEntry, nameEntries, toQuarantined } from './named-entries.ts'
import { splitByVisit } from './split-by-visit.ts'

interface Context {
  readonly ids: Ids
  /** ms since 1970 */
  readonly now: number
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
  const standing = await identifySubject(sql, claimed, part, order, context.ids)
  if (standing.outcome === 'refused') {
    await refuseContribution(sql, claimed)
    return 'refused'
  }
  if (standing.outcome === 'quarantined') {
    const items = keptOut(part.contribution, standing.reason)
    await quarantineItems(sql, claimed, standing.hearers, items, context.ids)
    await settle(sql, claimed, 0)
    return 'quarantined'
  }
  let version = 0
  for (const share of await splitByVisit(sql, claimed, part, order)) {
    version = await applyShare(sql, { claimed, part, order, ...share }, context)
  }
  await settle(sql, claimed, version)
  return 'applied'
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

/** A whole message that may be another person's: each of its items is counted where it would have stood. */
const keptOut = (
  { entries, quarantined }: Contribution,
  reason: QuarantinedItem['reason']
): readonly QuarantinedItem[] => [
  ...quarantined,
  ...entries.map(({ resourceType, sourceResourceId, sections }) => ({
    reason,
    resourceType,
    sourceResourceId,
    sections
  }))
]

interface Share {
  readonly claimed: ClaimedContribution
  readonly part: MessagePart
  readonly order: SourceOrder
  /** The source's own patient, whose it is. */
  readonly homePatientId: string
  readonly contribution: Contribution
}

/** @returns the person's version. */
async function applyShare(sql: Sql, share: Share, { ids, now }: Context): Promise<number> {
  const { claimed, contribution, homePatientId, order, part } = share
  const { sourceId, authority } = claimed
  const person = await lockSurvivor(sql, homePatientId)
  const scope = { patientId: person.id, homePatientId, sourceId, authority }
  const entries = nameEntries(contribution.entries, sourceId, ids)
  const { wholeParts = [] } = contribution
  const held = await readHeldItems(sql, scope, [...entries.keys()], partsOf(contribution))
  const isHeld = (id: string) => held.items.get(id)?.present ?? false
  const unclaimed = [...entries.values()].filter(({ resourceId }) => !isHeld(resourceId))
  const others = await claimItems(sql, scope, unclaimed)
  const refused = [...others].flatMap((id) => entries.get(id) ?? [])
  for (const { resourceId } of refused) entries.delete(resourceId)

  const events = await tell(sql, scope, { contributionId: claimed.id, order }, entries)
  const changes = foldMessage(held, { order, entries, wholeParts, events }, ids.contentHash)
  await writeFoldChanges(sql, scope, changes, entries)
  await coverParts(sql, scope, order, [...changes.coverage.keys()])

  const touched = new Set([...unclaimed.map(({ resourceId }) => resourceId), ...changes.items.keys()])
  const absent = [...touched].filter((id) => !(changes.items.get(id) ?? held.items.get(id))?.present)
  await releaseItems(sql, scope, absent)
  const withdrawn = await nameItems(sql, scope, absent.filter(isHeld))
  const shown = [...changes.items].flatMap(([id, { present, contentHash }]) => {
    const resource = changes.resources.get(id)
    return present && resource ? [toShown(resource, entries.get(id), contentHash, person.id)] : []
  })
  // Whoever PDS knows stands above the source's own patient.
  const isLocal = person.id === homePatientId
  const local = isLocal ? await localPersonItem(sql, person.id, part.subject, shown, ids) : []
  await quarantineItems(
    sql,
    claimed,
    [person.id],
    [...contribution.quarantined, ...refused.map(toQuarantined)],
    ids
  )
  await writeMessageStatus(sql, scope, order.time)
  if (shown.length + withdrawn.length + local.length === 0) {
    // What is said of the source has changed, though nothing of its items.
    await raiseRevision(sql, [person.id])
    return person.version
  }
  const version = { ...scope, cause: 'contribution', at: now, shown: [...shown, ...local], withdrawn }
  return await writeVersion(sql, version, ids)
}

const partsOf = ({ entries, wholeParts = [] }: Contribution): readonly string[] => [
  ...new Set([...wholeParts, ...entries.flatMap(({ part }) => part ?? [])])
]

/** Keeps what this message tells of items that many messages tell of. @returns all that was told of them. */
async function tell(
  sql: Sql,
  { patientId }: Scope,
  message: { readonly contributionId: string; readonly order: SourceOrder },
  entries: ReadonlyMap<string, NamedEntry>
): Promise<MessageToFold['events']> {
  const told = [...entries].flatMap(([resourceId, { entry }]) =>
    entry.event ? [{ resourceId, event: entry.event }] : []
  )
  await saveEvents(sql, patientId, message, told)
  return await readEvents(
    sql,
    patientId,
    told.map(({ resourceId }) => resourceId)
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
