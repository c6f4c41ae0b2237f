import pg from 'pg'
import { afterAll, expect, inject, test } from 'vitest'
import { createDatabase, startPostgres, startRedis, type TestDatabase } from './databases.ts'

const databases: TestDatabase[] = []
const clients: pg.Client[] = []

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined) // a server that is killed takes its clients with it
  await client.connect()
  clients.push(client)
  return client
}

async function createTestDatabase(options?: { empty: boolean }): Promise<pg.Client> {
  const database = await createDatabase(options)
  databases.push(database)
  return connect(database.url)
}

const countTables = async (client: pg.Client) =>
  (await client.query("select from pg_tables where schemaname = 'public'")).rowCount

afterAll(async () => {
  await Promise.all(clients.map((client) => client.end().catch(() => undefined)))
  await Promise.all(databases.map((database) => database.drop()))
})

test('a test database has the migrated schema, an empty one has nothing', async () => {
  const [migrated, empty] = await Promise.all([createTestDatabase(), createTestDatabase({ empty: true })])
  expect(await countTables(migrated)).toBeGreaterThan(0)
  expect(await countTables(empty)).toBe(0)
})

test('what is written to one test database is not in another', async () => {
  const [one, other] = await Promise.all([createTestDatabase(), createTestDatabase()])
  await one.query('create table of_one (id int)')
  expect((await other.query("select to_regclass('of_one') as found")).rows).toEqual([{ found: null }])
})

test('a dropped database is gone, even while somebody is connected', async () => {
  const database = await createDatabase()
  await connect(database.url)
  await database.drop()
  await expect(connect(database.url)).rejects.toMatchObject({ code: '3D000' })
})

test('the server of the tests keeps what it confirms', async () => {
  const client = await connect(inject('databaseUrl'))
  expect((await client.query('show fsync')).rows).toEqual([{ fsync: 'on' }])
})

test('a private PostgreSQL that is killed has what it confirmed after a restart at the same address', async () => {
  const server = await startPostgres()
  try {
    const before = await connect(server.url)
    await before.query('create table kept as select 7 as number')
    await server.kill9()
    await server.restart()
    const after = await connect(server.url)
    expect((await after.query('select number from kept')).rows).toEqual([{ number: 7 }])
  } finally {
    await server.stop()
  }
})

test('a private Redis comes back at the same address', async () => {
  const server = await startRedis()
  try {
    const first = server.pid
    await server.kill9()
    await server.restart()
    expect(server.pid).not.toBe(first)
    expect(() => process.kill(server.pid, 0)).not.toThrow()
  } finally {
    await server.stop()
  }
})
