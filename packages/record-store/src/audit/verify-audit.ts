import type { Database, Sql } from '../database.ts'
import { type ChainLink, type Checkpoint, type CheckpointVerifier, chainStart, linkHash } from './chain.ts'

/** Somebody altered the log: nothing that happens to a process or a store leaves this. */
export interface AuditProblem {
  readonly chainId: string
  readonly sequence: number
  readonly problem:
    | 'altered'
    | 'missing'
    | 'cut-off'
    | 'chain-missing'
    | 'checkpoint-forged'
    | 'checkpoint-contradicted'
    /** Dated in the future, or long before the row it follows, and no checkpoint vouches for it. */
    | 'misdated'
}

/**
 * From this row on no checkpoint vouches for the chain, though by now one should. A process that is killed, or
 * that cannot reach the second place, leaves this; so does somebody who adds rows to an open chain, or removes
 * rows that no checkpoint covers. The log cannot tell which.
 */
export interface AuditDoubt {
  readonly chainId: string
  readonly sequence: number
  readonly doubt: /** There are rows, and no checkpoint for any of the chain. */
    | 'never-attested'
    /** There are rows after the last checkpoint. */
    | 'tail-unattested'
    /** There is no row after the last checkpoint; but it does not close the chain, so there may have been. */
    | 'not-closed'
  /** ISO 8601: the oldest of these rows, by what it says itself; for `not-closed` the last checkpoint. */
  readonly since: string
}

export interface AuditVerification {
  readonly chains: number
  readonly rows: number
  /** Rows after their chain's last checkpoint: their end could still be cut off unseen. */
  readonly notYetAttested: number
  readonly problems: readonly AuditProblem[]
  readonly doubts: readonly AuditDoubt[]
}

/** A running process has signed by then; no two clocks of ours differ by so much. */
const toleranceMs = 10 * 60_000

/**
 * Walks every chain and compares it with the signed checkpoints of both places. An edited, deleted,
 * inserted or swapped row, a cut-off tail and a chain that is gone altogether each show.
 *
 * @param secondPlace Checkpoints kept outside the database; it is they that prove a tail was cut off.
 * @param now ms since 1970, by the verifier's clock: the database's is in its administrator's hands.
 */
