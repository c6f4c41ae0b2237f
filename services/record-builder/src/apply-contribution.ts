import { decideGate, type FoldInputItem, foldContribution, type SourceOrder } from '@chesil/care-record'
import type { Contribution, QuarantinedItem } from '@chesil/contracts'
import { OutcomeError } from '@chesil/fhir'
import {
  type ClaimedContribution,
  claimItems,
  closePullMessage,
  endTogether,
  type Hearer,
  hasStatus,
  type Ids,
  lockSurvivor,
  markApplied,
  nameItems,
  readFoldState,
  readGateFacts,
  readSpokenFor,
  refuseContribution,
  releaseItems,
  resourceIdOf,
  type Scope,
  type SectionToWrite,
  type ShownItem,
  type SpokenFor,
  type Sql,
  writeFoldChanges,
  writeMissingSections,
  writeQuarantine,
  writeSections,
  writeStatus,
  writeVersion
} from '@chesil/record-store'
import { type NamedEntry, nameEntries, toQuarantined } from './named-entries.ts'
import { withDegraded } from './section-statements.ts'

/**
 * Applies what a source said to the person's record, under the person's lock and once: fold it into what the
 * source said before, show what is new, withdraw what it no longer says, and move the person's version on if
 * anything changed. Nothing lands of somebody whose record was closed since; that PDS was last asked long ago
 * closes nothing, for nobody is served here. Runs in a transaction.
 *
 * @param now ms since 1970
 * @throws OutcomeError `conflict` when the contribution was applied meanwhile: the caller's transaction must end.
 */
export async function applyContribution(
  sql: Sql,
  claimed: ClaimedContribution,
  contribution: Contribution,
  { ids, now }: { readonly ids: Ids; readonly now: number }
): Promise<'applied' | 'refused'> {
  const person = await lockSurvivor(sql, claimed.patientId)
  if (decideGate(await readGateFacts(sql, person.id), now) === 'closed') {
    await refuseContribution(sql, claimed)
    return 'refused'
  }
  const scope = await scopeOf(sql, claimed, person.id)
  const order = orderOf(claimed)
  const meant = await readSpokenFor(sql, claimed.patientId, claimed.sourceTime)
  const entries = nameEntries(
    aboutSurvivor(contribution, claimed.patientId, person.id).entries,
    claimed.sourceId,
    ids
  )
  const held = await readFoldState(sql, scope, meant, (id) => entries.has(id))
  const unclaimed = [...entries.values()].filter(({ resourceId }) => !held.items.get(resourceId)?.present)
  const others = await claimItems(sql, scope, unclaimed)
  const refused = [...others].flatMap((id) => entries.get(id) ?? [])
  for (const { resourceId } of refused) entries.delete(resourceId)

  const changes = foldContribution(held, {
    order,
    completeSections: completeSections(contribution),
    items: new Map(
      [...entries].flatMap(([id, named]) => (named.entry.isUnchanged ? [] : [[id, toFoldItem(named)]]))
    ),
    withheld: new Set([
      ...contribution.quarantined.flatMap((item) => stillTheirs(item, claimed.sourceId)),
      ...[...entries].flatMap(([id, { entry }]) => (entry.isUnchanged ? id : []))
    ])
  })
  await writeFoldChanges(sql, scope, changes, entries, meant.persons)
  await writeStatements(sql, scope, order, { claimed, contribution, refused, meant }, ids)

  // Also what was claimed above for a statement that turned out to be an old one.
  const touched = new Set([...unclaimed.map(({ resourceId }) => resourceId), ...changes.items.keys()])
  const absent = [...touched].filter((id) => !(changes.items.get(id) ?? held.items.get(id))?.present)
  await releaseItems(sql, scope, absent)
  const withdrawn = await nameItems(
    sql,
    scope,
    absent.filter((id) => held.items.get(id)?.present)
  )
  const shown = [...changes.items].flatMap(([id, item]) => (item.present ? toShown(entries.get(id)) : []))
  const version =
    shown.length + withdrawn.length === 0
      ? person.version
      : await writeVersion(
          sql,
          { ...scope, cause: 'contribution', sourceTime: order.time, shown, withdrawn },
          ids
        )
  if (!(await markApplied(sql, claimed, version))) {
    throw new OutcomeError('conflict', 'The contribution was applied meanwhile')
  }
  await closePullMessage(sql, claimed, 'applied')
  return 'applied'
}

