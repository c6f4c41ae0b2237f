import { applyJob, type LocalIdentifier } from '@chesil/contracts'
import type { Sql } from './database.ts'
import { type DocumentToSave, saveDocuments } from './documents.ts'
import { personIdOf } from './ids.ts'
import type { ClaimedMessage } from './inbox.ts'
import { column, lines } from './lines.ts'

/** What one message says about one person, ready to be applied. */
export interface PartToSettle {
  readonly contributionId: string
  /** Whom its sender's number names. */
  readonly local: LocalIdentifier
  /** gzip of a `MessagePart` as JSON, without its documents. */
  readonly body: Uint8Array
  readonly contentHash: string
  /** ISO instant, by the source's clock; absent: as the message has it. */
  readonly sourceTime?: string
  /** Absent: as the message has it. */
  readonly sourceSequence?: number
}

/**
 * Keeps what a message that came unasked was mapped to, a contribution for each person it is about, and announces
 * them for applying. Persons who are met for the first time exist from here on. Runs in a transaction; without
 * documents it is one by itself.
 *
 * @param mapped `sourceTime`: ISO instant, by the source's clock; of every part that names none itself.
 */
export async function settleParts(
  sql: Sql,
  message: Pick<ClaimedMessage, 'id' | 'sourceId' | 'authority'>,
  mapped: {
    readonly sourceTime: string
    readonly sourceSequence: number
    readonly parts: readonly PartToSettle[]
    readonly documents: readonly DocumentToSave[]
  }
): Promise<void> {
  const [settled] = await sql.query<{ id: string }>(settleStatement, valuesOf(message, mapped))
  if (settled) await saveDocuments(sql, message.sourceId, mapped.documents)
}

/**
 * The same for some of the persons of a message that is about thousands: it stays in hand for `leaseMs` more, and the
 * attempts before count no more.
 *
 * @param mapped.firstPart How many parts of it are settled already.
 * @returns false when another worker has the message by now: nothing is kept.
 */
export async function settleSomeParts(
  sql: Sql,
  message: Pick<ClaimedMessage, 'id' | 'sourceId' | 'authority' | 'attempt'>,
  mapped: {
    readonly sourceTime: string
    readonly sourceSequence: number
    readonly parts: readonly PartToSettle[]
    readonly firstPart: number
    readonly leaseMs: number
  }
): Promise<boolean> {
  const [held] = await sql.query<{ id: string }>(
    `update inbox_message set progress_attempt = attempt, lease_until = now() + $3 * interval '1 millisecond'
      where id = $1 and state = 'received' and attempt = $2 returning id`,
    [message.id, message.attempt, mapped.leaseMs]
  )
  if (held && mapped.parts.length > 0)
    await sql.query(settleSomeStatement, [...valuesOf(message, mapped), mapped.firstPart])
  return held !== undefined
}

type Mapped = Pick<Parameters<typeof settleParts>[2], 'sourceTime' | 'sourceSequence' | 'parts'>

const valuesOf = (
  message: Pick<ClaimedMessage, 'id' | 'sourceId' | 'authority'>,
  { sourceTime, sourceSequence, parts }: Mapped
) => [
  message.id,
  message.sourceId,
  message.authority,
  lines(parts.map((part) => part.sourceTime ?? sourceTime)),
  lines(parts.map((part) => part.sourceSequence ?? sourceSequence)),
  lines(parts.map(({ contributionId }) => contributionId)),
  lines(parts.map(({ local }) => personIdOf(local))),
  lines(parts.map(({ local }) => local.system)),
  lines(parts.map(({ local }) => local.value)),
  lines(parts.map(({ contentHash }) => contentHash)),
  parts.map(({ body }) => body),
  applyJob.queue
]

/** One statement: every trip to the database is paid for each message. */
const settleSql = (settled: string, firstPart: string) => `
  with settled as (${settled}),
  part as (
    select part.* from settled cross join (
      select ${column('$6', 'uuid')} as id, ${column('$7', 'uuid')} as patient_id, ${column('$8')} as system,
             ${column('$9')} as value, ${column('$10')} as content_hash, unnest($11::bytea[]) as body,
             ${column('$4', 'timestamptz')} as source_time, ${column('$5', 'integer')} as source_sequence,
             generate_series(${firstPart}, ${firstPart} + cardinality($11::bytea[]) - 1) as part) part),
  met as (insert into patient (id) select patient_id from part order by patient_id on conflict do nothing),
  named as (
    insert into patient_identifier (system, value, patient_id, home_patient_id, use)
    select system, value, patient_id, patient_id, 'official' from part order by patient_id on conflict do nothing),
  mapped as (
    insert into contribution (id, inbox_message_id, part, source_id, authority, patient_id, source_time,
                              source_sequence, content_hash, body)
    select id, $1::uuid, part, $2, $3, patient_id, source_time, source_sequence, content_hash, body from part),
  announced as (
    insert into outbox_event (queue, row_id, attempt) select $12, id, 0 from part order by part returning queue),
  told as (select pg_notify('chesil_work', queue) from announced group by queue)
  select id from settled left join told on true`

const settleStatement = settleSql(
  `update inbox_message set state = 'mapped', reason = null, settled_at = now(), lease_until = null
    where id = $1 and state = 'received' returning id`,
  '0'
)
const settleSomeStatement = settleSql('select $1::uuid as id', '$13::integer')
