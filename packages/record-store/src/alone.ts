import type { Database } from './database.ts'

/** Less than what PostgreSQL lets a transaction be idle. */
const pulseMs = 20_000

/**
 * Does work unless somebody else, of whatever process, is at work of that name. It holds a connection for so long; where
 * that is lost, another may begin: what the work does has to bear that.
 *
 * @returns whether it was done.
 */
export async function workAlone(
  database: Database,
  name: string,
  work: () => Promise<void>
): Promise<boolean> {
  return await database.transaction(async (sql) => {
    const [lock] = await sql.query<{ isOurs: boolean }>(
      'select pg_try_advisory_xact_lock(hashtextextended($1, 0)) as "isOurs"',
      [name]
    )
    if (!lock?.isOurs) return false
    const pulse = setInterval(() => sql.query('select').catch(() => undefined), pulseMs)
    try {
      await work()
    } finally {
      clearInterval(pulse)
    }
    return true
  })
}
