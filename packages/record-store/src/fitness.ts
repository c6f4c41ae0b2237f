import { readdirSync } from 'node:fs'
import path from 'node:path'
import pg from 'pg'
import type { Sql } from './database.ts'

export const migrationsFolder = path.join(import.meta.dirname, '../migrations')

/**
 * Refuses a server that forgets what it confirmed, or has not the tables we need: better no service than one
 * that fails at the first patient.
 *
 * @throws Error naming the setting to change or the command to run.
 */
export async function assertFit(sql: Sql): Promise<void> {
  await assertDurable(sql)
  if (!(await isMigrated(sql)))
    throw new Error('PostgreSQL lacks migrations of this release: run npm run chesil -- migrate')
}

/** Audit and intake promise that a commit lasts. */
async function assertDurable(sql: Sql): Promise<void> {
  const [settings] = await sql.query<{ fsync: string; commit: string; pages: string }>(
    `select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit,
            current_setting('full_page_writes') as pages`
  )
  const wrong = [
    settings?.fsync !== 'on' && 'fsync must be on',
    settings?.commit === 'off' && 'synchronous_commit must not be off',
    settings?.pages !== 'on' && 'full_page_writes must be on'
  ].filter(Boolean)
  if (wrong.length > 0) throw new Error(`PostgreSQL would lose confirmed data: ${wrong.join(', ')}`)
}

/** @returns whether every migration of this release has run. Later ones may have: a rolling update runs them first. */
export async function isMigrated(sql: Sql): Promise<boolean> {
  const needed = readdirSync(migrationsFolder).map((file) => path.basename(file, '.sql'))
  try {
    const rows = await sql.query<{ name: string }>('select name from schema_migration')
    const done = new Set(rows.map(({ name }) => name))
    return needed.every((name) => done.has(name))
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === undefinedTable) return false
    throw error
  }
}

const undefinedTable = '42P01'
