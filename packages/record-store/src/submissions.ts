import { mapSocialCareJob } from '@chesil/contracts'
import type { Sql } from './database.ts'
import { column, lines } from './lines.ts'
import { announce } from './outbox.ts'

/** `interface` of the message that stands for a file of Client Level Data: its bytes lie in `submission_chunk`. */
export const submissionInterface = 'social-care-cld'

/** ISO dates; both days are in it. */
export interface SubmissionPeriod {
  readonly start: string
  readonly end: string
}

/** A row of a file, once it is read. */
export interface RowToStage {
  /** By what the council knows the person. */
  readonly personKey: string
  readonly line: number
  readonly period: SubmissionPeriod
  /** JSON */
  readonly body: string
}

/**
 * A place for the rows of a file until its end is reached, for nothing is kept of a file that breaks off. It goes with
 * the transaction.
 */
export async function openStaging(sql: Sql): Promise<void> {
  await sql.query(
    `create temporary table staged_row (
       person_key text not null, line integer not null, period_start text not null, period_end text not null,
       body text not null) on commit drop`
  )
}

export async function stageRows(sql: Sql, rows: readonly RowToStage[]): Promise<void> {
  if (rows.length === 0) return
  await sql.query(
    `insert into staged_row (person_key, line, period_start, period_end, body)
     select ${column('$1')}, ${column('$2', 'integer')}, ${column('$3')}, ${column('$4')}, ${column('$5')}`,
    [
      lines(rows.map(({ personKey }) => personKey)),
      lines(rows.map(({ line }) => line)),
      lines(rows.map(({ period }) => period.start)),
      lines(rows.map(({ period }) => period.end)),
      lines(rows.map(({ body }) => body))
    ]
  )
}

/** Keeps a piece of the file as it came. */
export async function saveChunk(
  sql: Sql,
  chunk: { readonly submissionId: string; readonly number: number; readonly bytes: Uint8Array }
): Promise<void> {
  await sql.query('insert into submission_chunk (submission_id, number, bytes) values ($1, $2, $3)', [
    chunk.submissionId,
    chunk.number,
    chunk.bytes
  ])
}

/** The period that most rows name; of two with as many the later. Nothing where no row is staged. */
export async function findPeriod(sql: Sql): Promise<SubmissionPeriod | undefined> {
  const [period] = await sql.query<SubmissionPeriod>(
    `select period_start as start, period_end as "end" from staged_row
      group by 1, 2 order by count(*) desc, 2 desc, 1 desc limit 1`
  )
  return period
}

/** Rows that were taken out. */
export interface DroppedRows {
  readonly rows: number
  /** Of the first of them, at most as many as were asked for. */
  readonly lines: readonly number[]
}

/** Takes out rows of other periods. */
export async function dropOtherPeriods(
  sql: Sql,
  { start, end }: SubmissionPeriod,
  mostLines: number
): Promise<DroppedRows> {
  return await drop(sql, '(period_start, period_end) <> ($2, $3)', [mostLines, start, end])
}

/** Takes out all rows of whoever has more of them, or longer ones. */
export async function dropCrowds(
  sql: Sql,
  most: { readonly rows: number; readonly bytes: number },
  mostLines: number
): Promise<DroppedRows> {
  const crowds = `select person_key from staged_row group by person_key
                   having count(*) > $2 or sum(octet_length(body)) > $3`
  return await drop(sql, `person_key in (${crowds})`, [mostLines, most.rows, most.bytes])
}

async function drop(sql: Sql, which: string, values: readonly unknown[]): Promise<DroppedRows> {
  const [dropped] = await sql.query<DroppedRows>(
    `with dropped as (delete from staged_row where ${which} returning line)
     select (select count(*) from dropped) as rows,
            array(select line from dropped order by line limit $1) as lines`,
    values
  )
  return dropped ?? { rows: 0, lines: [] }
}

export interface SubmissionToKeep {
  readonly id: string
  readonly sourceId: string
  /** Of the file, unpacked. */
  readonly hash: string
  readonly period: SubmissionPeriod
}

/**
 * Keeps what is staged as a submission of the source, after all it has sent before; until the transaction ends nobody
 * else's file of this source is kept. The same file again is known, unless another took its place since: then it is
 * meant to stand again.
 *
 * @returns which submission it is.
 */
