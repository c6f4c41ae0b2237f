import { createDatabase as connect, type Database } from '@chesil/record-store'
import { afterAll, beforeAll } from 'vitest'
import { createDatabase, type TestDatabase } from './databases.ts'

/** A migrated database for a test file: call it at the top, use what it returns inside the tests. */
export function useDatabase(): { readonly database: () => Database; readonly url: () => string } {
  let own: TestDatabase
  let database: Database
  beforeAll(async () => {
    own = await createDatabase()
    database = connect({ url: own.url, applicationName: 'test' })
  })
  afterAll(async () => {
    await database.close()
    await own.drop()
  })
  return { database: () => database, url: () => own.url }
}