/** A delta speaks for what it names. */
const completeSections = ({ mode, sections }: Contribution): readonly string[] =>
  mode === 'delta' ? [] : sections.filter(({ complete }) => complete).map(({ section }) => section)

async function scopeOf(sql: Sql, claimed: ClaimedContribution, patientId: string): Promise<Scope> {
  const { sourceId, authority, expiresAt } = claimed
  const scope = { patientId, homePatientId: claimed.patientId, sourceId, authority }
  return expiresAt === null ? scope : { ...scope, expiresAt: await endTogether(sql, scope, expiresAt) }
}

/** What was mapped as about somebody merged since is shown as about whom they were merged into. */
function aboutSurvivor(contribution: Contribution, asked: string, survivor: string): Contribution {
  if (asked === survivor) return contribution
  return JSON.parse(
    JSON.stringify(contribution).replaceAll(`"Patient/${asked}"`, `"Patient/${survivor}"`)
  ) as Contribution
}

const orderOf = ({ sourceTime, sourceSequence, contentHash }: ClaimedContribution): SourceOrder => ({
  time: new Date(sourceTime).toISOString(),
  sequence: sourceSequence,
  hash: contentHash
})

/**
 * An item kept out though nothing says that it is somebody else's: its source still speaks of it, and what it
 * last said well stands (docs/adr/0011).
 */
function stillTheirs(
  { reason, resourceType, sourceResourceId }: QuarantinedItem,
  sourceId: string
): string[] {
  if (sourceResourceId === undefined || (reason !== 'invalid' && reason !== 'no-subject')) return []
  return [resourceIdOf(sourceId, resourceType, sourceResourceId)]
}

const toFoldItem = ({ entry, hash }: NamedEntry): FoldInputItem => ({
  sections: entry.sections,
  contentHash: hash,
  ...(entry.resource === undefined && { deleted: true })
})

function toShown(named: NamedEntry | undefined): ShownItem[] {
  const resource = named?.entry.resource
  return named && resource ? [{ resource, sections: named.entry.sections, hash: named.hash }] : []
}

/** What the source said of its sections, and which items were kept out, as far as nothing newer is known. */
async function writeStatements(
  sql: Sql,
  scope: Scope,
  order: SourceOrder,
  {
    claimed,
    contribution,
    refused,
    meant
  }: {
    readonly claimed: ClaimedContribution
    readonly contribution: Contribution
    readonly refused: readonly NamedEntry[]
    readonly meant: SpokenFor
  },
  ids: Ids
): Promise<void> {
  const statements = withDegraded(contribution)
  const asked = { ...scope, patientId: claimed.patientId }
  const standing = await writeSections(sql, asked, order, statements)
  await writeStatus(sql, asked, claimed.sourceTime, { ...meant.hearers[0], isBorrowed: false })
  const [, ...others] = meant.hearers
  for (const hearer of others) await tellHearer(sql, scope, order, hearer, statements)
  const items = [...contribution.quarantined, ...refused.map(toQuarantined)]
  const isStanding = ({ sections: [section = 'uncategorised'] }: QuarantinedItem) =>
    standing.includes(section)
  await writeQuarantine(
    sql,
    scope,
    {
      inboxMessageId: claimed.inboxMessageId,
      persons: meant.persons,
      sections: standing,
      items: contribution.mode === 'delta' ? items : items.filter(isStanding)
    },
    ids
  )
}

/**
 * Others than the person asked about who are to know: in whom that person is, and who is in them. A source that
 * was no source of somebody in them does not become one.
 */
async function tellHearer(
  sql: Sql,
  { sourceId, authority, expiresAt }: Scope,
  order: SourceOrder,
  { patientId, isAbove, isSpokenFor, isWhole }: Hearer,
  statements: readonly SectionToWrite[]
): Promise<void> {
  const scope = { patientId, sourceId, authority, ...(expiresAt !== undefined && { expiresAt }) }
  if (isSpokenFor) await writeSections(sql, scope, order, statements)
  else await writeMissingSections(sql, scope, order, statements)
  if (!isAbove && !(await hasStatus(sql, scope))) return
  await writeStatus(sql, scope, Date.parse(order.time), { isWhole, isBorrowed: true })
}
