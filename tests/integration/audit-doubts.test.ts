import { randomUUID } from 'node:crypto'
import type { AuditLog, Sql } from '@chesil/record-store'
import { describe, expect, test, vi } from 'vitest'
import { linkHash } from '../../packages/record-store/src/audit/chain.ts'
import { auditBody as body, useAudit, writeAudit } from '../support/audit.ts'
import { createRandom } from '../support/random.ts'
import { useDatabase } from '../support/store.ts'

const { database: db } = useDatabase()
const { asSuperuser, empty, newLog, secondPlace, verify, writeChain } = useAudit(db)

const clean = { notYetAttested: 0, problems: [], doubts: [] }
const minutes = (n: number) => n * 60_000
const hourAgo = () => Date.now() - minutes(60)

/** Leaves a chain with its first checkpoint and no end. */
async function writeAndBeKilled(rows: number, now = hourAgo): Promise<void> {
  await writeAudit(newLog({ now }), rows)
  await vi.waitFor(async () => {
    expect(await db().query('select 1 from audit_checkpoint')).toHaveLength(1)
    expect(await secondPlace.readAll()).toHaveLength(1)
  })
}

const kinds = async () => {
  const { problems, doubts } = await verify()
  return { problems: problems.map(({ problem }) => problem), doubts: doubts.map(({ doubt }) => doubt) }
}

/** What becomes of the next batches, none for all well; afterwards all goes well again. */
type Fate = 'refused' | 'cut' | 'late'

/** A store that can be lost: before the commit, between the commit and its reply, or with a commit that comes late. */
function faultyStore() {
  const fates: (Fate | undefined)[] = []
  const late: (() => Promise<unknown>)[] = []
  const sql: Sql = {
    async query(text, values) {
      const fate = text.includes('insert into audit_event') ? fates.shift() : undefined
      if (fate === 'cut') await db().query(text, values)
      if (fate === 'late') late.push(() => db().query(text, values))
      if (fate) throw new Error('connection lost')
      return db().query(text, values)
    }
  }
  const arrive = () => Promise.allSettled(late.splice(0).map((commit) => commit()))
  return { sql, fates, arrive }
}

