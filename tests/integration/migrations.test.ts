import { createDatabase as connect, migrate } from '@chesil/record-store'
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
