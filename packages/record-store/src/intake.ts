import type { Sql } from './database.ts'
import { column, lines } from './lines.ts'
import { announce } from './outbox.ts'
import { type DeniedVisits, deniedInterface, denyVisits, visitKeys } from './refused-visits.ts'
import { mapQueueOf } from './work-rows.ts'

/** A message that came unasked, of a source that is known. */
export interface MessageToTake {
  readonly id: string
  readonly sourceId: string
  /** As `inbox_message.interface` has it, e.g. `hl7v2`. */
  readonly interface: string
  /** gzip; absent for a message that is refused and not kept. */
  readonly body?: Uint8Array
  /** Of the bytes as they came. */
  readonly bodyHash: string
  /** A hash of who numbered the message, and how. */
  readonly controlKey: string
  readonly controlId: string
  /** e.g. `ADT^A01` */
  readonly event: string
  readonly characterSet: string
  readonly isCharacterSetGuessed: boolean
  /** Of the stay it belongs to, with the source; absent where the message names none. */
  readonly visitHash?: string
  /** Of further stays that it tells of, such as an exchange of beds. */
  readonly otherVisitHashes?: readonly string[]
  /** Of a message that is refused: which of these its source does not share. Absent: `visitHash`. */
  readonly deniedVisitHashes?: readonly string[]
}

/**
 * - `new`: kept, and announced for mapping
 * - `again`: the same message from the same sender was taken before; if that had died or was refused, it is tried anew
 * - `denied`: its source does not share such content; nothing of it is kept but that it came
 */
export type Taken = {
  readonly outcome: 'new' | 'again' | 'denied'
  /** Of the row of `inbox_message` that keeps it: where it came again, the first one's. */
  readonly id: string
  /** Its sender gave the same number to another message before: both are kept. */
  readonly isControlIdReused: boolean
}

/**
 * Keeps messages, each once however often it comes, and announces them for mapping. Runs in a transaction; when
 * that commits, all are safe.
 *
 * @returns what became of each, in the order given.
 */
export async function takeMessages(sql: Sql, messages: readonly MessageToTake[]): Promise<readonly Taken[]> {
  // Several processes may take the same messages at once: in one order they wait for each other and not in a ring.
  const distinct = [...new Map(messages.toReversed().map((one) => [keyOf(one), one])).values()].sort(
    (a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)
  )
  const denied = await denyVisits(sql, distinct)
  const kept = await keep(sql, distinct, denied)
  await saveFurtherVisits(
    sql,
    distinct.filter((message) => kept.get(keyOf(message))?.id === message.id)
  )
  const known = await revive(
    sql,
    distinct.filter((message) => !kept.has(keyOf(message)))
  )
  const toMap = distinct.filter((message) => kept.get(keyOf(message))?.isToMap)
  await announce(
    sql,
    [...toMap, ...known.filter(({ isRevived }) => isRevived)].map((row) => ({
      queue: mapQueueOf(row.interface),
      rowId: row.id,
      attempt: 0
    }))
  )
  const idOf = new Map([...known.map(({ key, id }) => [key, id] as const), ...idsOf(kept)])
  return messages.map((message) => {
    const row = kept.get(keyOf(message))
    const id = idOf.get(keyOf(message)) ?? message.id
    // Another with the same key in this very list may have been the one that was kept.
    if (row?.id !== message.id) return { outcome: 'again', id, isControlIdReused: false }
    const outcome = isDenied(message, denied) ? 'denied' : 'new'
    return { outcome, id, isControlIdReused: row.isControlIdReused }
  })
}

const idsOf = (kept: ReadonlyMap<string, KeptRow>): readonly (readonly [key: string, id: string])[] =>
  [...kept].map(([key, { id }]) => [key, id])

const keyOf = ({ sourceId, controlKey, bodyHash }: MessageToTake): string =>
  `${sourceId}\n${controlKey}/${bodyHash}`

const isDenied = (message: MessageToTake, { all }: DeniedVisits): boolean =>
  message.body === undefined || visitKeys(message).some((visit) => all.has(visit))

interface KeptRow {
  readonly id: string
  readonly isControlIdReused: boolean
  readonly isToMap: boolean
}

