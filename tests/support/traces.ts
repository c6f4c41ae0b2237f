import { createLogger } from '@chesil/service-kit'
import { createRedis } from '@chesil/service-kit/queues'
import pg from 'pg'

/** Drops every database of a run of tests from a server that is not ours. */
export async function dropDatabases(serverUrl: string, prefix: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl })
  await client.connect()
  try {
    const found = await client.query<{ name: string }>(
      'select datname as name from pg_database where starts_with(datname, $1)',
      [prefix]
    )
    for (const { name } of found.rows) {
      await client.query(`drop database if exists ${client.escapeIdentifier(name)} with (force)`)
    }
  } finally {
    await client.end()
  }
}

/** Removes every key of a run of tests from a Redis that is not ours. */
export async function removeKeys(redisUrl: string, prefix: string): Promise<void> {
  const redis = await createRedis(redisUrl, createLogger('tests', 'silent'), () => undefined)
  try {
    for await (const keys of redis.scanStream({ match: `*${prefix}*`, count: 1_000 })) {
      if (keys.length > 0) await redis.unlink(keys)
    }
  } finally {
    redis.disconnect()
  }
}
