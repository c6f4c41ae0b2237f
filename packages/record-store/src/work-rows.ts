import { mapAcuteJob, mapGpJob, mapSocialCareJob } from '@chesil/contracts'
import type { Sql } from './database.ts'
import { systemIds } from './ids.ts'
import { quarantineItems, writeMessageStatus } from './message-status.ts'
import { closePullMessage, type FreePlaces } from './pulls.ts'
import { holdSurvivor } from './spoken-for.ts'
import { raiseRevision } from './view-writing.ts'

export type Relation = 'inbox_message' | 'contribution'

/** Which messages each adapter maps: by the beginning of their interface; the acute adapter the others. As the indexes have it. */
const isOfPractice = `interface like 'gp-connect-%'`
const isOfSocialCare = `interface like 'social-care-%'`

/** SQL: the queue on which a row of `inbox_message` is mapped. */
export const mapQueueSql = `case when ${isOfPractice} then '${mapGpJob.queue}'
  when ${isOfSocialCare} then '${mapSocialCareJob.queue}' else '${mapAcuteJob.queue}' end`

/** The same of an interface in hand. */
export function mapQueueOf(messageInterface: string): string {
  if (messageInterface.startsWith('gp-connect-')) return mapGpJob.queue
  return (messageInterface.startsWith('social-care-') ? mapSocialCareJob : mapAcuteJob).queue
}

/** SQL: a row of `inbox_message` that waits to be mapped. */
const toMap = `from inbox_message where state = 'received' and companion_of is null`

const waiting = {
  contribution: `from contribution where state = 'ready' and created_at`,
  'gp-message': `${toMap} and ${isOfPractice} and received_at`,
  'acute-message': `${toMap} and not ${isOfPractice} and not ${isOfSocialCare} and received_at`,
  'social-care-message': `${toMap} and ${isOfSocialCare} and received_at`
} as const

/** Rows that lie in Postgres for anybody of their kind of worker to take. */
export async function findWaitingRows(
  sql: Sql,
  kind: keyof typeof waiting,
  { minAgeMs, places }: { readonly minAgeMs: number; readonly places: readonly FreePlaces[] }
): Promise<readonly { readonly rowId: string }[]> {
  const since = kind === 'contribution' ? 'created_at' : 'received_at'
  return await sql.query(
    `select id as "rowId" ${waiting[kind]} <= now() - $1 * interval '1 millisecond'
        and (lease_until is null or lease_until < now())
      order by ${since} limit $2`,
    [minAgeMs, places[0]?.free ?? 0]
  )
}

/** A row in hand, as far as failing it needs. */
export interface Claimed {
  readonly id: string
  readonly sourceId: string
  readonly authority: string
  readonly pullId: string | null
  /** Null for a message that came unasked. */
  readonly patientId: string | null
  readonly attempt: number
  /** ms since 1970 */
  readonly expiresAt: number | null
}

/**
 * SQL for a claim: `with ${notAwaited} update … from not_awaited`. A lease that a crash forgets is a lease less: the disk
 * need not be waited for.
 */
export const notAwaited = `not_awaited as materialized (select set_config('synchronous_commit', 'off', true))`

/** How often a row may kill or fail its worker, and nothing of it be done, before it is set aside. */
export const maxAttempts = 5

/** SQL: attempts of a row since part of the work on it was last done. */
export const attemptsInVain: Readonly<Record<Relation, string>> = {
  inbox_message: 'attempt - progress_attempt',
  contribution: 'attempt'
}

/**
 * What becomes of a row whose work failed: it waits for its next attempt, or is set aside as a dead letter
 * with its reason. Either way it stays. The reader is told, but of a message that came unasked and died before it
 * was mapped: nobody knows whom it is about, so only operators can be (`listMessages`). A row that another worker took
 * up since is that worker's to fail.
 *
 * @param reason A constant phrase or a code; never patient data.
 */
export async function failRow(
  sql: Sql,
  relation: Relation,
  row: Claimed,
  failure: { readonly reason: string; readonly retryable: boolean }
): Promise<'retried' | 'dead'> {
  const inVain = failure.retryable ? await countAttemptsInVain(sql, relation, row) : maxAttempts
  if (inVain < maxAttempts) {
    const backoffMs = Math.min(1_000 * 2 ** inVain, 60_000)
    await sql.query(
      `update ${relation} set lease_until = now() + $2 * interval '1 millisecond', reason = $3
        where id = $1 and state in ('received', 'ready') and attempt = $4`,
      [row.id, backoffMs, failure.reason, row.attempt]
    )
    return 'retried'
  }
  const [dead] = await sql.query<{ id: string }>(
    `update ${relation} set state = 'dead', reason = $2, settled_at = now(), lease_until = null
      where id = $1 and state in ('received', 'ready') and attempt = $3 returning id`,
    [row.id, failure.reason, row.attempt]
  )
  if (dead && relation === 'inbox_message') await buryCompanions(sql, row.id, failure.reason)
  const { patientId } = row
  if (dead && patientId !== null) {
    await closePullMessage(sql, { ...row, patientId }, 'failed', 'dead-letter')
    if (row.pullId === null) await tellOfDeadPart(sql, { ...row, patientId })
    await raiseRevision(sql, [patientId])
  }
  return 'dead'
}

/** Of a message about thousands part may have been done since it was taken up. */
async function countAttemptsInVain(sql: Sql, relation: Relation, { id, attempt }: Claimed): Promise<number> {
  if (relation === 'contribution') return attempt
  const [row] = await sql.query<{ inVain: number }>(
    'select $2 - progress_attempt as "inVain" from inbox_message where id = $1',
    [id, attempt]
  )
  return row?.inVain ?? attempt
}

/** No pull is there to fail: whoever reads of the person is told that a message is not in what they read. */
async function tellOfDeadPart(sql: Sql, row: Claimed & { readonly patientId: string }): Promise<void> {
  const [message] = await sql.query<{ id: string; event: string | null; sourceTime: number }>(
    `select m.id, m.event, c.source_time as "sourceTime"
       from contribution c join inbox_message m on m.id = c.inbox_message_id where c.id = $1`,
    [row.id]
  )
  if (!message) return
  const { sourceId, authority } = row
  const survivor = await holdSurvivor(sql, row.patientId)
  const item = {
    reason: 'unprocessed-message',
    resourceType: 'MessageHeader',
    sections: ['uncategorised'],
    expression: message.event ?? 'MSH-9'
  } as const
  await quarantineItems(
    sql,
    { inboxMessageId: message.id, sourceId, authority },
    [survivor],
    [item],
    systemIds
  )
  const asAt = new Date(message.sourceTime).toISOString()
  await writeMessageStatus(sql, { homePatientId: row.patientId, sourceId, authority }, asAt)
}

async function buryCompanions(sql: Sql, messageId: string, reason: string): Promise<void> {
  await sql.query(
    `update inbox_message set state = 'dead', reason = $2, settled_at = now()
      where companion_of = $1 and state = 'received'`,
    [messageId, reason]
  )
}