export async function verifyAudit(
  database: Database,
  verifier: CheckpointVerifier,
  secondPlace: readonly Checkpoint[],
  now = Date.now()
): Promise<AuditVerification> {
  return await database.transaction(async (sql) => {
    await sql.query('set transaction isolation level repeatable read, read only')
    const checkpoints = [...(await readCheckpoints(sql)), ...secondPlace]
    const expected = Map.groupBy(checkpoints, ({ chainId }) => chainId)
    const found = await sql.query<{ chainId: string }>(
      'select distinct chain_id as "chainId" from audit_event'
    )
    const chainIds = new Set([...found.map(({ chainId }) => chainId), ...expected.keys()])
    const reports = []
    for (const chainId of chainIds) {
      reports.push(
        await verifyChain(sql, { chainId, checkpoints: expected.get(chainId) ?? [], verifier, now })
      )
    }
    return {
      chains: chainIds.size,
      rows: sum(reports.map(({ rows }) => rows)),
      notYetAttested: sum(reports.map(({ notYetAttested }) => notYetAttested)),
      problems: reports.flatMap(({ problems }) => problems),
      doubts: reports.flatMap(({ doubts }) => doubts)
    }
  })
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

async function readCheckpoints(sql: Sql): Promise<readonly Checkpoint[]> {
  const rows = await sql.query<Omit<Checkpoint, 'signedAt'> & { signedAt: number }>(
    `select chain_id as "chainId", sequence, hash, signed_at as "signedAt", closing, key_id as "keyId", signature
       from audit_checkpoint order by chain_id, sequence`
  )
  return rows.map((row) => ({ ...row, signedAt: new Date(row.signedAt).toISOString() }))
}

type Report = (sequence: number, problem: AuditProblem['problem']) => void

interface Expected {
  readonly chainId: string
  readonly checkpoints: readonly Checkpoint[]
  readonly verifier: CheckpointVerifier
  readonly now: number
}

async function verifyChain(sql: Sql, { chainId, checkpoints, verifier, now }: Expected) {
  const problems: AuditProblem[] = []
  const report: Report = (sequence, problem) => problems.push({ chainId, sequence, problem })
  const genuine = checkpoints.filter((checkpoint) => {
    if (verifier.isGenuine(checkpoint)) return true
    report(checkpoint.sequence, 'checkpoint-forged')
    return false
  })
  const attested = Math.max(0, ...genuine.map(({ sequence }) => sequence))
  const walk = await walkChain(readChain(sql, chainId), { genuine, attested, now }, report)
  if (walk.last < attested) report(walk.last + 1, walk.rows === 0 ? 'chain-missing' : 'cut-off')
  const closedAt = genuine.find(({ closing }) => closing)?.sequence
  if (closedAt !== undefined && walk.last > closedAt) report(closedAt + 1, 'checkpoint-contradicted')
  const doubt = problems.length > 0 ? undefined : findDoubt(genuine, walk.oldestUnattested, now)
  return {
    rows: walk.rows,
    notYetAttested: Math.max(0, walk.last - attested),
    problems,
    doubts: doubt ? [{ chainId, sequence: attested + 1, ...doubt }] : []
  }
}

/** @param oldestUnattested When the oldest row after the last checkpoint was recorded; infinity when there is none. */
function findDoubt(
  genuine: readonly Checkpoint[],
  oldestUnattested: number,
  now: number
): Pick<AuditDoubt, 'doubt' | 'since'> | undefined {
  const isOld = (at: number) => at < now - toleranceMs
  if (Number.isFinite(oldestUnattested)) {
    if (!isOld(oldestUnattested)) return undefined
    const doubt = genuine.length === 0 ? 'never-attested' : 'tail-unattested'
    return { doubt, since: new Date(oldestUnattested).toISOString() }
  }
  const lastSigned = Math.max(...genuine.map(({ signedAt }) => Date.parse(signedAt)))
  if (genuine.length === 0 || genuine.some(({ closing }) => closing) || !isOld(lastSigned)) return undefined
  return { doubt: 'not-closed', since: new Date(lastSigned).toISOString() }
}

async function walkChain(
  chain: AsyncIterable<ChainLink>,
  expected: { readonly genuine: readonly Checkpoint[]; readonly attested: number; readonly now: number },
  report: Report
): Promise<{ rows: number; last: number; oldestUnattested: number }> {
  const { attested, now } = expected
  const checkpoints = Map.groupBy(expected.genuine, ({ sequence }) => sequence)
  let previous = { sequence: 0, hash: chainStart, recordedAt: Number.NEGATIVE_INFINITY }
  let oldestUnattested = Number.POSITIVE_INFINITY
  let rows = 0
  for await (const link of chain) {
    const { sequence, hash, recordedAt } = link
    if (sequence !== previous.sequence + 1) report(previous.sequence + 1, 'missing')
    else if (linkHash(previous.hash, link) !== hash) report(sequence, 'altered')
    if (checkpoints.get(sequence)?.some((checkpoint) => checkpoint.hash !== hash)) {
      report(sequence, 'checkpoint-contradicted')
    }
    if (sequence > attested) {
      if (!isBelievable(recordedAt, previous.recordedAt, now)) report(sequence, 'misdated')
      oldestUnattested = Math.min(oldestUnattested, recordedAt)
    }
    previous = link
    rows += 1
  }
  return { rows, last: previous.sequence, oldestUnattested }
}

/** Anybody can make a hash that fits. The time must at least be one that a process would have written there. */
const isBelievable = (recordedAt: number, previous: number, now: number): boolean =>
  recordedAt <= now + toleranceMs && recordedAt >= previous - toleranceMs

async function* readChain(sql: Sql, chainId: string): AsyncGenerator<ChainLink> {
  for (let after = 0; ; ) {
    const page = await sql.query<Omit<ChainLink, 'patientId'> & { patientId: string | null }>(
      `select chain_id as "chainId", sequence, recorded_at as "recordedAt", patient_id as "patientId", body, hash
         from audit_event
        where chain_id = $1 and sequence > $2 order by sequence limit 5000`,
      [chainId, after]
    )
    for (const row of page) yield { ...row, patientId: row.patientId ?? undefined }
    const end = page.at(-1)
    if (!end) return
    after = end.sequence
  }
}
