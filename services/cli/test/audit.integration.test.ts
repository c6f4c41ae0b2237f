import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAuditLog, createCheckpointFolder, createCheckpointSigner } from '@chesil/record-store'
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { chesil } from './support/chesil.ts'
import { useDatabase } from './support/test-servers.ts'

const { database: db, url } = useDatabase()
const folder = mkdtempSync(join(tmpdir(), 'chesil-cli-audit-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const newKey = () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  return {
    private: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    public: publicKey.export({ type: 'spki', format: 'pem' }).toString()
  }
}
const [key, formerKey] = [newKey(), newKey()]

/** What an administrator of the database can do: the triggers do not hold them. */
async function tamper(statement: string, values: readonly unknown[] = []): Promise<void> {
  await db().transaction(async (sql) => {
    await sql.query(`set local session_replication_role = 'replica'`)
    await sql.query(statement, values)
  })
}

const newLog = (changes: Partial<Parameters<typeof createAuditLog>[0]> = {}) =>
  createAuditLog({
    sql: db(),
    signer: createCheckpointSigner(key.private),
    secondPlace: createCheckpointFolder(folder),
    now: Date.now,
    onError: () => undefined,
    ...changes
  })

/** @returns the chain's id. */
async function writeChain(rows: number, signedWith = key.private): Promise<string> {
  const log = newLog({ signer: createCheckpointSigner(signedWith) })
  const body = JSON.stringify({ resourceType: 'AuditEvent', name: 'Zyxcanary' })
  await Promise.all(Array.from({ length: rows }, () => log.commit({ body })))
  await log.close()
  const [chain] = await db().query<{ id: string }>(
    'select chain_id as id from audit_event order by recorded_at desc limit 1'
  )
  return chain?.id ?? ''
}

const killedAt = '2026-01-05T10:30:00.000Z'

/** One row, its checkpoint, and no end. @returns the chain's id. */
async function writeKilledChain(): Promise<string> {
  await newLog({ now: () => Date.parse(killedAt) }).commit({ body: '{}' })
  return await vi.waitFor(async () => {
    expect(await createCheckpointFolder(folder).readAll()).toHaveLength(3)
    const [checkpoint] = await db().query<{ id: string }>(
      'select chain_id as id from audit_checkpoint where signed_at = $1',
      [killedAt]
    )
    return checkpoint?.id ?? Promise.reject(new Error('not yet signed'))
  })
}

const verify = (args: readonly string[] = [], env: Record<string, string> = {}) =>
  chesil(['audit', 'verify', ...args], {
    DATABASE_URL: url(),
    AUDIT_CHECKPOINT_DIR: folder,
    AUDIT_SIGNING_KEY: 'env:KEY',
    KEY: key.private,
    ...env
  })

let chain: string
beforeEach(async () => {
  await tamper('truncate audit_event, audit_checkpoint')
  rmSync(folder, { recursive: true, force: true })
  chain = await writeChain(5)
})

describe('audit verify', () => {
  test('finds nothing in a log that nobody touched, and says how much it looked at', async () => {
    expect(await verify()).toEqual({
      code: 0,
      stdout: '1 chains, 5 rows, 0 of them since the last checkpoint\nNothing was altered\n',
      stderr: ''
    })
  })

  test('needs only the public half of the key', async () => {
    expect((await verify([], { KEY: key.public })).code).toBe(0)
  })

  test('knows a key used before, when it is told of both', async () => {
    await writeChain(2, formerKey.private)
    const both = { AUDIT_SIGNING_KEY: 'env:KEY, env:FORMER', FORMER: formerKey.public }
    expect((await verify([], both)).code).toBe(0)
    expect(await verify()).toMatchObject({ code: 1, stdout: expect.stringContaining('checkpoint-forged') })
  })

  test.each([
    ['an altered row', `update audit_event set body = '{}' where sequence = 3`, 'altered', 3],
    ['a row that is gone', 'delete from audit_event where sequence = 3', 'missing', 3],
    ['an end that was cut off', 'delete from audit_event where sequence >= 4', 'cut-off', 4],
    ['a chain that is gone', 'delete from audit_event', 'chain-missing', 1]
  ])('names %s, its chain and its place', async (_case, statement, problem, sequence) => {
    await tamper(statement)
    const { code, stdout, stderr } = await verify()
    expect(code).toBe(1)
    expect(stdout.split('\n')).toContain(`${problem}: chain ${chain}, row ${sequence}`)
    expect(stdout).not.toContain('Nothing was altered')
    expect(stderr).toBe('The audit log was altered: see the rows above\n')
  })

  test('finds an end cut off together with its checkpoints, by those of the second place', async () => {
    await tamper('delete from audit_event where sequence >= 2')
    await tamper('delete from audit_checkpoint')
    expect(await verify()).toMatchObject({
      code: 1,
      stdout: expect.stringContaining(`cut-off: chain ${chain}, row 2`)
    })
  })

  test('tells what no checkpoint vouches for from tampering, with an exit code of its own', async () => {
    const killed = await writeKilledChain()
    const { code, stdout, stderr } = await verify()
    expect(code).toBe(2)
    expect(stdout.split('\n')).toContain(`not-closed: chain ${killed}, from row 2, since ${killedAt}`)
    expect(stdout).not.toContain('Nothing was altered')
    expect(stderr).toContain('no checkpoint vouches for what is named above')
    expect(JSON.parse((await verify(['--json'])).stdout)).toMatchObject({
      problems: [],
      doubts: [{ chainId: killed, sequence: 2, doubt: 'not-closed', since: killedAt }]
    })
  })

  test('calls it tampering when there is both', async () => {
    await writeKilledChain()
    await tamper('delete from audit_event where sequence = 3')
    expect(await verify()).toMatchObject({
      code: 1,
      stderr: 'The audit log was altered: see the rows above\n'
    })
  })

  test('prints one JSON report with --json, with the same exit codes and without the rows’ contents', async () => {
    const clean = await verify(['--json'])
    expect(clean).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(clean.stdout)).toEqual({
      chains: 1,
      rows: 5,
      notYetAttested: 0,
      problems: [],
      doubts: []
    })
    await tamper(`update audit_event set body = replace(body, 'Zyx', 'Xyz') where sequence = 2`)
    const { code, stdout } = await verify(['--json'])
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({
      problems: [{ chainId: chain, sequence: 2, problem: 'altered' }]
    })
    expect(stdout).not.toContain('canary')
  })

  test('fails rather than passes when the second place is not there', async () => {
    rmSync(folder, { recursive: true, force: true })
    expect(await verify()).toEqual({
      code: 1,
      stdout: '',
      stderr: 'The checkpoints in AUDIT_CHECKPOINT_DIR cannot be read (ENOENT)\n'
    })
  })
})
