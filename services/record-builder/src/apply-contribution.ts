import { type FoldInputItem, foldContribution, type SourceOrder } from '@chesil/care-record'
import { type Contribution, type ContributionEntry, itemTags, type QuarantinedItem } from '@chesil/contracts'
import { chesil, OutcomeError } from '@chesil/fhir'
import {
  type ClaimedContribution,
  claimItems,
  closePullMessage,
  type Ids,
  type ItemName,
  lockPersons,
  markApplied,
  readFoldState,
  releaseItems,
  resourceIdOf,
  type Scope,
  type ShownItem,
  type Sql,
  writeFoldChanges,
  writeQuarantine,
  writeSections,
  writeStatus,
  writeVersion
} from '@chesil/record-store'

/** An entry of a contribution under Chesil's name for it. */
interface NamedEntry extends ItemName {
  readonly entry: ContributionEntry
  /** Of its content; `deleted` for a deletion. */
  readonly hash: string
}

/**
 * Applies what a source said to the person's record, under the person's lock and once: fold it into what the
 * source said before, show what is new, withdraw what it no longer says, and move the person's version on if
 * anything changed. Runs in a transaction.
 *
 * @param now ms since 1970
 * @throws OutcomeError `conflict` when the contribution was applied meanwhile: the caller's transaction must end.
 */
export async function applyContribution(
  sql: Sql,
  claimed: ClaimedContribution,
  contribution: Contribution,
  { ids, now }: { readonly ids: Ids; readonly now: number }
): Promise<void> {
  const person = await lockSurvivor(sql, claimed.patientId)
  const scope: Scope = {
    patientId: person.id,
    sourceId: claimed.sourceId,
    authority: claimed.authority,
    ...(claimed.expiresAt !== null && { expiresAt: claimed.expiresAt })
  }
  const order = orderOf(claimed)
  const held = await readFoldState(sql, scope)
  const entries = nameEntries(contribution, claimed.sourceId, ids)
  const unclaimed = [...entries.values()].filter(({ resourceId }) => !held.items.get(resourceId)?.present)
  const others = await claimItems(sql, scope, unclaimed)
  const refused = [...others].flatMap((id) => entries.get(id) ?? [])
  for (const { resourceId } of refused) entries.delete(resourceId)

  const changes = foldContribution(held, {
    mode: contribution.mode,
    order,
    completeSections: contribution.sections.filter(({ complete }) => complete).map(({ section }) => section),
    items: new Map([...entries].map(([id, named]) => [id, toFoldItem(named)]))
  })
  await writeFoldChanges(sql, scope, changes, entries)
  await writeStatements(sql, scope, order, { claimed, contribution, refused }, ids)

  const withdrawnIds = [...changes.items].filter(([id, item]) => !item.present && held.items.get(id)?.present)
  const withdrawn = await releaseItems(
    sql,
    scope,
    withdrawnIds.map(([id]) => id)
  )
  const shown = [...changes.items].flatMap(([id, item]) => (item.present ? toShown(entries.get(id)) : []))
  const version =
    shown.length + withdrawn.length === 0
      ? person.version
      : await writeVersion(sql, { ...scope, cause: 'contribution', at: now, shown, withdrawn }, ids)
  if (!(await markApplied(sql, claimed, version))) {
    throw new OutcomeError('conflict', 'The contribution was applied meanwhile')
  }
  await closePullMessage(sql, { ...claimed, patientId: person.id }, 'applied')
}

/** Locks the person, or whoever they were merged into by the time the lock is ours. */
async function lockSurvivor(sql: Sql, patientId: string) {
  for (let id = patientId; ; ) {
    const [person] = await lockPersons(sql, [id])
    if (!person) throw new OutcomeError('notFound', 'The person of a contribution is gone')
    if (person.mergedInto === null) return person
    id = person.mergedInto
  }
}

const orderOf = ({ sourceTime, sourceSequence, contentHash }: ClaimedContribution): SourceOrder => ({
  time: new Date(sourceTime).toISOString(),
  sequence: sourceSequence,
  hash: contentHash
})

function nameEntries(contribution: Contribution, sourceId: string, ids: Ids): Map<string, NamedEntry> {
  const named = new Map<string, NamedEntry>()
  for (const entry of contribution.entries) {
    const { resourceType, sourceResourceId, resource } = entry
    const resourceId = resourceIdOf(sourceId, resourceType, sourceResourceId)
    const hash = resource ? ids.contentHash(JSON.stringify(resource)) : 'deleted'
    named.set(resourceId, { resourceId, resourceType, sourceResourceId, entry, hash })
  }
  return named
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
    refused
  }: {
    readonly claimed: ClaimedContribution
    readonly contribution: Contribution
    readonly refused: readonly NamedEntry[]
  },
  ids: Ids
): Promise<void> {
  const degraded = Map.groupBy(contribution.entries.filter(isDegraded), ({ sections }) => sections[0])
  const standing = await writeSections(
    sql,
    scope,
    order,
    contribution.sections.map((statement) => ({
      ...statement,
      degraded: degraded.get(statement.section)?.length ?? 0
    }))
  )
  await writeStatus(sql, scope, claimed.sourceTime)
  const items = [...contribution.quarantined, ...refused.map(toQuarantined)]
  const isStanding = ({ sections: [section = 'uncategorised'] }: QuarantinedItem) =>
    standing.includes(section)
  await writeQuarantine(
    sql,
    scope,
    {
      inboxMessageId: claimed.inboxMessageId,
      sections: standing,
      items: contribution.mode === 'delta' ? items : items.filter(isStanding)
    },
    ids
  )
}

const isDegraded = ({ resource }: ContributionEntry): boolean =>
  resource?.meta?.tag?.some(
    ({ system, code }) => system === chesil.itemTag && code === itemTags.degraded.code
  ) ?? false

const toQuarantined = ({ entry }: NamedEntry): QuarantinedItem => ({
  reason: 'owned-by-another-person',
  resourceType: entry.resourceType,
  sourceResourceId: entry.sourceResourceId,
  sections: entry.sections
})