export async function keepSubmission(
  sql: Sql,
  { id, sourceId, hash, period }: SubmissionToKeep
): Promise<{ readonly id: string; readonly isNew: boolean }> {
  await sql.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`submission ${sourceId}`])
  const known = await findSame(sql, sourceId, hash)
  if (known && !known.isReplaced) {
    await sql.query('delete from submission_chunk where submission_id = $1', [id])
    if (known.isDead) await revive(sql, known.id)
    return { id: known.id, isNew: false }
  }
  const idempotencyKey = known ? `cld/${hash}/after/${known.id}` : `cld/${hash}`
  await sql.query(
    `insert into inbox_message (id, source_id, interface, authority, idempotency_key, source_time, body_hash, event)
     values ($1, $2, $3, 'system', $4, now(), $5, 'CLD')`,
    [id, sourceId, submissionInterface, idempotencyKey, hash]
  )
  await sql.query(
    `insert into submission (id, source_id, sequence, period_start, period_end, report)
     select $1, $2, coalesce(max(sequence), 0) + 1, $3, $4, '{}' from submission where source_id = $2`,
    [id, sourceId, period.start, period.end]
  )
  await sql.query(
    `insert into submission_person (source_id, person_key, submission_id, rows)
     select $2, person_key, $1, string_agg(body, E'\\n' order by line) from staged_row group by person_key`,
    [id, sourceId]
  )
  await announce(sql, [{ queue: mapSocialCareJob.queue, rowId: id, attempt: 0 }])
  return { id, isNew: true }
}

interface SameFile {
  readonly id: string
  readonly isDead: boolean
  /** There is a later submission for its period. */
  readonly isReplaced: boolean
}

/** The last submission of this very file. */
async function findSame(sql: Sql, sourceId: string, hash: string): Promise<SameFile | undefined> {
  const [same] = await sql.query<SameFile>(
    `select s.id, m.state = 'dead' as "isDead",
            exists (select from submission other
                     where other.source_id = s.source_id and other.sequence > s.sequence
                       and (other.period_start, other.period_end) = (s.period_start, s.period_end)) as "isReplaced"
       from submission s join inbox_message m on m.id = s.id
      where s.source_id = $1 and m.body_hash = $2 order by s.sequence desc limit 1`,
    [sourceId, hash]
  )
  return same
}

/** Sent again, one that has died is tried anew. */
async function revive(sql: Sql, id: string): Promise<void> {
  await sql.query(
    `update inbox_message set state = 'received', attempt = 0, progress_attempt = 0, reason = null, settled_at = null,
                              lease_until = null
      where id = $1`,
    [id]
  )
  await announce(sql, [{ queue: mapSocialCareJob.queue, rowId: id, attempt: 0 }])
}

export async function saveReport(sql: Sql, submissionId: string, report: unknown): Promise<void> {
  await sql.query('update submission set report = $2 where id = $1', [submissionId, JSON.stringify(report)])
}

export interface KeptSubmission {
  readonly id: string
  readonly sequence: number
  readonly period: SubmissionPeriod
}

const submissionColumns = `s.id, s.sequence, json_build_object('start', s.period_start, 'end', s.period_end) as period`

/** All of a source, up to one of them. */
export async function readSubmissions(
  sql: Sql,
  sourceId: string,
  lastSequence: number
): Promise<readonly KeptSubmission[]> {
  return await sql.query<KeptSubmission>(
    `select ${submissionColumns} from submission s where source_id = $1 and sequence <= $2 order by sequence`,
    [sourceId, lastSequence]
  )
}

/** What became of a file. */
export interface SubmissionStatus extends KeptSubmission {
  readonly sourceId: string
  /** Of its message: `received` until every person it concerns is settled. */
  readonly state: 'received' | 'mapped' | 'dead'
  readonly receivedAt: number
  readonly report: unknown
}

export async function findSubmission(sql: Sql, id: string): Promise<SubmissionStatus | undefined> {
  const [found] = await sql.query<SubmissionStatus>(
    `select ${submissionColumns}, s.source_id as "sourceId", m.state, m.received_at as "receivedAt", s.report
       from submission s join inbox_message m on m.id = s.id where s.id = $1`,
    [id]
  )
  return found
}

/** Persons a source has ever named, in order of their keys: of whom there is more than `bytes` only one at a time. */
export async function readPersonKeys(
  sql: Sql,
  query: {
    readonly sourceId: string
    readonly after: string
    readonly limit: number
    /** How much of what was said of them is to be read at once. */
    readonly bytes: number
  }
): Promise<readonly string[]> {
  const rows = await sql.query<{ key: string; bytes: number }>(
    `select person_key as key, sum(octet_length(rows)) as bytes from submission_person
      where source_id = $1 and person_key > $2 group by person_key order by person_key limit $3`,
    [query.sourceId, query.after, query.limit]
  )
  const keys: string[] = []
  let bytes = 0
  for (const row of rows) {
    bytes += row.bytes
    if (bytes > query.bytes && keys.length > 0) break
    keys.push(row.key)
  }
  return keys
}

/** What submissions say of these persons: rows as JSON, a line each. */
export async function readSubmissionRows(
  sql: Sql,
  sourceId: string,
  personKeys: readonly string[]
): Promise<readonly { readonly personKey: string; readonly submissionId: string; readonly rows: string }[]> {
  return await sql.query(
    `select person_key as "personKey", submission_id as "submissionId", rows from submission_person
      where source_id = $1 and person_key = any ($2) and rows <> ''`,
    [sourceId, personKeys]
  )
}

