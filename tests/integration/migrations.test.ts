import { assertFit, createDatabase as connect, isMigrated, migrate } from '@chesil/record-store'
import { expect, test } from 'vitest'
import { createDatabase } from '../support/databases.ts'

test('three processes that migrate at once do it once', async () => {
  const own = await createDatabase({ empty: true })
  await Promise.all([migrate(own.url), migrate(own.url), migrate(own.url)])
  await migrate(own.url)
  const database = connect({ url: own.url, applicationName: 'test', maxConnections: 1 })
  const applied = await database.query<{ name: string }>('select name from schema_migration order by id')
  expect(applied.length).toBeGreaterThan(0)
  expect(new Set(applied.map(({ name }) => name)).size).toBe(applied.length)
  await database.close()
  await own.drop()
})

test('a database is fit for use when it is durable and migrated, and what is wrong is said', async () => {
  const own = await createDatabase({ empty: true })
  const database = connect({ url: own.url, applicationName: 'test', maxConnections: 1 })
  expect(await isMigrated(database)).toBe(false)
  await expect(assertFit(database)).rejects.toThrow('npm run chesil -- migrate')
  await migrate(own.url)
  await assertFit(database)
  await database.query('set synchronous_commit = off')
  await expect(assertFit(database)).rejects.toThrow('synchronous_commit must not be off')
  await database.close()
  await own.drop()
})
