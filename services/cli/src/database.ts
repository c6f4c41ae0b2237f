import { createDatabase, type Database, isMigrated } from '@chesil/record-store'
import type { Environment } from '@chesil/service-kit'

/** @throws Error saying which variable is missing. */
export function databaseUrl(env: Environment): string {
  const url = env['DATABASE_URL']
  if (!url) throw new Error('Set DATABASE_URL to the address of the PostgreSQL database')
  return url
}

/**
 * Runs `work` with a connection that is closed afterwards, whatever happens.
 *
 * @throws Error saying what to do when PostgreSQL cannot be reached.
 */
export async function withConnection<Result>(
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
    await assertReachable(database)
    return await work(database)
  } finally {
    await database.close()
  }
}

/** @throws Error saying what to do when PostgreSQL cannot be reached, or lacks migrations. */
export async function withDatabase<Result>(
  env: Environment,
  work: (database: Database) => Promise<Result>
): Promise<Result> {
  return await withConnection(env, async (database) => {
    if (!(await isMigrated(database)))
      throw new Error('PostgreSQL lacks migrations of this release: run npm run chesil -- migrate')
    return await work(database)
  })
}

/** @throws Error naming the setting and the code of what went wrong. */
async function assertReachable(database: Database): Promise<void> {
  try {
    await database.query('select 1')
  } catch (error) {
    const { code = 'no answer' } = error as { code?: string }
    throw new Error(
      `PostgreSQL cannot be reached (${code}): look at DATABASE_URL, and whether the server runs`
    )
  }
}
