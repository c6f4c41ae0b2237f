import { runner } from 'node-pg-migrate'
import pg from 'pg'
import { migrationsFolder } from './fitness.ts'

/** Any number: it must only be the same in every process of ours. */
const lockId = 7_235_111_901

export interface MigrateOptions {
  readonly onStep?: (message: string) => void
}

/**
 * Brings the database up to date; safe when several processes do so at once: one migrates, the others wait.
 *
 * @param databaseUrl Of a user who may create tables.
 */
export async function migrate(databaseUrl: string, { onStep }: MigrateOptions = {}): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'chesil-migrate' })
  await client.connect()
  try {
    await client.query('select pg_advisory_lock($1)', [lockId])
    const say = (message: string) => onStep?.(message)
    await runner({
      dbClient: client,
      dir: migrationsFolder,
      migrationsTable: 'schema_migration',
      direction: 'up',
      checkOrder: true,
      noLock: true, // its own lock fails at once where ours waits
      logger: { debug: () => undefined, info: say, warn: say, error: say }
    })
  } finally {
    await client.end()
  }
}
