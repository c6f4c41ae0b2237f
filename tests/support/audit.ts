import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type AuditLog,
  createAuditLog,
  createCheckpointFolder,
  createCheckpointSigner,
  createCheckpointVerifier,
  type Database,
  type Sql,
  verifyAudit
} from '@chesil/record-store'
import { afterAll, beforeEach } from 'vitest'

/** An empty audit log with a key and a second place for each test: call it at the top of a test file. */
export function useAudit(db: () => Database) {
  const { privateKey } = generateKeyPairSync('ed25519')
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const folder = mkdtempSync(join(tmpdir(), 'chesil-audit-'))
  const secondPlace = createCheckpointFolder(folder)

  /** What an administrator of the database can do: the triggers do not hold them. */
  async function asSuperuser(work: (sql: Sql) => Promise<unknown>): Promise<void> {
    await db().transaction(async (sql) => {
      await sql.query(`set local session_replication_role = 'replica'`)
      await work(sql)
    })
  }

  async function empty(): Promise<void> {
    await asSuperuser((sql) => sql.query('truncate audit_event, audit_checkpoint'))
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder)
  }
  beforeEach(empty)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const newLog = (changes: Partial<Parameters<typeof createAuditLog>[0]> = {}) =>
    createAuditLog({
      sql: db(),
      signer: createCheckpointSigner(pem),
      secondPlace,
      now: Date.now,
      onError: () => undefined,
      ...changes
    })

  return {
    asSuperuser,
    empty,
    folder,
    newLog,
    secondPlace,
    verify: async () => verifyAudit(db(), createCheckpointVerifier([pem]), await secondPlace.readAll()),

    /** Writes a chain that ends in order. */
    async writeChain(rows: number): Promise<void> {
      const log = newLog()
      await Promise.all(Array.from({ length: rows }, (_, n) => log.commit({ body: auditBody(n) })))
      await log.close()
    }
  }
}

export const auditBody = (n: number): string => JSON.stringify({ resourceType: 'AuditEvent', n })

/** One entry after the other, each in a commit of its own. */
export async function writeAudit(log: AuditLog, rows: number): Promise<void> {
  for (let n = 0; n < rows; n++) await log.commit({ body: auditBody(n) })
}
