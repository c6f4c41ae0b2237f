import { mapAcuteJob } from '@chesil/contracts'
import type { Sql } from './database.ts'
import { column, lines } from './lines.ts'
import { announce } from './outbox.ts'

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
}

/**
 * - `new`: kept, and announced for mapping
 * - `again`: the same message from the same sender was taken before
 * - `denied`: its source does not share such content; nothing of it is kept but that it came
 */
export type Taken = {
  readonly outcome: 'new' | 'again' | 'denied'
  /** Its sender gave the same number to another message before: both are kept. */
  readonly isControlIdReused: boolean
}

/** `interface` of a row that stands for a denied stay of which something was kept before: see `readContributionsOfVisit`. */
export const deniedInterface = 'hl7v2-denied'

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
  await announce(
    sql,
    [...kept.values()]
      .filter(({ isToMap }) => isToMap)
      .map(({ id }) => ({ queue: mapAcuteJob.queue, rowId: id, attempt: 0 }))
  )
  return messages.map((message) => {
    const row = kept.get(keyOf(message))
    // Another with the same key in this very list may have been the one that was kept.
    if (row?.id !== message.id) return { outcome: 'again', isControlIdReused: false }
    const outcome = isDenied(message, denied) ? 'denied' : 'new'
    return { outcome, isControlIdReused: row.isControlIdReused }
  })
}

const keyOf = ({ sourceId, controlKey, bodyHash }: MessageToTake): string =>
  `${sourceId}\n${controlKey}/${bodyHash}`

const visitOf = ({ sourceId, visitHash }: MessageToTake): string => `${sourceId}\n${visitHash}`

/** What this transaction knows of denied stays. */
interface DeniedVisits {
  readonly all: ReadonlySet<string>
  /** Of which something was kept already that has to be withdrawn. */
  readonly withContributions: ReadonlySet<string>
}

const isDenied = (message: MessageToTake, { all }: DeniedVisits): boolean =>
  message.body === undefined || visitsOf(message).some((visit) => all.has(`${message.sourceId}\n${visit}`))

const visitsOf = ({ visitHash, otherVisitHashes = [] }: MessageToTake): readonly string[] =>
  visitHash === undefined ? [] : [visitHash, ...otherVisitHashes]

/**
 * Remembers the stays of refused messages, and finds those refused before. What came of such a stay earlier and
 * was not refused then loses its bytes.
 */
async function denyVisits(sql: Sql, messages: readonly MessageToTake[]): Promise<DeniedVisits> {
  const none = { all: new Set<string>(), withContributions: new Set<string>() }
  const withVisit = messages.filter(({ visitHash }) => visitHash !== undefined)
  if (withVisit.length === 0) return none
  await lockSources(sql, withVisit)
  const refused = withVisit.filter(({ body }) => body === undefined)
  const withContributions = new Set<string>()
  for (const message of refused) {
    if (await refuseVisit(sql, message)) withContributions.add(visitOf(message))
  }
  const rows = await sql.query<{ source_id: string; visit_hash: string }>(
    `select source_id, visit_hash from refused_visit
      where (source_id, visit_hash) in (select ${column('$1')}, ${column('$2')})`,
    [
      lines(withVisit.flatMap((message) => visitsOf(message).map(() => message.sourceId))),
      lines(withVisit.flatMap(visitsOf))
    ]
  )
  return { all: new Set(rows.map((row) => `${row.source_id}\n${row.visit_hash}`)), withContributions }
}

/**
 * A stay must not be refused by one process while another takes a message of it: that one would be seen by neither.
 * Messages are taken side by side; a refusal has its source for itself.
 */
async function lockSources(sql: Sql, messages: readonly MessageToTake[]): Promise<void> {
  const refusing = new Set(messages.flatMap(({ body, sourceId }) => (body === undefined ? [sourceId] : [])))
  for (const sourceId of [...new Set(messages.map((message) => message.sourceId))].sort()) {
    const how = refusing.has(sourceId) ? '' : '_shared'
    await sql.query(`select pg_advisory_xact_lock${how}(hashtextextended($1, 0))`, [`intake ${sourceId}`])
  }
}

/** @returns whether something of the stay was mapped before. */
async function refuseVisit(sql: Sql, { sourceId, visitHash }: MessageToTake): Promise<boolean> {
  await sql.query(
    'insert into refused_visit (source_id, visit_hash) values ($1, $2) on conflict do nothing',
    [sourceId, visitHash]
  )
  const earlier = await sql.query<{ hasContribution: boolean }>(
    `with purged as (
       update inbox_message set body = null, lease_until = null, reason = 'denied',
              state = case state when 'received' then 'refused' else state end,
              settled_at = coalesce(settled_at, now())
        where source_id = $1 and visit_hash = $2 and body is not null returning id)
     select exists (select from contribution where inbox_message_id = purged.id) as "hasContribution" from purged`,
    [sourceId, visitHash]
  )
  return earlier.some(({ hasContribution }) => hasContribution)
}

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
    message.visitHash !== undefined && denied.withContributions.has(visitOf(message))
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

/** What was mapped of a stay before it was found to be one that its source does not share. */
export interface ContributionOfVisit {
  readonly id: string
  readonly patientId: string
  readonly state: 'ready' | 'applied' | 'refused' | 'dead'
  /** gzip of JSON; null once purged. */
  readonly body: Buffer | null
}

/**
 * All that messages of a refused stay were mapped to: every item they name has to be withdrawn, but the person's own.
 *
 * @param message Of `deniedInterface`, claimed.
 */
export async function readContributionsOfVisit(
  sql: Sql,
  { sourceId, visitHash }: { readonly sourceId: string; readonly visitHash: string | null }
): Promise<readonly ContributionOfVisit[]> {
  return await sql.query<ContributionOfVisit>(
    `select c.id, c.patient_id as "patientId", c.state, c.body
       from contribution c join inbox_message m on m.id = c.inbox_message_id
      where m.source_id = $1 and m.visit_hash = $2 and c.state <> 'refused' order by c.created_at, c.id`,
    [sourceId, visitHash]
  )
}