/** @returns the rows that are new, by their messages' keys. */
async function keep(
  sql: Sql,
  messages: readonly MessageToTake[],
  denied: DeniedVisits
): Promise<ReadonlyMap<string, KeptRow>> {
  const toWithdraw = (message: MessageToTake) =>
    visitKeys(message).some((visit) => denied.withContributions.has(visit))
  const rows = messages.map((message) => {
    if (!isDenied(message, denied)) return { message, state: 'received', interface: message.interface }
    return toWithdraw(message)
      ? { message, state: 'received', reason: 'denied', interface: deniedInterface }
      : { message, state: 'refused', reason: 'denied', interface: message.interface }
  })
  const made = await sql.query<{ id: string; key: string; isControlIdReused: boolean; state: string }>(
    insertRows,
    [
      lines(messages.map(({ id }) => id)),
      lines(messages.map(({ sourceId }) => sourceId)),
      lines(rows.map((row) => row.interface)),
      lines(messages.map(({ controlKey, bodyHash }) => `${controlKey}/${bodyHash}`)),
      lines(rows.map(({ message, reason }) => (reason === undefined ? toBase64(message.body) : undefined))),
      lines(messages.map(({ bodyHash }) => bodyHash)),
      lines(rows.map(({ state }) => state)),
      lines(rows.map(({ reason }) => reason)),
      lines(messages.map(({ controlKey }) => controlKey)),
      lines(messages.map(({ controlId }) => controlId)),
      lines(messages.map(({ event }) => event)),
      lines(messages.map(({ characterSet }) => characterSet)),
      lines(messages.map(({ isCharacterSetGuessed }) => isCharacterSetGuessed)),
      lines(messages.map(({ visitHash }) => visitHash))
    ]
  )
  return new Map(
    made.map(({ key, state, ...row }) => [key, { ...row, isToMap: state === 'received' }] as const)
  )
}

async function saveFurtherVisits(sql: Sql, messages: readonly MessageToTake[]): Promise<void> {
  const rows = messages.flatMap(({ id, sourceId, otherVisitHashes = [] }) =>
    otherVisitHashes.map((visitHash) => ({ id, sourceId, visitHash }))
  )
  if (rows.length === 0) return
  await sql.query(
    `insert into message_visit (inbox_message_id, source_id, visit_hash)
     select ${column('$1', 'uuid')}, ${column('$2')}, ${column('$3')}`,
    [
      lines(rows.map(({ id }) => id)),
      lines(rows.map(({ sourceId }) => sourceId)),
      lines(rows.map(({ visitHash }) => visitHash))
    ]
  )
}

/**
 * Whoever sends a message again wants it to take effect: one that died or was not understood is tried anew.
 *
 * @returns the rows that keep these messages already.
 */
async function revive(sql: Sql, messages: readonly MessageToTake[]): Promise<readonly KnownRow[]> {
  if (messages.length === 0) return []
  return await sql.query<KnownRow>(
    `with known as (
       select id, source_id || E'\\n' || idempotency_key as key, interface from inbox_message
        where (source_id, idempotency_key) in (select ${column('$1')}, ${column('$2')})),
     revived as (
       update inbox_message set state = 'received', attempt = 0, progress_attempt = 0, reason = null, settled_at = null, lease_until = null
        where id in (select id from known) and state in ('dead', 'refused') and body is not null
          and companion_of is null returning id)
     select id, key, interface, id in (select id from revived) as "isRevived" from known`,
    [
      lines(messages.map(({ sourceId }) => sourceId)),
      lines(messages.map(({ controlKey, bodyHash }) => `${controlKey}/${bodyHash}`))
    ]
  )
}

interface KnownRow {
  readonly id: string
  readonly key: string
  readonly interface: string
  readonly isRevived: boolean
}

const toBase64 = (bytes: Uint8Array | undefined): string | undefined =>
  bytes && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')

const insertRows = `
  with given as (
    select ${column('$1', 'uuid')} as id, ${column('$2')} as source_id, ${column('$3')} as interface,
           ${column('$4')} as idempotency_key, ${column('$5')} as body, ${column('$6')} as body_hash,
           ${column('$7')} as state, ${column('$8')} as reason, ${column('$9')} as control_key,
           ${column('$10')} as control_id, ${column('$11')} as event, ${column('$12')} as character_set,
           ${column('$13', 'boolean')} as character_set_guessed, ${column('$14')} as visit_hash),
  made as (
    insert into inbox_message (id, source_id, interface, authority, idempotency_key, source_time, body, body_hash,
                               state, reason, settled_at, control_key, control_id, control_id_reused, event,
                               character_set, character_set_guessed, visit_hash)
    select id, source_id, interface, 'system', idempotency_key, now(), decode(body, 'base64'), body_hash, state,
           reason, case state when 'refused' then now() end, control_key, control_id,
           exists (select from inbox_message other
                    where other.source_id = given.source_id and other.control_key = given.control_key
                      and other.body_hash <> given.body_hash)
           or exists (select from given other
                       where other.source_id = given.source_id and other.control_key = given.control_key
                         and other.body_hash < given.body_hash),
           event, character_set, character_set_guessed, visit_hash
      from given
    on conflict (source_id, idempotency_key) do nothing
    returning id, source_id || E'\\n' || idempotency_key as key, control_id_reused, state)
  select id, key, control_id_reused as "isControlIdReused", state from made`
