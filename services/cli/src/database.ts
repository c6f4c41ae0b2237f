import { createDatabase, type Database } from '@chesil/record-store'
import type { Environment } from '@chesil/service-kit'

/** @throws Error saying which variable is missing. */
export function databaseUrl(env: Environment): string {
  const url = env['DATABASE_URL']
  if (!url) throw new Error('Set DATABASE_URL to the address of the PostgreSQL database')
  return url
}

/** Runs `work` with a connection that is closed afterwards, whatever happens. */
export async function withDatabase<Result>(
  env: Environment,
  work: (database: Database) => Promise<Result>
): Promise<Result> {
  const database = createDatabase({
    url: databaseUrl(env),
    applicationName: 'chesil-cli',
    maxConnections: 2,
    statementTimeoutMs: 600_000
  })
  try {
    return await work(database)
  } finally {
    await database.close()
  }
}
