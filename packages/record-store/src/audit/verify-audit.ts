import type { Database, Sql } from '../database.ts'
import { type ChainLink, type Checkpoint, type CheckpointVerifier, chainStart, linkHash } from './chain.ts'

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
    | 'never-attested'
}

export interface AuditVerification {
  readonly chains: number
  readonly rows: number
  /** Rows after their chain's last checkpoint: their end could still be cut off unseen. */
  readonly notYetAttested: number
  readonly problems: readonly AuditProblem[]
}

/**
 * Walks every chain and compares it with the signed checkpoints of both places. An edited, deleted,
 * inserted or swapped row, a cut-off tail and a chain that is gone altogether each show.
 *
 * @param secondPlace Checkpoints kept outside the database; it is they that prove a tail was cut off.
 */
export async function verifyAudit(
  database: Database,
  verifier: CheckpointVerifier,
  secondPlace: readonly Checkpoint[]
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
      reports.push(await verifyChain(sql, chainId, expected.get(chainId) ?? [], verifier))
    }
    return {
      chains: chainIds.size,
      rows: sum(reports.map(({ rows }) => rows)),
      notYetAttested: sum(reports.map(({ notYetAttested }) => notYetAttested)),
      problems: reports.flatMap(({ problems }) => problems)
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

async function verifyChain(
  sql: Sql,
  chainId: string,
  checkpoints: readonly Checkpoint[],
  verifier: CheckpointVerifier
) {
  const problems: AuditProblem[] = []
  const report = (sequence: number, problem: AuditProblem['problem']) =>
    problems.push({ chainId, sequence, problem })
  const genuine = checkpoints.filter((checkpoint) => {
    if (verifier.isGenuine(checkpoint)) return true
    report(checkpoint.sequence, 'checkpoint-forged')
    return false
  })
  const walk = await walkChain(sql, chainId, genuine, report)
  const attested = Math.max(0, ...genuine.map(({ sequence }) => sequence))
  if (walk.last < attested) report(walk.last + 1, walk.rows === 0 ? 'chain-missing' : 'cut-off')
  // A chain is signed right after its first rows: one that never was is not of our making.
  if (attested === 0 && (await isOld(sql, chainId))) report(1, 'never-attested')
  const closedAt = genuine.find(({ closing }) => closing)?.sequence
  if (closedAt !== undefined && walk.last > closedAt) report(closedAt + 1, 'checkpoint-contradicted')
  return { rows: walk.rows, notYetAttested: Math.max(0, walk.last - attested), problems }
}

async function isOld(sql: Sql, chainId: string): Promise<boolean> {
  const rows = await sql.query(
    `select 1 from audit_event where chain_id = $1 and sequence = 1 and recorded_at > now() - interval '10 minutes'`,
    [chainId]
  )
  return rows.length === 0
}

async function walkChain(
  sql: Sql,
  chainId: string,
  genuine: readonly Checkpoint[],
  report: (sequence: number, problem: AuditProblem['problem']) => void
): Promise<{ rows: number; last: number }> {
  const attested = Map.groupBy(genuine, ({ sequence }) => sequence)
  let previous = chainStart
  let last = 0
  let rows = 0
  for await (const link of readChain(sql, chainId)) {
    if (link.sequence !== last + 1) report(last + 1, 'missing')
    else if (linkHash(previous, link) !== link.hash) report(link.sequence, 'altered')
    if (attested.get(link.sequence)?.some(({ hash }) => hash !== link.hash)) {
      report(link.sequence, 'checkpoint-contradicted')
    }
    previous = link.hash
    last = link.sequence
    rows += 1
  }
  return { rows, last }
}

async function* readChain(sql: Sql, chainId: string): AsyncGenerator<ChainLink> {
  for (let after = 0; ; ) {
    const page = await sql.query<ChainLink>(
      `select chain_id as "chainId", sequence, body, hash from audit_event
        where chain_id = $1 and sequence > $2 order by sequence limit 5000`,
      [chainId, after]
    )
    yield* page
    const end = page.at(-1)
    if (!end) return
    after = end.sequence
  }
}