/** Where the work on a submission stands. */
export interface SubmissionProgress extends KeptSubmission {
  /**
   * The last submission whose word counts: this one or, where it is worked on after it had died, the last that was
   * begun since. What came later is not taken back.
   */
  readonly upTo: number
  /** The person settled last; empty: none yet. */
  readonly settledKey: string
  readonly partCount: number
  /** An earlier submission of the source is not settled yet: first come, first applied. */
  readonly isBlocked: boolean
}

/** From now on what an earlier one says of anybody counts only as far as this one lets it. */
export async function beginSubmission(sql: Sql, id: string): Promise<void> {
  await sql.query(`update submission set settled_key = '' where id = $1 and settled_key is null`, [id])
}

export async function readSubmissionProgress(sql: Sql, id: string): Promise<SubmissionProgress> {
  const [progress] = await sql.query<SubmissionProgress>(
    `select ${submissionColumns}, coalesce(s.settled_key, '') as "settledKey", s.part_count as "partCount",
            (select max(other.sequence) from submission other
              where other.source_id = s.source_id and (other.id = s.id or other.settled_key is not null)) as "upTo",
            exists (select from submission other join inbox_message m on m.id = other.id
                     where other.source_id = s.source_id and other.sequence < s.sequence and m.state = 'received')
              as "isBlocked"
       from submission s where s.id = $1`,
    [id]
  )
  if (!progress) throw new Error('The submission of this message is not there')
  return progress
}

/** What was last settled of a person. */
export interface SettledPerson {
  /** Of the last submission that it was computed from. */
  readonly sequence: number
  /** Empty of somebody who was forgotten: whatever is said of them is told. */
  readonly contentHash: string
}

/** @returns by the persons' keys; nothing of whom nothing is settled. */
export async function readSettledPersons(
  sql: Sql,
  sourceId: string,
  personKeys: readonly string[]
): Promise<ReadonlyMap<string, SettledPerson>> {
  const rows = await sql.query<SettledPerson & { key: string }>(
    `select person_key as key, sequence, content_hash as "contentHash" from council_person
      where source_id = $1 and person_key = any ($2)`,
    [sourceId, personKeys]
  )
  return new Map(rows.map(({ key, ...settled }) => [key, settled]))
}

export interface SettledBatch {
  /** Of the last submission that counts. */
  readonly upTo: number
  readonly settledKey: string
  /** How many contributions came of it. */
  readonly parts: number
  /** Those of whom something is told. */
  readonly persons: readonly {
    readonly key: string
    readonly patientId: string
    readonly contentHash: string
  }[]
}

/** Notes how far the work on a submission is. Runs with `settleSomeParts`, in one transaction. */
export async function noteProgress(
  sql: Sql,
  submission: { readonly id: string; readonly sourceId: string },
  { upTo, settledKey, parts, persons }: SettledBatch
): Promise<void> {
  await sql.query('update submission set settled_key = $2, part_count = part_count + $3 where id = $1', [
    submission.id,
    settledKey,
    parts
  ])
  if (persons.length === 0) return
  await sql.query(
    `insert into council_person (source_id, person_key, sequence, content_hash, patient_id)
     select $1, ${column('$2')}, $5, ${column('$3')}, ${column('$4', 'uuid')}
     on conflict (source_id, person_key) do update set
       sequence = excluded.sequence, content_hash = excluded.content_hash, patient_id = excluded.patient_id
     where council_person.sequence <= excluded.sequence`,
    [
      submission.sourceId,
      lines(persons.map(({ key }) => key)),
      lines(persons.map(({ contentHash }) => contentHash)),
      lines(persons.map(({ patientId }) => patientId)),
      upTo
    ]
  )
}

/**
 * Of somebody whose record is closed no rows are kept; once it is open again, the next submission tells all of them anew.
 *
 * @param patientIds Senders' own records of the person.
 */
export async function forgetSubmitted(sql: Sql, patientIds: readonly string[]): Promise<void> {
  await sql.query(
    `with forgotten as (
       update council_person set content_hash = '' where patient_id = any ($1::uuid[])
        returning source_id, person_key)
     update submission_person said set rows = '' from forgotten
      where said.source_id = forgotten.source_id and said.person_key = forgotten.person_key`,
    [patientIds]
  )
}

/** Every person that a submission concerns is settled: the next one of its source may be worked on. */
export async function closeSubmission(sql: Sql, submissionId: string): Promise<void> {
  await sql.query(
    `update inbox_message set state = 'mapped', reason = null, settled_at = now(), lease_until = null
      where id = $1 and state = 'received'`,
    [submissionId]
  )
  const [next] = await sql.query<{ id: string; attempt: number }>(
    `select m.id, m.attempt from submission s join submission other using (source_id) join inbox_message m on m.id = other.id
      where s.id = $1 and other.sequence > s.sequence and m.state = 'received' order by other.sequence limit 1`,
    [submissionId]
  )
  if (next) await announce(sql, [{ queue: mapSocialCareJob.queue, rowId: next.id, attempt: next.attempt }])
}
