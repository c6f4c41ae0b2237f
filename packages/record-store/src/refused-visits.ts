import { createHash } from 'node:crypto'
import type { Sql } from './database.ts'
import type { MessageToTake } from './intake.ts'
import { column, lines } from './lines.ts'

/** `interface` of a row that stands for a denied stay of which something was kept before: see `readContributionsOfVisit`. */
export const deniedInterface = 'hl7v2-denied'

/** What is kept of a stay's number. @param number PV1-19.1 */
export const visitHashOf = (sourceId: string, number: string): string =>
  createHash('sha256').update(`${sourceId}\n${number.trim().toLowerCase()}`).digest('base64url')

/** What this transaction knows of denied stays, by source and hash. */
export interface DeniedVisits {
  readonly all: ReadonlySet<string>
  /** Of which something was kept already that has to be withdrawn. */
  readonly withContributions: ReadonlySet<string>
}

interface Visit {
  readonly sourceId: string
  readonly visitHash: string
}

const keyOf = ({ sourceId, visitHash }: Visit): string => `${sourceId}\n${visitHash}`

/** All stays a message tells of. */
const visitsOf = ({ sourceId, visitHash, otherVisitHashes = [] }: MessageToTake): readonly Visit[] =>
  visitHash === undefined
    ? []
    : [visitHash, ...otherVisitHashes].map((hash) => ({ sourceId, visitHash: hash }))

export const visitKeys = (message: MessageToTake): readonly string[] => visitsOf(message).map(keyOf)

const deniedOf = (message: MessageToTake): readonly Visit[] => {
  const { body, sourceId, visitHash, deniedVisitHashes } = message
  if (body !== undefined || visitHash === undefined) return []
  return (deniedVisitHashes ?? [visitHash]).map((hash) => ({ sourceId, visitHash: hash }))
}

/**
 * Remembers the stays of refused messages, and finds those refused before. What came of such a stay earlier and
 * was not refused then loses its bytes.
 */
export async function denyVisits(sql: Sql, messages: readonly MessageToTake[]): Promise<DeniedVisits> {
  const visits = messages.flatMap(visitsOf)
  const withContributions = new Set<string>()
  if (visits.length === 0) return { all: new Set(), withContributions }
  const denied = messages.flatMap(deniedOf)
  await lockSources(sql, visits, denied)
  for (const visit of denied) if (await refuseVisit(sql, visit)) withContributions.add(keyOf(visit))
  const rows = await sql.query<Visit>(
    `select source_id as "sourceId", visit_hash as "visitHash" from refused_visit
      where (source_id, visit_hash) in (select ${column('$1')}, ${column('$2')})`,
    [lines(visits.map(({ sourceId }) => sourceId)), lines(visits.map(({ visitHash }) => visitHash))]
  )
  return { all: new Set(rows.map(keyOf)), withContributions }
}

/**
 * Remembers stays that their source does not share, of which nothing was kept.
 *
 * @param hashes Of `visitHashOf`.
 */
export async function rememberRefusedVisits(
  sql: Sql,
  sourceId: string,
  hashes: readonly string[]
): Promise<void> {
  await sql.query(
    `insert into refused_visit (source_id, visit_hash) select $1, ${column('$2')} order by 2 on conflict do nothing`,
    [sourceId, lines([...new Set(hashes)])]
  )
}

/** @returns those of these stays that stand refused. */
export async function findRefusedVisits(
  sql: Sql,
  sourceId: string,
  hashes: readonly string[]
): Promise<ReadonlySet<string>> {
  const rows = await sql.query<{ hash: string }>(
    `select visit_hash as hash from refused_visit where source_id = $1 and visit_hash in (select ${column('$2')})`,
    [sourceId, lines(hashes)]
  )
  return new Set(rows.map(({ hash }) => hash))
}

/**
 * A stay must not be refused by one process while another takes a message of it: that one would be seen by neither.
 * Messages are taken side by side; a refusal has its source for itself.
 */
async function lockSources(sql: Sql, visits: readonly Visit[], denied: readonly Visit[]): Promise<void> {
  const refusing = new Set(denied.map(({ sourceId }) => sourceId))
  for (const sourceId of [...new Set(visits.map((visit) => visit.sourceId))].sort())
    await lockSource(sql, sourceId, refusing.has(sourceId) ? '' : '_shared')
}

const lockSource = async (sql: Sql, sourceId: string, how: '' | '_shared') =>
  await sql.query(`select pg_advisory_xact_lock${how}(hashtextextended($1, 0))`, [`intake ${sourceId}`])

/** SQL: messages of a source that tell of one of these stays. */
const tellsOf = (source: string, hashes: string) => `source_id = ${source} and (visit_hash = any (${hashes})
   or id in (select inbox_message_id from message_visit where source_id = ${source} and visit_hash = any (${hashes})))`

/**
 * What of the stay waits to be applied is not, unless its message tells of another stay, too.
 *
 * @returns whether something of the stay has to be withdrawn.
 */
