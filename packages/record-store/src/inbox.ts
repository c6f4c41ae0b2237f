import { applyJob, type RefusalReason, type Section } from '@chesil/contracts'
import type { Sql } from './database.ts'
import { announce } from './outbox.ts'
import { closePullMessage } from './pulls.ts'
import { readSpokenFor } from './spoken-for.ts'
import { mapQueueOf, notAwaited } from './work-rows.ts'

/** What a source answered, as it came. */
export interface MessageToReceive {
  readonly id: string
  readonly interface: string
  /** gzip */
  readonly body: Uint8Array
  readonly bodyHash: string
}

export interface AnsweredPull {
  readonly pullId: string
  readonly patientId: string
  readonly sourceId: string
  readonly authority: string
  /** Of the worker that asked: once another took the pull up, its answer is the one that counts. */
  readonly attempt: number
  /** ms since 1970: when the request began. */
  readonly sourceTime: number
  readonly expiresAt: number | null
  /** All answers to one question: the first leads, the others are mapped with it as one contribution. */
  readonly messages: readonly [MessageToReceive, ...MessageToReceive[]]
  /** Sections whose own request failed, though the source answered otherwise. */
  readonly failedSections: readonly Section[]
}

/** Keeps what a pull brought and announces it for mapping, all in the caller's transaction. */
export async function receiveAnswer(sql: Sql, answer: AnsweredPull): Promise<void> {
  const expiresAt = answer.expiresAt === null ? null : new Date(answer.expiresAt)
  const sourceTime = new Date(answer.sourceTime)
  const [claimed] = await sql.query<{ id: string }>(
    `update pull set state = 'answered', open_messages = 1, lease_until = null
      where id = $1 and state = 'asking' and attempt = $2 returning id`,
    [answer.pullId, answer.attempt]
  )
  if (!claimed) return // somebody else has ended or taken up this pull meanwhile
  const [leading] = answer.messages
  for (const message of answer.messages) {
    await sql.query(
      `insert into inbox_message (id, source_id, interface, authority, idempotency_key, pull_id, companion_of,
                                  patient_id, source_time, body, body_hash, expires_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
      [
        message.id,
        answer.sourceId,
        message.interface,
        answer.authority,
        `${answer.pullId}/${message.interface}`,
        answer.pullId,
        message === leading ? null : leading.id,
        answer.patientId,
        sourceTime,
        message.body,
        message.bodyHash,
        expiresAt
      ]
    )
  }
  await announce(sql, [{ queue: mapQueueOf(leading.interface), rowId: leading.id, attempt: 0 }])
  for (const section of answer.failedSections) await writeFailedSection(sql, answer, section)
}

/** For whom was asked about, and whoever they have been merged into since. */
async function writeFailedSection(sql: Sql, answer: AnsweredPull, section: Section): Promise<void> {
  const { hearers } = await readSpokenFor(sql, answer.patientId, answer.sourceTime)
  for (const { patientId } of hearers.filter(({ isAbove }) => isAbove)) {
    await sql.query(
      `insert into source_section (patient_id, source_id, authority, section, state, stated_time, stated_sequence,
                                   stated_hash, expires_at)
       values ($1, $2, $3, $4, 'failed', $5, 0, '', $6)
       on conflict (patient_id, source_id, authority, section) do update set
         state = excluded.state, stated_time = excluded.stated_time, stated_sequence = 0, stated_hash = '',
         expires_at = excluded.expires_at
       where source_section.stated_time <= excluded.stated_time`,
      [
        patientId,
        answer.sourceId,
        answer.authority,
        section,
        new Date(answer.sourceTime),
        answer.expiresAt === null ? null : new Date(answer.expiresAt)
      ]
    )
  }
}

/** A message in hand. */
export interface ClaimedMessage {
  readonly id: string
  readonly sourceId: string
  readonly interface: string
  readonly authority: string
  readonly pullId: string | null
  /** Who was asked about, wherever they have been merged to since; null for a message that came unasked. */
  readonly patientId: string | null
  /** For a message that came unasked: when it was received. */
  readonly sourceTime: number
  readonly sourceSequence: number
  readonly attempt: number
  /** Attempts, with this one, since part of the work was last done. */
  readonly attemptsInVain: number
  readonly expiresAt: number | null
  /** gzip; null once purged. */
  readonly body: Buffer | null
  /** What the body is decoded by, where it is neither JSON nor XML. */
  readonly characterSet: string | null
  /** Of the stay an HL7 v2 message belongs to, see `readContributionsOfVisit`. */
  readonly visitHash: string | null
}

/** A message that came because somebody was asked about. */
export type ClaimedAnswer = ClaimedMessage & { readonly patientId: string }

export const isAnswer = (message: ClaimedMessage): message is ClaimedAnswer => message.patientId !== null

/** Takes a received message in hand for `leaseMs`, or nothing when there is nothing left to do. */
export async function claimMessage(
  sql: Sql,
  id: string,
  leaseMs: number
): Promise<ClaimedMessage | undefined> {
  const [row] = await sql.query<ClaimedMessage>(
    `with ${notAwaited}
     update inbox_message set attempt = attempt + 1, lease_until = now() + $2 * interval '1 millisecond'
       from not_awaited where id = $1 and state = 'received' and companion_of is null and (lease_until is null or lease_until < now())
      returning id, source_id as "sourceId", interface, authority, pull_id as "pullId",
                patient_id as "patientId",
                source_time as "sourceTime", source_sequence as "sourceSequence", attempt,
                attempt - progress_attempt as "attemptsInVain", expires_at as "expiresAt", body, character_set as "characterSet", visit_hash as "visitHash"`,
    [id, leaseMs]
  )
  return row
}

/** An answer that came with the leading message of a pull. */
export interface CompanionMessage {
  readonly interface: string
  /** gzip; null once purged. */
  readonly body: Buffer | null
}

export async function readCompanions(sql: Sql, messageId: string): Promise<readonly CompanionMessage[]> {
  return await sql.query<CompanionMessage>(
    'select interface, body from inbox_message where companion_of = $1 order by interface',
    [messageId]
  )
}

/**
 * Keeps what a message was mapped to and announces it for applying. Runs in a transaction.
 *
 * @returns false when somebody else has settled the message meanwhile: nothing is kept twice.
 */
export async function settleMapped(
  sql: Sql,
  message: ClaimedAnswer,
  mapped: { readonly contributionId: string; readonly body: Uint8Array; readonly contentHash: string }
): Promise<boolean> {
  if (!(await settle(sql, message.id, 'mapped', undefined))) return false
  await sql.query(
    `insert into contribution (id, inbox_message_id, source_id, authority, pull_id, patient_id, source_time,
                               source_sequence, content_hash, body, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      mapped.contributionId,
      message.id,
      message.sourceId,
      message.authority,
      message.pullId,
      message.patientId,
      new Date(message.sourceTime),
      message.sourceSequence,
      mapped.contentHash,
      mapped.body,
      message.expiresAt === null ? null : new Date(message.expiresAt)
    ]
  )
  await announce(sql, [{ queue: applyJob.queue, rowId: mapped.contributionId, attempt: 0 }])
  return true
}

/**
 * Why an answer may not be kept at all: the person's record was closed since it was asked for; or it was asked
 * for to be kept, of a source whose answers are for one session only by now.
 */
export type Forbidden = 'person-gate' | 'retention-rule'

/**
 * Ends a message that must not be used: it is about somebody else, or not a record. It is kept as evidence,
 * unless it is forbidden. Runs in a transaction.
 */
export async function settleRefused(
  sql: Sql,
  message: ClaimedMessage,
  reason: RefusalReason | Forbidden
): Promise<void> {
  if (!(await settle(sql, message.id, 'refused', reason))) return
  if (reason === 'person-gate' || reason === 'retention-rule') await dropBodies(sql, message.id)
  if (isAnswer(message)) await closePullMessage(sql, message, 'refused-answer', reason)
}

/** @param messageId Of a leading message: its companions lose theirs too. */
export async function dropBodies(sql: Sql, messageId: string): Promise<void> {
  await sql.query('update inbox_message set body = null where id = $1 or companion_of = $1', [messageId])
}

/** Companions share the fate of their leading message, which alone says whether there is anything to settle. */
export async function settle(sql: Sql, id: string, state: 'mapped' | 'refused', reason: string | undefined) {
  const settled = await sql.query<{ id: string }>(
    `with settled as (
       update inbox_message set state = $2, reason = $3, settled_at = now(), lease_until = null
        where id = $1 and state = 'received' returning id),
     companions as (
       update inbox_message set state = $2, reason = $3, settled_at = now()
        where companion_of in (select id from settled) and state = 'received')
     select id from settled`,
    [id, state, reason ?? null]
  )
  return settled.length > 0
}