describe('after a batch that could not be confirmed, the audit log', () => {
  test('says no to each of its entries, and goes on', async () => {
    const { sql, fates } = faultyStore()
    fates.push('refused')
    const log = newLog({ sql })
    const first = log.commit({ body: body(0) })
    const refused = await Promise.allSettled([first, log.commit({ body: body(1) })])
    expect(refused.map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
    await log.close()
    expect(await verify()).toMatchObject({ ...clean, chains: 1, rows: 1 })
  })

  test('still signs everything confirmed before it', async () => {
    const { sql, fates } = faultyStore()
    const log = newLog({ sql })
    await writeAudit(log, 50)
    fates.push('refused')
    await expect(writeAudit(log, 1)).rejects.toThrow('could not be audited')
    await writeAudit(log, 1)
    await log.close()
    await asSuperuser((admin) => admin.query('delete from audit_event where sequence between 2 and 50'))
    expect((await kinds()).problems).not.toEqual([])
    await asSuperuser((admin) => admin.query('delete from audit_event where sequence > 50'))
    expect((await kinds()).problems).toContain('cut-off')
  })

  test.each([
    { rows: 0, next: 'the next entry comes', act: (log: AuditLog) => writeAudit(log, 1), total: 2 },
    { rows: 0, next: 'the process ends', act: async () => undefined, total: 1 },
    { rows: 3, next: 'the next entry comes', act: (log: AuditLog) => writeAudit(log, 1), total: 5 },
    { rows: 3, next: 'the process ends', act: async () => undefined, total: 4 }
  ])(
    'vouches for it if it was committed after all: $rows rows before it, and $next',
    async ({ rows, act, total }) => {
      const { sql, fates } = faultyStore()
      const log = newLog({ sql })
      await writeAudit(log, rows)
      fates.push('cut')
      await expect(writeAudit(log, 1)).rejects.toThrow('could not be audited')
      await act(log)
      await log.close()
      expect(await verify()).toMatchObject({ ...clean, chains: 1, rows: total })
    }
  )

  test('vouches for it even when no other entry comes', async () => {
    const { sql, fates } = faultyStore()
    fates.push('cut')
    const log = newLog({ sql, checkpointEveryMs: 20 })
    await expect(writeAudit(log, 1)).rejects.toThrow('could not be audited')
    await vi.waitFor(async () => expect(await secondPlace.readAll()).toMatchObject([{ sequence: 1 }]))
    await log.close()
    expect(await verify()).toMatchObject({ ...clean, rows: 1 })
  })

  test('does not say where the chain ends while its commit may still arrive', async () => {
    const { sql, fates, arrive } = faultyStore()
    const log = newLog({ sql, now: hourAgo })
    await writeAudit(log, 2)
    fates.push('late')
    await expect(writeAudit(log, 1)).rejects.toThrow('could not be audited')
    await log.close()
    expect(await kinds()).toEqual({ problems: [], doubts: ['not-closed'] })
    await arrive()
    expect(await kinds()).toEqual({ problems: [], doubts: ['tail-unattested'] })
  })

  test('says where the chain ends once its commit cannot arrive any more', async () => {
    let at = Date.now() - minutes(60)
    const { sql, fates } = faultyStore()
    const log = newLog({ sql, now: () => at })
    await writeAudit(log, 2)
    fates.push('refused')
    await expect(writeAudit(log, 1)).rejects.toThrow('could not be audited')
    at += minutes(3)
    await log.close()
    expect(await verify()).toMatchObject({ ...clean, rows: 2 })
  })

  test('begins a new chain when somebody else’s rows are in its way', async () => {
    const log = newLog()
    await writeAudit(log, 2)
    await asSuperuser((sql) =>
      sql.query(
        `insert into audit_event select chain_id, 3, now(), null, '{}', hash from audit_event where sequence = 2`
      )
    )
    await expect(writeAudit(log, 1)).rejects.toThrow('could not be audited')
    await writeAudit(log, 1)
    await log.close()
    expect(await verify()).toMatchObject({ chains: 2, rows: 4 })
    expect((await kinds()).problems).toContain('checkpoint-contradicted')
  })

  test('of 40 random histories leaves each confirmed entry, one chain, and nothing in doubt', async () => {
    const seed = Number(process.env['SEED'] ?? 20_261_122)
    const random = createRandom(seed)
    for (let round = 0; round < 40; round++) {
      await empty()
      const confirmed = await liveThrough(random)
      const of = `seed ${seed}, round ${round}`
      expect(await verify(), of).toMatchObject({ ...clean, chains: 1 })
      const rows = await db().query<{ body: string }>('select body from audit_event')
      const kept = new Set(rows.map((row) => row.body))
      const lost = confirmed.filter((n) => !kept.has(body(n)))
      expect(lost, of).toEqual([])
    }
  })
})

/** The life of a process whose store is often lost. @returns the entries that were confirmed. */
async function liveThrough(random: () => number): Promise<readonly number[]> {
  const { sql, fates, arrive } = faultyStore()
  const log = newLog({ sql, checkpointEveryRows: 3 })
  const confirmed: number[] = []
  for (let n = 0; n < 12; n++) {
    fates.push((['refused', 'cut', 'late'] as const)[Math.floor(random() * 5)])
    const entries = Array.from({ length: 1 + Math.floor(random() * 3) }, (_, i) => 10 * n + i)
    const ends = await Promise.allSettled(entries.map((entry) => log.commit({ body: body(entry) })))
    confirmed.push(...entries.filter((_, i) => ends[i]?.status === 'fulfilled'))
    if (random() < 0.5) await arrive()
  }
  fates.length = 0
  // A late commit makes the next batch fail, which then finds it.
  await writeAudit(log, 1).catch(() => writeAudit(log, 1))
  await arrive()
  await log.close()
  return confirmed
}

describe('what no checkpoint vouches for is told apart from tampering:', () => {
  test('the rows of the last minutes are in order, for their process may still sign', async () => {
    await writeAndBeKilled(5, Date.now)
    expect(await verify()).toMatchObject({ notYetAttested: 4, problems: [], doubts: [] })
  })

  test('rows that a killed process left unsigned', async () => {
    await writeAndBeKilled(5)
    expect(await verify()).toMatchObject({
      problems: [],
      doubts: [{ sequence: 2, doubt: 'tail-unattested', since: expect.stringMatching(/^20..-..-..T.*Z$/) }]
    })
  })

  test('an end of a killed process that may have been cut off', async () => {
    await writeAndBeKilled(5)
    await asSuperuser((sql) => sql.query('delete from audit_event where sequence > 1'))
    expect(await verify()).toMatchObject({ problems: [], doubts: [{ sequence: 2, doubt: 'not-closed' }] })
  })

  test('a first batch whose process was killed before the reply', async () => {
    const { sql, fates } = faultyStore()
    fates.push('cut')
    await expect(writeAudit(newLog({ sql, now: hourAgo }), 1)).rejects.toThrow('could not be audited')
    expect(await verify()).toMatchObject({ problems: [], doubts: [{ sequence: 1, doubt: 'never-attested' }] })
  })

  test('a row put after the end of an open chain', async () => {
    await writeAndBeKilled(1)
    await forge({ dated: hourAgo() })
    expect(await kinds()).toEqual({ problems: [], doubts: ['tail-unattested'] })
  })

  test('a whole chain that somebody made up', async () => {
    await writeChain(3)
    await forge({ dated: hourAgo(), ownChain: true })
    expect(await kinds()).toEqual({ problems: [], doubts: ['never-attested'] })
  })
})

describe('verification finds', () => {
  test('a row much older than the one it follows, which no checkpoint vouches for', async () => {
    await writeAndBeKilled(1, Date.now)
    await forge({ dated: Date.now() - minutes(365 * 24 * 60) })
    expect((await kinds()).problems).toEqual(['misdated'])
  })

  test.each([true, false])(
    'a row of the future that no checkpoint vouches for (a chain of its own: %s)',
    async (ownChain) => {
      await writeAndBeKilled(1, Date.now)
      await forge({ dated: Date.parse('2100-01-01T00:00:00Z'), ownChain })
      expect((await kinds()).problems).toEqual(['misdated'])
    }
  )
})

/** Adds a row whose hash fits, as anybody can who may write to the database: after row 1, or as a chain of its own. */
async function forge({ dated, ownChain = false }: { dated: number; ownChain?: boolean }): Promise<void> {
  const [first] = await db().query<{ chainId: string; hash: string }>(
    'select chain_id as "chainId", hash from audit_event where sequence = 1'
  )
  const chainId = ownChain ? randomUUID() : (first?.chainId ?? '')
  const row = { chainId, sequence: ownChain ? 1 : 2, recordedAt: dated, patientId: undefined, body: '{}' }
  const hash = linkHash(ownChain ? '0'.repeat(64) : (first?.hash ?? ''), row)
  await asSuperuser((sql) =>
    sql.query(
      'insert into audit_event (chain_id, sequence, recorded_at, body, hash) values ($1, $2, $3, $4, $5)',
      [chainId, row.sequence, new Date(dated), row.body, hash]
    )
  )
}