async function refuseVisit(sql: Sql, { sourceId, visitHash }: Visit): Promise<boolean> {
  await sql.query(
    'insert into refused_visit (source_id, visit_hash) values ($1, $2) on conflict do nothing',
    [sourceId, visitHash]
  )
  const earlier = await sql.query<{ id: string }>(
    `update inbox_message set body = null, lease_until = null, reason = 'denied',
            state = case state when 'received' then 'refused' else state end,
            settled_at = coalesce(settled_at, now())
      where ${tellsOf('$1', '$2::text[]')} and body is not null returning id`,
    [sourceId, [visitHash]]
  )
  if (earlier.length === 0) return false
  // The statement above may have waited for a message to be mapped: what that made, only a later one sees.
  const ids = earlier.map(({ id }) => id)
  await sql.query(
    `update contribution set state = 'refused', reason = 'denied', settled_at = now(), lease_until = null, body = null
      where inbox_message_id = any ($1::uuid[]) and state in ('ready', 'dead')
        and not exists (select from message_visit other where other.inbox_message_id = contribution.inbox_message_id)`,
    [ids]
  )
  const [left] = await sql.query(
    `select from contribution where inbox_message_id = any ($1::uuid[]) and state <> 'refused' limit 1`,
    [ids]
  )
  return left !== undefined
}

/** What was mapped of a stay before it was found to be one that its source does not share. */
export interface ContributionOfVisit {
  readonly id: string
  readonly patientId: string
  readonly state: 'ready' | 'applied' | 'refused' | 'dead'
  /** Its message tells of other stays, too, which may be shared. */
  readonly isMixed: boolean
  /** ms since 1970, by the source's clock, which may be ahead of ours. */
  readonly sourceTime: number
  /** gzip of JSON; null once purged. */
  readonly body: Buffer | null
}

interface DeniedMessage {
  readonly id: string
  readonly sourceId: string
}

/** Hashes of the stays that a message tells of and that stand refused. */
export async function readRefusedVisits(
  sql: Sql,
  { id, sourceId }: DeniedMessage
): Promise<readonly string[]> {
  const rows = await sql.query<{ hash: string }>(
    `select visit_hash as hash from refused_visit
      where source_id = $2 and visit_hash in (
        select visit_hash from inbox_message where id = $1
        union select visit_hash from message_visit where inbox_message_id = $1)`,
    [id, sourceId]
  )
  return rows.map(({ hash }) => hash)
}

/**
 * All that messages of a refused stay were mapped to: every item they name has to be withdrawn, but the person's own,
 * and those of other stays.
 *
 * @param visitHashes Of `readRefusedVisits`.
 */
export async function readContributionsOfVisit(
  sql: Sql,
  { sourceId, visitHashes }: { readonly sourceId: string; readonly visitHashes: readonly string[] }
): Promise<readonly ContributionOfVisit[]> {
  return await sql.query<ContributionOfVisit>(
    `select id, patient_id as "patientId", state, source_time as "sourceTime", body,
            exists (select from message_visit v where v.inbox_message_id = contribution.inbox_message_id) as "isMixed"
       from contribution
      where state <> 'refused' and inbox_message_id in (select id from inbox_message
            where interface <> '${deniedInterface}' and ${tellsOf('$1', '$2::text[]')})
      order by created_at, id`,
    [sourceId, visitHashes]
  )
}

/** A stay that its source does not share, as far as it is known. */
export interface RefusedVisit extends Visit {
  /** ms since 1970 */
  readonly refusedAt: number
  /** Control ids of the messages that were refused with it, at most five: its source can say which stay it is. */
  readonly controlIds: readonly string[]
}

/** The latest first. @param sourceId Absent: of all sources. */
export async function listRefusedVisits(
  sql: Sql,
  { sourceId, limit }: { readonly sourceId?: string; readonly limit: number }
): Promise<readonly RefusedVisit[]> {
  return await sql.query<RefusedVisit>(
    `select source_id as "sourceId", visit_hash as "visitHash", refused_at as "refusedAt",
            array(select control_id from inbox_message m
                   where m.source_id = refused_visit.source_id and m.visit_hash = refused_visit.visit_hash
                     and reason = 'denied' and control_id is not null
                   order by received_at limit 5) as "controlIds"
       from refused_visit where $1::text is null or source_id = $1 order by refused_at desc limit $2`,
    [sourceId ?? null, limit]
  )
}

/**
 * A stay that was refused by mistake: what comes of it from now on is taken. What came before is gone, and taken if its
 * source sends it again: its keys are free. Runs in a transaction.
 *
 * @returns false when it was not refused.
 */
export async function releaseVisit(
  sql: Sql,
  { sourceId, visitHash, releasedBy }: Visit & { readonly releasedBy: string }
): Promise<boolean> {
  await lockSource(sql, sourceId, '')
  const released = await sql.query(
    `with gone as (
       delete from refused_visit where source_id = $1 and visit_hash = $2 returning source_id, visit_hash, refused_at)
     insert into visit_release (source_id, visit_hash, refused_at, released_by)
     select source_id, visit_hash, refused_at, $3 from gone returning visit_hash`,
    [sourceId, visitHash, releasedBy]
  )
  await sql.query(
    `update inbox_message set idempotency_key = idempotency_key || '/released ' || id
      where ${tellsOf('$1', '$2::text[]')} and reason = 'denied' and body is null`,
    [sourceId, [visitHash]]
  )
  return released.length > 0
}
